#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "troupe/overlay/dial_list.hpp"
#include "troupe/overlay/overlay.hpp"

namespace troupe::overlay {

struct FullMeshOptions {
  std::vector<std::string> join;      ///< host:port of nodes to begin with; our own address among them is skipped.
  Backoff backoff;                    ///< For dials that failed and links that were lost.
  Duration second_dial_wait = 200ms;  ///< How long the node with the greater name leaves a dial to the other one.
  Duration down_after = 2s;           ///< A lost member that is not linked again by then is down.
  Duration forget_after = 10min;      ///< A member that is down or left, or that only hearsay knows, is forgotten then.
  Duration duplicate_window =
      5s;  ///< Two links within this time are two dials that crossed; later, the older one is dead.
  Duration gossip_interval = 5s;    ///< How often the member list goes to one random member.
  std::size_t members_max = 1'000;  ///< Members beside ourselves, and as many addresses known by hearsay.
};

/// Every node is linked with every other one. Whom a node is linked with is a member; member lists that the others send
/// are only hints whom to dial, so no node declares another one up or down on hearsay.
///
/// Of two links between the same nodes one is kept, and both ends have to keep the same one, although they may learn of
/// the links in different order and at different times. So both choose by the same rule, but only the node with the
/// smaller name closes what lost; the other one keeps it in reserve until then, and follows when its own choice is
/// closed.
class FullMesh final : public Overlay {
 public:
  FullMesh(FullMeshOptions options, Member self, Random random);

  Actions start(TimePoint now) override;
  Actions on_link_up(TimePoint now, LinkId link, const Member& peer, const std::string& dialed) override;
  Actions on_link_down(TimePoint now, LinkId link, const Error& reason, bool peer_left) override;
  Actions on_dial_failed(TimePoint now, const std::string& address, const Error& reason) override;
  Actions on_message(TimePoint now, NodeId from, const Bytes& message) override;
  Actions on_tick(TimePoint now) override;
  std::optional<TimePoint> next_tick() const override;
  Actions leave(TimePoint now) override;

  std::vector<MemberStatus> members() const override;
  std::optional<NodeId> next_hop(NodeId node) const override;
  std::uint64_t malformed_messages() const override { return malformed_messages_; }

  /// Links that were closed at once because the node at the other end may not be a member; the log has the reasons.
  std::uint64_t refused_links() const { return refused_links_; }

  /// How much is remembered, for tests of the bounds: members, links and addresses.
  std::size_t remembered() const { return peers_.size() + owners_.size() + dials_.size(); }

 private:
  struct Link {
    LinkId id = 0;
    bool dialed_by_us = false;
    TimePoint since;
  };

  struct Peer {
    Member member;
    MemberState state = MemberState::kUp;
    TimePoint since;          ///< Of the state.
    std::vector<Link> links;  ///< The first is the chosen one. Empty exactly if the state is not `up`.
    Error lost;               ///< Why the last link went down.
  };

  /// Why this node cannot be linked with; empty if it can.
  std::string refusal(const Member& peer) const;
  bool has_room();
  void refuse(TimePoint now, LinkId link, std::string reason, const std::string& dialed, Actions& actions);
  void replace_older(TimePoint now, const Member& newer, Actions& actions);
  void add_link(TimePoint now, Peer& peer, Link link, Actions& actions);
  bool beats(TimePoint now, const Peer& peer, const Link& link) const;
  void lose(TimePoint now, Peer& peer, const Error& reason, Actions& actions);
  void close_links(Peer& peer, const std::string& reason, Actions& actions);

  void take_hint(TimePoint now, const Member& member);
  void send_members(NodeId to, bool answer, Actions& actions) const;
  void gossip(TimePoint now, Actions& actions);
  void dial_due(TimePoint now, Actions& actions);
  bool wanted(const std::string& address, const DialList::Target& target) const;

  const Peer* linked(NodeId node) const;
  bool dials_first(const Member& peer) const { return self_.name < peer.name; }
  Duration jittered(Duration duration);

  const FullMeshOptions options_;
  const Member self_;
  const NodeId self_id_;
  Random random_;
  DialList dials_;
  std::map<std::uint64_t, Peer> peers_;     ///< By NodeId::name. Only nodes that we were linked with.
  std::map<LinkId, std::uint64_t> owners_;  ///< The peer that a link leads to.
  TimePoint next_gossip_ = TimePoint::max();
  bool leaving_ = false;
  std::uint64_t malformed_messages_ = 0;
  std::uint64_t refused_links_ = 0;
};

}  // namespace troupe::overlay
