#include "troupe/sim/overlay/overlay_runs.hpp"

#include <gtest/gtest.h>

#include <string>

namespace troupe::sim {
namespace {

class OverlaySimulation : public testing::TestWithParam<std::string> {};

TEST_P(OverlaySimulation, is_one_cluster_after_all_faults) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const OverlayOutcome outcome = run_overlay_faults(seed, {.overlay = GetParam()});
    ASSERT_EQ(outcome.failure, "") << "./run sim overlay --overlay " << GetParam() << " --seed " << seed << " --trace";
  }
}

TEST_P(OverlaySimulation, a_seed_gives_the_same_run_again) {
  const OverlayFaultsOptions options{.overlay = GetParam()};
  EXPECT_EQ(run_overlay_faults(7, options).trace_hash, run_overlay_faults(7, options).trace_hash);
  EXPECT_NE(run_overlay_faults(7, options).trace_hash, run_overlay_faults(8, options).trace_hash);
}

INSTANTIATE_TEST_SUITE_P(Overlays, OverlaySimulation, testing::ValuesIn(overlay::overlay_names()),
                         [](const auto& each) { return each.param; });

TEST(OverlayExperiment, broadcasts_reach_the_survivors_of_a_catastrophe) {
  const OverlayOutcome outcome = run_overlay_experiment(1, {.overlay = "peer_to_peer", .nodes = 64, .crash = 0.8});
  ASSERT_EQ(outcome.failure, "");
  EXPECT_GE(outcome.reached_fraction, 0.99);
  EXPECT_LE(outcome.redundant_payloads_per_node, 0.1);
  EXPECT_GT(outcome.hops_max, 1U);
  EXPECT_GT(outcome.bytes_sent, 0U);
}

TEST(OverlayExperiment, nodes_that_join_at_once_make_no_islands) {
  const OverlayOutcome outcome =
      run_overlay_experiment(1, {.overlay = "peer_to_peer", .nodes = 64, .concurrent = 60, .crash = 0});
  EXPECT_EQ(outcome.failure, "");
}

// A client with two servers pruned both of them, because each brought another broadcast first; and a server announced
// what it does not push to some of its clients only. So a client heard nothing.
TEST(OverlayExperiment, every_client_gets_every_broadcast) {
  for (const std::uint64_t seed : {1U, 2U, 3U, 4U, 6U}) {
    const OverlayOutcome outcome =
        run_overlay_experiment(seed, {.overlay = "client_server", .nodes = 64, .crash = 0, .rounds = 1});
    EXPECT_EQ(outcome.failure, "") << "seed " << seed;
  }
}

}  // namespace
}  // namespace troupe::sim
