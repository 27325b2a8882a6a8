#include "troupe/sim/overlay/run_recorder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <ranges>
#include <vector>

#include "troupe/sim/overlay/overlay_runs.hpp"

namespace troupe::sim {
namespace {

using Way = RunRecord::Way;

struct Recorded {
  OverlayOutcome outcome;
  RunRecord record;
};

Recorded record_experiment(RunRecorderOptions options = {}) {
  RunRecorder recorder(options);
  ExperimentOptions experiment{.overlay = "peer_to_peer", .nodes = 24, .crash = 0.5, .rounds = 1};
  experiment.watcher = &recorder;
  OverlayOutcome outcome = run_overlay_experiment(1, experiment);
  return {std::move(outcome), recorder.take()};
}

TEST(RunRecorder, does_not_change_the_run) {
  const ExperimentOptions unwatched{.overlay = "peer_to_peer", .nodes = 24, .crash = 0.5, .rounds = 1};
  EXPECT_EQ(record_experiment().outcome.trace_hash, run_overlay_experiment(1, unwatched).trace_hash);
}

TEST(RunRecorder, keeps_who_lives_who_is_linked_and_who_knows_whom) {
  const RunRecord record = record_experiment().record;
  EXPECT_FALSE(record.is_full);
  EXPECT_EQ(record.zones.size(), 24U);
  EXPECT_EQ(std::ranges::count(record.lives, true, &RunRecord::Life::is_alive), 24);
  EXPECT_EQ(std::ranges::count(record.lives, false, &RunRecord::Life::is_alive), 12);
  std::vector<int> ends(24 * 24);
  for (const RunRecord::LinkEnd& end : record.links) ends[end.node * 24 + end.peer] += end.is_up ? 1 : -1;
  for (std::uint32_t a = 0; a < 24; ++a) {
    for (std::uint32_t b = 0; b < a; ++b) EXPECT_EQ(ends[a * 24 + b], ends[b * 24 + a]) << a << " and " << b;
  }
  std::vector<bool> lives(24);
  for (const RunRecord::Life& life : record.lives) lives[life.node] = life.is_alive;
  std::vector<RunRecord::Fame> fames(24);
  for (const RunRecord::Fame& fame : record.fames) fames[fame.node] = fame;
  for (std::uint32_t node = 0; node < 24; ++node) {
    EXPECT_EQ(fames[node].up, lives[node] ? 11U : 0U) << node;
    EXPECT_EQ(fames[node].gone, lives[node] ? 0U : 12U) << node;
    EXPECT_EQ(fames[node].suspected, 0U) << node;
  }
}

TEST(RunRecorder, keeps_how_each_broadcast_travelled) {
  const Recorded run = record_experiment();
  const RunRecord& record = run.record;
  EXPECT_EQ(record.broadcasts.size(), run.outcome.broadcasts);
  std::vector<std::size_t> reached(record.broadcasts.size());
  for (const RunRecord::Hop& hop : record.hops) {
    EXPECT_LE(hop.sent, hop.arrival);
    EXPECT_GE(hop.sent, record.broadcasts[hop.broadcast].when);
    if (hop.way != Way::kInVain) ++reached[hop.broadcast];
  }
  EXPECT_EQ(reached.front(), 23U) << "the first, in the stable network";
  EXPECT_EQ(reached.back(), 11U) << "the last, among the survivors";
  EXPECT_TRUE(std::ranges::is_sorted(record.hops, {}, &RunRecord::Hop::sent));
  // The first broadcast of a root goes over all links, and so prunes them to a tree.
  EXPECT_GT(std::ranges::count(record.hops, Way::kInVain, &RunRecord::Hop::way), 0);
}

TEST(RunRecorder, tells_a_repair_from_the_tree) {
  const RunRecord record = record_experiment().record;
  EXPECT_GT(std::ranges::count(record.hops, Way::kRepair, &RunRecord::Hop::way), 0) << "half of the tree crashed";
}

TEST(RunRecorder, ends_when_it_is_full) {
  const RunRecord whole = record_experiment().record;
  for (const std::size_t entries : {std::size_t{0}, std::size_t{1}, std::size_t{500}}) {
    const RunRecord record = record_experiment({.entries_max = entries}).record;
    EXPECT_TRUE(record.is_full);
    // What was due in the same step of time comes on top.
    EXPECT_LE(record.size(), entries + 2 * 24);
    EXPECT_LT(record.end, whole.end);
  }
  EXPECT_FALSE(record_experiment({.entries_max = 1'000'000}).record.is_full);
}

TEST(RunRecorder, keeps_only_sums_where_there_are_many) {
  EXPECT_FALSE(record_experiment({.judges_max = 24}).record.judgements.empty());
  const RunRecord record = record_experiment({.judges_max = 23}).record;
  EXPECT_TRUE(record.judgements.empty());
  EXPECT_FALSE(record.fames.empty());
}

TEST(RunRecorder, sees_the_network_split_and_become_whole) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    RunRecorder recorder;
    OverlayFaultsOptions options{.overlay = "ring", .nodes = 6};
    options.watcher = &recorder;
    ASSERT_EQ(run_overlay_faults(seed, options).failure, "");
    const RunRecord record = recorder.take();
    const auto split = std::ranges::find(record.splits, 6U, [](const auto& each) { return each.sides.size(); });
    if (split == record.splits.end()) continue;
    EXPECT_TRUE(record.splits.back().sides.empty()) << "whole in the end";
    return;
  }
  FAIL() << "no seed splits the network";
}

}  // namespace
}  // namespace troupe::sim
