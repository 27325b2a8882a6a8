#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "troupe/actor/actor.hpp"
#include "troupe/overlay/member.hpp"

namespace troupe::overlay {
class Fabric;
}

/// The overlay as one node knows it, and what operators do to it. For those who look at a node.
namespace troupe::cluster {

struct TopologyMember {
  overlay::Member member;
  overlay::MemberState state = overlay::MemberState::kUp;
  std::vector<std::uint64_t> links;  ///< NodeId::name of those with whom it says that it is linked.
  std::uint64_t next_hop = 0;  ///< NodeId::name of the neighbour on the way to it; 0: no way, or this node itself.
  std::uint16_t hops = 0;      ///< 1: a neighbour; 0: no way, or this node itself.
  double suspicion = 0;        ///< Phi of a neighbour (overlay/accrual_detector.hpp).
};

struct Topology {
  std::string overlay;
  overlay::Member self;
  std::vector<TopologyMember> members;  ///< This node too, by name.
};

/// Asked of this node's own actor.
struct GetTopology {
  static constexpr auto wire_name = "troupe.cluster.get_topology";
  static constexpr bool local_only = true;
  using Reply = Topology;
};

/// What a node knows of the tree on which broadcasts of a root travel: its own end of each branch.
struct Branches {
  std::uint64_t parent = 0;          ///< NodeId::name of who brought the newest broadcast; 0: none came.
  std::vector<std::uint64_t> eager;  ///< To whom it hands broadcasts on at once,
  std::vector<std::uint64_t> lazy;   ///< and to whom it only announces them.
};

/// Asked of any node's actor.
struct GetBranches {
  static constexpr auto wire_name = "troupe.cluster.get_branches";
  using Reply = Branches;
  NodeId root;
};

/// The node dials this address, once more if it does already, and then again and again as if its configuration had it.
struct Join {
  static constexpr auto wire_name = "troupe.cluster.join";
  static constexpr bool local_only = true;
  using Reply = Done;
  std::string address;
};

/// The addresses that were discovered now, in place of those of the last such message.
struct Discovered {
  static constexpr auto wire_name = "troupe.cluster.discovered";
  static constexpr bool local_only = true;
  std::vector<std::string> addresses;
};

/// The operator says that this member is gone. Fails with `invalid_argument` if there is no such member, or it is this
/// node, and with `refused` if it is no member any more.
struct DeclareDown {
  static constexpr auto wire_name = "troupe.cluster.declare_down";
  static constexpr bool local_only = true;
  using Reply = Done;
  std::string name;
};

Topology topology_of(const overlay::Fabric& fabric, TimePoint now);
Branches branches_of(const overlay::Fabric& fabric, NodeId root);

}  // namespace troupe::cluster
