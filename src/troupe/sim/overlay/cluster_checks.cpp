#include "troupe/sim/overlay/cluster_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "troupe/overlay/hyparview.hpp"

namespace troupe::sim {

namespace {

using overlay::LinkId;
using overlay::MemberTable;

/// Whether this node sees all that are alive as up, in the right life, and nobody else.
std::string find_wrong_member(const FabricNetwork& network, std::uint32_t node, std::size_t alive) {
  if (network.options().is_thin) return {};  // All see what the directory says.
  std::size_t seen = 0;
  for (const auto& [name, entry] : network.fabric(node)->table().entries()) {
    const std::uint32_t other = network.index_of(name);
    const bool is_up = entry.stage == MemberTable::Stage::kUp;
    const bool is_expected =
        network.is_alive(other) && entry.record->member.incarnation == network.fabric(other)->self().incarnation;
    if (is_up != is_expected) {
      if (entry.stage >= MemberTable::Stage::kDown && !network.is_alive(other)) continue;
      return fmt::format("n{} sees n{} {}", node, other,
                         is_up ? "up, which is not there in that life" : "not up, which is there");
    }
    seen += is_up ? 1 : 0;
  }
  if (seen == alive) return {};
  return fmt::format("n{} sees {} of {} nodes", node, seen, alive);
}

/// Links that only one end knows, or uses.
std::string find_wrong_link(const FabricNetwork& network, std::uint32_t node) {
  for (const LinkId link : network.ends(node)) {
    const std::uint32_t other = network.peer_of(link);
    const bool is_used = network.chosen(node, other) == link;
    if (!is_used || network.chosen(other, node) != Connections::other(link))
      return fmt::format("a link between n{} and n{} is not used by {}", node, other,
                         is_used ? "the latter" : "the former");
  }
  const auto* views = dynamic_cast<const overlay::HyParView*>(&network.fabric(node)->overlay());
  if (views == nullptr) return {};
  for (const NodeId active : views->active_view()) {
    const std::uint32_t other = network.index_of(active.name);
    if (!network.is_alive(other)) return fmt::format("n{} has n{} in its active view, which is not there", node, other);
    const auto& theirs = dynamic_cast<const overlay::HyParView&>(network.fabric(other)->overlay()).active_view();
    if (std::ranges::find(theirs, network.fabric(node)->self().id()) == theirs.end())
      return fmt::format("n{} has n{} in its active view, but not the other way round", node, other);
  }
  return {};
}

std::size_t count_connected(const FabricNetwork& network, std::uint32_t from) {
  std::vector<bool> is_seen(network.node_count());
  std::vector<std::uint32_t> seen{from};
  is_seen[from] = true;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    for (const LinkId link : network.ends(seen[i])) {
      const std::uint32_t other = network.peer_of(link);
      if (is_seen[other] || !network.is_alive(other)) continue;
      is_seen[other] = true;
      seen.push_back(other);
    }
  }
  return seen.size();
}

bool leads_there(const FabricNetwork& network, std::uint32_t from, std::uint32_t to) {
  const NodeId target = network.fabric(to)->self().id();
  std::uint32_t at = from;
  for (std::uint32_t hops = 0; hops < network.node_count(); ++hops) {
    const std::optional<NodeId> next = network.fabric(at)->next_hop(target);
    if (!next) return false;
    at = network.index_of(next->name);
    if (at == to) return true;
    if (!network.is_alive(at)) return false;
  }
  return false;
}

}  // namespace

std::string find_disorder(const FabricNetwork& network) {
  const std::vector<std::uint32_t> alive = network.alive();
  if (alive.empty()) return {};
  // The cheap look first.
  const auto& summary = network.fabric(alive.front())->table().summary();
  for (const std::uint32_t node : alive) {
    if (network.fabric(node)->table().summary() != summary)
      return fmt::format("n{} and n{} do not know the same of the cluster", alive.front(), node);
  }
  if (const std::size_t connected = count_connected(network, alive.front()); connected != alive.size())
    return fmt::format("links connect {} of {} nodes: there is an island", connected, alive.size());
  for (const std::uint32_t node : alive) {
    if (std::string wrong = find_wrong_link(network, node); !wrong.empty()) return wrong;
    if (std::string wrong = find_wrong_member(network, node, alive.size()); !wrong.empty()) return wrong;
    if (network.fabric(node)->malformed_messages() > 0) return fmt::format("n{} got malformed messages", node);
  }
  return {};
}

std::string find_lost_way(const FabricNetwork& network) {
  const std::vector<std::uint32_t> alive = network.alive();
  const std::size_t step = std::max<std::size_t>(1, alive.size() / 20);
  for (std::size_t i = 0; i < alive.size(); i += step) {
    for (const std::uint32_t to : alive) {
      if (to != alive[i] && !leads_there(network, alive[i], to))
        return fmt::format("the way from n{} leads not to n{}", alive[i], to);
    }
  }
  return {};
}

std::string settle(FabricNetwork& network, Duration limit) {
  const TimePoint end = network.now() + limit;
  while (true) {
    network.run_for(500ms);
    if (!network.failure().empty()) return network.failure();
    std::string disorder = find_disorder(network);
    if (disorder.empty() || network.now() >= end) return disorder;
  }
}

double reached_fraction(const FabricNetwork& network, const TrackedBroadcast& broadcast) {
  std::size_t alive = 0;
  std::size_t reached = 0;
  for (std::uint32_t node = 0; node < network.node_count(); ++node) {
    if (!network.is_alive(node)) continue;
    ++alive;
    reached += broadcast.hops[node] != TrackedBroadcast::kNotReached ? 1 : 0;
  }
  return alive == 0 ? 1 : static_cast<double>(reached) / static_cast<double>(alive);
}

}  // namespace troupe::sim
