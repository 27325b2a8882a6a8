// X-BOT in whole nodes: it goes by the round trips that heartbeats measure.

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "troupe/actor/actor.hpp"
#include "troupe/cluster/membership.hpp"
#include "troupe/sim/faults.hpp"

namespace troupe::sim {
namespace {

constexpr std::uint32_t kNodes = 12;

using Links = std::set<std::pair<std::uint64_t, std::uint64_t>>;

Links links_of(World& world) {
  std::optional<cluster::Topology> topology;
  SimNode& node = *world.node(0);
  node.shard(0).ask(node.membership(), cluster::GetTopology{}, 5s,
                    [&](Result<cluster::Topology> answer) { topology = answer.value(); });
  node.wake(0);
  EXPECT_TRUE(world.run_until([&] { return topology.has_value(); }, 5s));
  Links links;
  for (const cluster::TopologyMember& member : topology->members) {
    for (const std::uint64_t link : member.links) links.emplace(member.member.id().name, link);
  }
  return links;
}

/// The nodes find each other in one place. Then every second one is moved away by 40 ms: the share of the links that
/// lead from one place to the other after a while, without those that are only made to measure.
double far_share(bool prefer_near) {
  cluster::ClusterOptions options;
  options.overlay.peer_to_peer.active_view_max = 4;
  options.overlay.peer_to_peer.x_bot.enabled = prefer_near;
  options.overlay.peer_to_peer.x_bot.period = 10s;
  bool is_apart = false;
  const auto distance = [&is_apart](std::uint32_t from, std::uint32_t to) {
    return is_apart && from % 2 != to % 2 ? Duration(40ms) : Duration{};
  };
  World world(3, {.nodes = kNodes,
                  .shards = 1,
                  .overlay = "peer_to_peer",
                  .network = {.latency_max = 1ms, .slow_chance = 0, .distance = distance},
                  .cluster = options});
  heal(world);
  EXPECT_TRUE(world.run_until([&] { return world.converged(); }, 60s));
  is_apart = true;
  world.run_for(4min);
  Links lasting = links_of(world);
  for (int i = 0; i < 3; ++i) {
    world.run_for(4s);
    const Links now = links_of(world);
    Links both;
    std::ranges::set_intersection(lasting, now, std::inserter(both, both.end()));
    lasting = std::move(both);
  }
  const auto is_odd = [](std::uint64_t name) {
    std::uint32_t n = 0;
    while (NodeId::named(sim_node_name(n)).name != name) ++n;
    return n % 2 != 0;
  };
  const auto far =
      std::ranges::count_if(lasting, [&](auto& link) { return is_odd(link.first) != is_odd(link.second); });
  EXPECT_GE(lasting.size(), 2 * kNodes) << "two links for each node at least";
  return static_cast<double>(far) / static_cast<double>(lasting.size());
}

TEST(PreferNear, swaps_far_neighbours_for_near_ones_and_keeps_some) {
  const double plain = far_share(false);
  const double near = far_share(true);
  EXPECT_GT(plain, 0.4) << "a random graph does not care";
  EXPECT_LT(near, plain - 0.1);
  EXPECT_GT(near, 0) << "some stay as they are, or the two places would part";
  RecordProperty("plain", std::to_string(plain));
  RecordProperty("near", std::to_string(near));
}

}  // namespace
}  // namespace troupe::sim
