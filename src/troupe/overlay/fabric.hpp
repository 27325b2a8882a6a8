#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "troupe/base/random.hpp"
#include "troupe/overlay/action.hpp"
#include "troupe/overlay/fabric/dial_list.hpp"
#include "troupe/overlay/fabric/member_table.hpp"
#include "troupe/overlay/fabric/neighbours.hpp"
#include "troupe/overlay/fabric/routes.hpp"
#include "troupe/overlay/fabric/suspicions.hpp"
#include "troupe/overlay/overlay.hpp"
#include "troupe/overlay/plumtree.hpp"

namespace troupe::overlay {

namespace message {
struct Verdict;
}

struct FabricOptions {
  std::vector<std::string> join;     ///< host:port of nodes to begin with; our own address among them is skipped.
  Backoff backoff;                   ///< For those, and for members that are down.
  Duration down_after = 1500ms;      ///< A member to whom there is no way for so long is down.
  Duration direct_wait = 1s;         ///< Where everybody is to be linked with everybody, a link is waited for so long
                                     ///< before a new member is up that can only be reached through others.
  Duration forget_after = 10min;     ///< A member that is down or left is forgotten then.
  Duration duplicate_window = 5s;    ///< Two links within this time are two dials that crossed.
  Duration publish_after = 50ms;     ///< Changes of our own links are told to all together after so long.
  Duration link_settles_after = 8s;  ///< A link that others need not know of at once is told to them then: later than
                                     ///< an overlay keeps one without a purpose.
  Duration exchange_interval = 5s;   ///< How often the table is compared with that of a random neighbour.
  Duration heal_interval = 10s;      ///< How often a member that is down is dialed: the network may be whole again.
  Duration seek_interval = 500ms;    ///< How often a member is dialed that nobody reaches.
  std::size_t probes = 3;            ///< Neighbours that are asked to dial a member that we cannot reach.
  std::size_t members_max = 20'000;  ///< Beside ourselves, the dead that are not forgotten yet included.
  AccrualOptions suspicion;          ///< `interval`: that of the caller's heartbeats.
  PlumtreeOptions broadcast;
};

/// One node's part in holding the cluster together, over whatever links its overlay wants: who is a member, who has
/// failed, how a message reaches a node that is not a neighbour, and how a broadcast reaches all. The same for every
/// overlay. Pure: the caller owns sockets, clock and timers, reports events, and carries out the actions that come
/// back.
///
/// **Membership** is whole on every node (`MemberTable`): each node says who it is and with whom it is linked, in a
/// record that it broadcasts when that changes; neighbours compare tables to repair what a broadcast missed.
///
/// **Failure**: a neighbour that is silent for longer than its link explains is suspected (`MemberSuspected`; an
/// accrual detector for each link), and others are asked to look for it too, but its links stay: a slow node is no dead
/// one. The records are a map of the links, so a node is reachable as long as any two nodes on a way to it say that
/// they are linked. A node whose links are all lost cannot be reached (`MemberUnreachable`), which all see at once;
/// those who had a link with it dial it, and ask others to (the indirect probe of SWIM: Das et al., DSN 2002,
/// section 3.1; a probe that succeeds shows as a link). If there is no way to it for `down_after`, each node declares
/// it down for itself.
///
/// **Coming back**: a node that was declared down in one place is not up again in the same life. Who sees such a node
/// on its map broadcasts a verdict, and the node takes a new incarnation (`Reborn`). If two halves of a cluster
/// declared each other down, the smaller half yields.
class Fabric : private View {
 public:
  Fabric(FabricOptions options, Member self, std::unique_ptr<Overlay> overlay, Random random);
  ~Fabric() override;

  /// Called once, before anything else.
  [[nodiscard]] virtual Actions start(TimePoint now);

  /// A link is ready: the handshake is done and says that `peer` is at the other end. `dialed` is the address of the
  /// dial that this answers, and empty if the peer dialed us. Both ends report a link, at about the same time.
  [[nodiscard]] virtual Actions on_link_up(TimePoint now, LinkId link, const Member& peer, const std::string& dialed);

  /// A link is gone. `peer_left`: the peer said goodbye on it. A link that is not known is ignored.
  [[nodiscard]] virtual Actions on_link_down(TimePoint now, LinkId link, const Error& reason, bool peer_left);

  /// A part of the link broke and is made again, while the link goes on: messages may be lost.
  [[nodiscard]] virtual Actions on_lane_lost(TimePoint now, LinkId link);

  /// The connection or its handshake failed.
  [[nodiscard]] virtual Actions on_dial_failed(TimePoint now, const std::string& address, const Error& reason);

  /// A neighbour's fabric sent this over the link. The content is not trusted: what does not decode is counted and
  /// ignored.
  [[nodiscard]] virtual Actions on_message(TimePoint now, LinkId link, const Bytes& message);

  /// Time has passed. Due at `next_tick()`; harmless earlier.
  [[nodiscard]] virtual Actions on_tick(TimePoint now);

  /// When `on_tick` has to be called, if nothing happens before; asked again after each event. Empty: no need.
  virtual std::optional<TimePoint> next_tick() const;

  /// Reaches every member once, this node included, as `Delivered`; without order among broadcasts.
  [[nodiscard]] virtual Actions broadcast(TimePoint now, Bytes payload);

  /// Another address to find the cluster at.
  [[nodiscard]] virtual Actions join(TimePoint now, const std::string& address);

  /// What was discovered (DNS, a file): addresses to find the cluster at, in place of those of the last call. Those of
  /// `FabricOptions::join` and of `join` stay.
  [[nodiscard]] virtual Actions discover(TimePoint now, const std::vector<std::string>& addresses);

  /// The operator says that this member is gone: it is down everywhere, and if it is there, it has to come back in a
  /// new life. False if there is no such member.
  [[nodiscard]] virtual bool declare_down(TimePoint now, std::uint64_t name, Actions& actions);

  /// The node is about to leave. Nobody is dialed from now on and new links are refused; links stay, so that the caller
  /// can say goodbye on each of them.
  [[nodiscard]] virtual Actions leave(TimePoint now);

  /// A heartbeat of the peer came over the link, with the round trip as far as the caller has measured it. Where
  /// heartbeats are not reported, nobody is suspected before its link is lost.
  [[nodiscard]] virtual Actions on_heard(TimePoint now, LinkId link, std::optional<Duration> round_trip);

  /// Of the link with a neighbour, as the caller measured it.
  virtual void on_round_trip(NodeId neighbour, Duration round_trip);

  /// The whole membership as this node sees it, itself included, by name. Of whom others told, but to whom there has
  /// never been a way, it says nothing.
  virtual std::vector<MemberStatus> statuses() const;

  /// The neighbour to hand a message for `node` to (incarnation 0: whichever is alive); the node itself if it is a
  /// neighbour. Empty if there is no way, and for this node itself.
  virtual std::optional<NodeId> next_hop(NodeId node) const;

  const Member& self() const override { return self_; }
  const Overlay& overlay() const { return *overlay_; }
  const Suspicions& suspicions() const { return suspicions_; }
  virtual const Plumtree& broadcasts() const { return plumtree_; }
  const MemberTable& table() const { return table_; }
  std::uint64_t malformed_messages() const { return malformed_messages_; }
  /// Links that were closed at once because the node at the other end may not be a member; the log has the reasons.
  std::uint64_t refused_links() const { return refused_links_; }

 private:
  // View
  TimePoint now() const override { return now_; }
  std::vector<const Member*> members() const override;
  const Member* find(std::uint64_t name) const override;
  bool is_suspected(std::uint64_t name) const override;
  std::vector<NodeId> neighbours() const override;
  bool is_neighbour(NodeId node) const override;
  bool has_other_way(NodeId neighbour) const override;
  std::optional<Duration> round_trip(NodeId neighbour) const override;

  Actions finish(Actions actions);

  // Links (fabric_links.cpp).
  std::string refusal(const Member& peer) const;
  void refuse(LinkId link, std::string reason, const std::string& dialed, Actions& actions);
  void meet(const Member& peer, Actions& actions);
  void add_neighbour(const Member& peer, Actions& actions);
  void drop_neighbour(const Member& peer, LinkEnd why, Actions& actions);
  void publish_soon();
  void show_all_links();
  void carry_out(Wishes wishes, Actions& actions);
  void carry_out(const Connect& wish, Actions& actions);
  void carry_out(const Disconnect& wish, Actions& actions);
  void carry_out(const Tell& wish, Actions& actions);
  void connect_failed(const std::string& address, const Member* instead, Actions& actions);
  bool wanted(const std::string& address, const DialList::Target& target) const;

  // What fabrics say to each other (fabric_messages.cpp).
  void take(const PlumtreeOutputs& outputs, Actions& actions);
  void take_broadcast(NodeId from, const Bytes& payload, Actions& actions);
  void take_exchange(NodeId from, std::uint8_t kind, const Bytes& body, Actions& actions);
  void send_summary(NodeId to, Actions& actions) const;
  void send_records(NodeId to, const std::vector<const MemberTable::Entry*>& entries,
                    const std::vector<std::uint64_t>& wanted, Actions& actions) const;
  void spread_news(Actions& actions);
  void exchange(Actions& actions);
  bool merge(Record record, Actions& actions);
  void end_life(const MemberTable::Entry& before, const Member& newer, Actions& actions);
  bool is_full() const { return table_.size() > options_.members_max; }  ///< This node itself is in the table too.
  std::optional<std::uint64_t> longest_gone() const;
  bool make_room();
  const Record& write_own_record();
  void publish(Actions& actions);
  void spread_goodbye(std::uint64_t name, Actions& actions);
  void take_verdict(NodeId from, const message::Verdict& verdict, Actions& actions);
  void take_dismissal(NodeId node, Actions& actions);

  // Who stands how (fabric_members.cpp).
  void forget(std::uint64_t name);
  void judge(MemberTable::Entry& entry, Actions& actions);
  void set_stage(MemberTable::Entry& entry, MemberTable::Stage stage);
  std::optional<Duration> patience(const MemberTable::Entry& entry) const;
  void pass_time(Actions& actions);
  void declare(MemberTable::Entry& entry, const Error& reason, Actions& actions);
  void probe(const MemberTable::Entry& entry, Actions& actions);
  void ask_others(const MemberTable::Entry& entry, Actions& actions);
  void suspect(Actions& actions);
  void report_suspicion(const Member& member, bool is_suspected, Actions& actions) const;
  void pronounce(Actions& actions);
  message::Verdict verdict() const;
  void heal();
  void be_reborn(std::uint64_t after, Actions& actions);

  const FabricOptions options_;
  Member self_;
  NodeId self_id_;
  std::uint64_t first_incarnation_;
  std::unique_ptr<Overlay> overlay_;
  Random random_;
  TimePoint now_;
  DialList dials_;
  Neighbours neighbours_;
  MemberTable table_;
  Routes routes_{table_};
  Suspicions suspicions_;
  Plumtree plumtree_;
  std::map<std::uint64_t, Member> connecting_;  ///< Whom the overlay wants to be connected with, by NodeId::name.
  std::unordered_map<std::uint64_t, Duration> round_trips_;  ///< Of neighbours.
  std::unordered_map<std::uint64_t, std::uint32_t> made_;    ///< Edge::made, of nodes we had a link with.
  std::set<std::string> joined_;                             ///< Addresses of the options, and those that `join` gave.
  std::set<std::string> discovered_;
  std::set<std::uint64_t> closed_;                ///< In this event, on purpose: links of nodes that are well.
  std::map<std::uint64_t, TimePoint> unsettled_;  ///< Neighbours that our record does not name until then.
  std::uint64_t version_ = 0;                     ///< Of our own record.

  // What is to be done at the end of the event, or some time later; `max` for never.
  bool members_changed_ = false;  ///< The overlay has to be told.
  TimePoint publish_at_ = TimePoint::max();
  TimePoint spread_at_ = TimePoint::max();  ///< An exchange brought news, which other neighbours may lack.
  Duration spread_wait_{};                  ///< From such news to then.
  TimePoint exchange_at_ = TimePoint::max();
  TimePoint heal_at_ = TimePoint::max();
  TimePoint pronounce_at_ = TimePoint::max();
  TimePoint judge_at_ = TimePoint::max();  ///< The first that is due of those that are not up.
  bool leaving_ = false;
  std::uint64_t malformed_messages_ = 0;
  std::uint64_t refused_links_ = 0;
};

}  // namespace troupe::overlay
