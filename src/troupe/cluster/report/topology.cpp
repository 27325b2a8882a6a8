#include "troupe/cluster/report/topology.hpp"

#include "troupe/overlay/fabric.hpp"

namespace troupe::cluster {

Topology topology_of(const overlay::Fabric& fabric, TimePoint now) {
  Topology topology{.overlay = std::string(fabric.overlay().name()), .self = fabric.self(), .members = {}};
  for (const overlay::MemberStatus& status : fabric.statuses()) {
    TopologyMember& member = topology.members.emplace_back();
    member.member = status.member;
    member.state = status.state;
    const auto* entry = fabric.table().find(status.member.id().name);
    if (entry == nullptr) continue;
    // What one that is gone said last of its links is true no more.
    if (is_up(status.state) || status.state == overlay::MemberState::kUnreachable) {
      for (const overlay::Edge& link : entry->record->links) member.links.push_back(link.to);
    }
    member.next_hop = entry->way.next_hop;
    member.hops = entry->way.hops;
    member.suspicion = fabric.suspicions().suspicion(entry->id.name, now);
  }
  return topology;
}

Branches branches_of(const overlay::Fabric& fabric, NodeId root) {
  const auto known = fabric.broadcasts().branches(root);
  Branches branches;
  // Where everybody is to be everybody's neighbour there are no trees: the root sends to all, and nobody hands it on.
  const bool is_root = fabric.self().id().same_node(root);
  if (!fabric.overlay().relays() && !is_root) {
    if (const auto hop = fabric.next_hop(root); hop && hop->same_node(root)) branches.parent = root.name;
    return branches;
  }
  if (known.parent) branches.parent = known.parent->name;
  for (const NodeId& node : known.eager) branches.eager.push_back(node.name);
  for (const NodeId& node : known.lazy) branches.lazy.push_back(node.name);
  return branches;
}

}  // namespace troupe::cluster
