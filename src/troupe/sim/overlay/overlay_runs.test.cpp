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

// Of each node only its overlay and its broadcasts, as in the runs of 10,000.
TEST(OverlayExperiment, overlays_heal_without_the_fabric) {
  for (const std::string& overlay : overlay::overlay_names()) {
    const OverlayOutcome outcome = run_overlay_experiment(
        1, {.overlay = overlay, .nodes = 64, .crash = overlay == "peer_to_peer" ? 0.8 : 0, .is_thin = true});
    ASSERT_EQ(outcome.failure, "") << overlay;
    EXPECT_GE(outcome.reached_fraction, 0.99) << overlay;
    EXPECT_LE(outcome.redundant_payloads_per_node, 0.1) << overlay;
  }
}

TEST(OverlayExperiment, hundreds_that_join_at_once_make_no_islands) {
  const OverlayOutcome outcome = run_overlay_experiment(
      1, {.overlay = "peer_to_peer", .nodes = 320, .concurrent = 300, .crash = 0, .is_thin = true});
  EXPECT_EQ(outcome.failure, "");
}

CounterRunOptions counters(const std::string& overlay, std::uint32_t nodes) {
  return {.overlay = overlay, .nodes = nodes, .duration = 3min};
}

TEST(AdvertisementCounter, ends_with_the_truth_on_every_overlay) {
  for (const std::string& overlay : overlay::overlay_names()) {
    const CounterOutcome outcome = run_advertisement_counter(1, counters(overlay, 24));
    EXPECT_EQ(outcome.failure, "") << overlay;
    const std::uint64_t clients = overlay == "client_server" ? 23 : 24;
    EXPECT_GE(outcome.shown, clients * 18) << overlay;
    EXPECT_GT(outcome.state_bytes, 0U) << overlay;
    EXPECT_GE(outcome.bytes_sent, outcome.state_bytes) << overlay;
  }
}

TEST(AdvertisementCounter, a_seed_gives_the_same_run_again) {
  const CounterRunOptions options = counters("peer_to_peer", 24);
  EXPECT_EQ(run_advertisement_counter(3, options).trace_hash, run_advertisement_counter(3, options).trace_hash);
  EXPECT_NE(run_advertisement_counter(3, options).trace_hash, run_advertisement_counter(4, options).trace_hash);
}

// What killed the server of the paper above 256 nodes: it gets more than it can merge.
TEST(AdvertisementCounter, a_server_that_is_too_slow_holds_no_more_in_the_end_than_in_the_middle) {
  CounterRunOptions options = counters("client_server", 128);
  options.channels.server_bytes_per_second = 10'000;
  options.channels.inbound_bytes_max = 64U << 10U;
  const CounterOutcome bounded = run_advertisement_counter(1, options);
  EXPECT_EQ(bounded.failure, "");
  EXPECT_GT(bounded.replaced, 0U);
  EXPECT_LT(bounded.queue_bytes, options.channels.inbound_bytes_max + (16U << 10U));

  options.channels.is_bounded = false;
  const CounterOutcome unbounded = run_advertisement_counter(1, options);
  EXPECT_EQ(unbounded.replaced, 0U);
  EXPECT_GT(unbounded.server_bytes[2], 2 * unbounded.server_bytes[0]);
  EXPECT_GT(unbounded.queue_bytes, 10 * bounded.queue_bytes);
}

}  // namespace
}  // namespace troupe::sim
