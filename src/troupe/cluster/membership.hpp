#pragma once

#include <string>
#include <vector>

#include "troupe/actor/ref.hpp"
#include "troupe/cluster/members/broadcast.hpp"
#include "troupe/cluster/report/topology.hpp"
#include "troupe/overlay/member.hpp"

/// What actors ask of, and hear from, the cluster's actor.
namespace troupe::cluster {

/// The membership as this node sees it.
struct Members {
  overlay::Member self;
  std::vector<overlay::MemberStatus> others;  ///< By name.
};

struct GetMembers {
  static constexpr auto wire_name = "troupe.cluster.get_members";
  using Reply = Members;
};

/// A member is up, unreachable, down or has left. `kUp` again for a member that is up: its link was re-made, and what
/// was sent meanwhile may be lost.
struct MemberChanged {
  static constexpr auto wire_name = "troupe.cluster.member_changed";
  overlay::Member member;
  overlay::MemberState state = overlay::MemberState::kUp;
};

/// The protocol of actors that watch the membership.
struct MemberListener {
  using Messages = troupe::Messages<MemberChanged>;
};

/// From now on the listener is told of each change, first of each member that is up. Until it ends.
struct WatchMembers {
  static constexpr auto wire_name = "troupe.cluster.watch_members";
  static constexpr bool local_only = true;
  Ref<MemberListener> listener;
};

/// Says goodbye to all peers: they see this node leave, not fail. Answered when that is on its way.
struct Leave {
  static constexpr auto wire_name = "troupe.cluster.leave";
  static constexpr bool local_only = true;
  using Reply = Done;
  std::string reason;
};

/// The protocol of the cluster's actor.
struct Membership {
  using Messages = troupe::Messages<GetMembers, WatchMembers, Broadcast, Leave, GetTopology, GetBranches, Join,
                                    Discovered, DeclareDown>;
};

/// The name of the cluster's actor on each node.
inline constexpr auto kMembershipName = "troupe.cluster";

}  // namespace troupe::cluster
