#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "troupe/actor/actor.hpp"
#include "troupe/cluster/links.hpp"
#include "troupe/cluster/members/byte_budget.hpp"
#include "troupe/cluster/members/member_news.hpp"
#include "troupe/cluster/membership.hpp"
#include "troupe/overlay/fabric.hpp"

namespace troupe::cluster {

// What Links reports, as turns of the cluster's actor.
struct LinkUp {
  static constexpr auto wire_name = "troupe.cluster.link_up";
  static constexpr bool local_only = true;
  overlay::LinkId link = 0;
  overlay::Member peer;
  std::string dialed;
};
struct LinkDown {
  static constexpr auto wire_name = "troupe.cluster.link_down";
  static constexpr bool local_only = true;
  overlay::LinkId link = 0;
  Error reason;
  bool peer_left = false;
};
struct LinkShaken {
  static constexpr auto wire_name = "troupe.cluster.link_shaken";
  static constexpr bool local_only = true;
  overlay::LinkId link = 0;
};
struct LinkHeard {
  static constexpr auto wire_name = "troupe.cluster.link_heard";
  static constexpr bool local_only = true;
  overlay::LinkId link = 0;
  std::optional<Duration> round_trip;
};
struct DialFailed {
  static constexpr auto wire_name = "troupe.cluster.dial_failed";
  static constexpr bool local_only = true;
  std::string address;
  Error reason;
};
struct OverlayMessage {
  static constexpr auto wire_name = "troupe.cluster.overlay_message";
  static constexpr bool local_only = true;
  overlay::LinkId link = 0;
  Bytes message;
};

/// What the cluster's actor does to every shard of its node.
class RouteTables {
 public:
  virtual ~RouteTables() = default;
  /// There is a way to the node, through a neighbour, which may be the node itself.
  virtual void add(const NodeId& node, const NodeId& next_hop) = 0;
  virtual void remove(const NodeId& node, const std::string& reason) = 0;
  /// There is another way, or the same one after a break: what was under way may be lost.
  virtual void reconnected(const NodeId& node, const NodeId& next_hop) = 0;
  /// This node goes on in a new life.
  virtual void be_reborn(std::uint64_t incarnation) = 0;
};

/// Drives the fabric: reports to it what happened to links, carries out its actions, and tells shards and listeners
/// who is a member. One on each node, on the shard that has the links.
class ClusterActor final : public Actor<ClusterActor> {
 public:
  using Messages =
      troupe::Messages<LinkUp, LinkDown, LinkShaken, LinkHeard, DialFailed, OverlayMessage, GetMembers, WatchMembers,
                       Broadcast, Leave, GetTopology, GetBranches, Join, Discovered, DeclareDown>;

  ClusterActor(std::unique_ptr<overlay::Fabric> fabric, std::size_t broadcast_bytes_per_second, Links& links,
               RouteTables& routes, Metrics& metrics);

  void on_start() override;
  void on(const LinkUp& event);
  void on(const LinkDown& event);
  void on(const LinkShaken& event);
  void on(const LinkHeard& event);
  void on(const DialFailed& event);
  void on(const OverlayMessage& event);
  Members on(const GetMembers&);
  void on(const WatchMembers& request);
  Result<Done> on(const Broadcast& request);
  Done on(const Leave& request);
  Topology on(const GetTopology&);
  Branches on(const GetBranches& request);
  Done on(const Join& request);
  void on(const Discovered& request);
  Result<Done> on(const DeclareDown& request);

 private:
  void carry_out(overlay::Actions actions);
  void carry_out(const overlay::Dial& action);
  void carry_out(const overlay::CloseLink& action);
  void carry_out(const overlay::Send& action);
  void carry_out(const overlay::LinkChosen& action);
  void carry_out(const overlay::MemberUp& action);
  void carry_out(const overlay::MemberSuspected& action);
  void carry_out(const overlay::MemberUnreachable& action);
  void carry_out(const overlay::WayChanged& action);
  void carry_out(const overlay::MemberDown& action);
  void carry_out(const overlay::Delivered& action);
  void carry_out(const overlay::Reborn& action);
  void announce(const overlay::Member& member, overlay::MemberState state);
  void catch_up_later();
  void arm_tick();

  std::unique_ptr<overlay::Fabric> fabric_;
  Links& links_;
  RouteTables& routes_;
  Gauge& members_up_;
  Gauge& members_suspected_;
  Counter& suspicions_;
  Counter& broadcasts_;
  Counter& broadcasts_refused_;
  Gauge& news_waiting_;
  ByteBudget broadcast_budget_;
  std::map<std::uint64_t, overlay::Member> up_;  ///< By NodeId::name.
  /// Whose messages are held until the shards know the member, which they may do at the end of this turn.
  std::map<NodeId, overlay::LinkId> chosen_;
  MemberNews news_;
  bool catches_up_ = false;  ///< Some time later.
  std::map<std::string, std::string>
      dial_errors_;  ///< The last one logged for each address, so that retries do not repeat it.
  TimerId tick_;
};

}  // namespace troupe::cluster
