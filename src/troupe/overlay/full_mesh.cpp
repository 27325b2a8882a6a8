#include "troupe/overlay/full_mesh.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "troupe/wire/codec.hpp"

namespace troupe::overlay {
namespace {

/// What full meshes say to each other. Fields are appended only.
struct MemberList {
  bool answer = false;  ///< The sender wants our list in return.
  std::vector<Member> members;
};

/// As in the handshake, so that nobody spreads what could not have shaken hands.
constexpr std::size_t kNameBytesMax = 255;

/// More links with one peer than crossing dials can make; a peer that opens more is up to no good.
constexpr std::size_t kLinksPerPeerMax = 4;

bool well_formed(const Member& member) {
  return !member.name.empty() && member.name.size() <= kNameBytesMax && member.incarnation != 0 &&
         member.address.size() <= kNameBytesMax && member.http.size() <= kNameBytesMax;
}

}  // namespace

FullMesh::FullMesh(FullMeshOptions options, Member self, Random random)
    : options_(std::move(options)),
      self_(std::move(self)),
      self_id_(self_.id()),
      random_(random),
      dials_(options_.backoff, options_.members_max) {}

Actions FullMesh::start(TimePoint now) {
  for (const std::string& address : options_.join) {
    if (address != self_.address) dials_.configure(address, now);
  }
  next_gossip_ = now + jittered(options_.gossip_interval);
  Actions actions;
  dial_due(now, actions);
  return actions;
}

Actions FullMesh::on_link_up(TimePoint now, LinkId link, const Member& peer, const std::string& dialed) {
  Actions actions;
  std::string reason = refusal(peer);
  if (reason.empty() && !peers_.contains(peer.id().name) && !has_room()) {
    reason = fmt::format("node '{}' knows {} members, which is its members_max", self_.name, options_.members_max);
  }
  if (!reason.empty()) {
    refuse(now, link, std::move(reason), dialed, actions);
    // The address of a join list that every node shares led to ourselves.
    if (peer.id() == self_id_) dials_.drop(dialed);
    return actions;
  }
  replace_older(now, peer, actions);
  const NodeId id = peer.id();
  if (!dialed.empty()) dials_.succeeded(dialed, id, now);
  const auto [entry, is_new] =
      peers_.try_emplace(id.name, Peer{.member = peer, .state = MemberState::kDown, .since = now});
  owners_[link] = id.name;
  add_link(now, entry->second, {.id = link, .dialed_by_us = !dialed.empty(), .since = now}, actions);
  return actions;
}

std::string FullMesh::refusal(const Member& peer) const {
  if (leaving_) return fmt::format("node '{}' is leaving", self_.name);
  if (!well_formed(peer)) return "the node's name, incarnation or address is missing or too long";
  if (peer.name == self_.name) {
    if (peer.incarnation == self_.incarnation) return fmt::format("node '{}' has dialed itself", self_.name);
    return fmt::format("two nodes are named '{}' (incarnations {} and {}): give each node a name of its own",
                       self_.name, self_.incarnation, peer.incarnation);
  }
  const auto entry = peers_.find(peer.id().name);
  const bool known = entry != peers_.end();
  const std::string& namesake = known ? entry->second.member.name : self_.name;
  if ((known || peer.id().same_node(self_id_)) && namesake != peer.name) {
    return fmt::format("the names '{}' and '{}' have the same hash: rename one of the nodes", namesake, peer.name);
  }
  if (!known) return {};
  const Member& current = entry->second.member;
  if (peer.incarnation < current.incarnation) {
    return fmt::format("incarnation {} of node '{}' is older than {}, which is known here", peer.incarnation, peer.name,
                       current.incarnation);
  }
  if (peer.incarnation == current.incarnation && entry->second.state == MemberState::kLeft) {
    return fmt::format("incarnation {} of node '{}' has left the cluster", peer.incarnation, peer.name);
  }
  return {};
}

/// Makes room by forgetting the member that has been gone the longest.
bool FullMesh::has_room() {
  if (peers_.size() < options_.members_max) return true;
  auto oldest = peers_.end();
  for (auto entry = peers_.begin(); entry != peers_.end(); ++entry) {
    const Peer& peer = entry->second;
    const bool gone = peer.state == MemberState::kDown || peer.state == MemberState::kLeft;
    if (gone && (oldest == peers_.end() || peer.since < oldest->second.since)) oldest = entry;
  }
  if (oldest == peers_.end()) return false;
  peers_.erase(oldest);
  return true;
}

void FullMesh::refuse(TimePoint now, LinkId link, std::string reason, const std::string& dialed, Actions& actions) {
  ++refused_links_;
  if (!dialed.empty()) dials_.failed(dialed, now, random_);
  actions.push_back(CloseLink{link, std::move(reason)});
}

/// The node at this name was started again: what is known of its life before ends here.
void FullMesh::replace_older(TimePoint now, const Member& newer, Actions& actions) {
  const auto entry = peers_.find(newer.id().name);
  if (entry == peers_.end() || entry->second.member.incarnation == newer.incarnation) return;
  Peer& older = entry->second;
  close_links(older, fmt::format("node '{}' has restarted as incarnation {}", newer.name, newer.incarnation), actions);
  if (older.state == MemberState::kUp || older.state == MemberState::kUnreachable) {
    Error reason{ErrorCode::kUnreachable, fmt::format("restarted as incarnation {}", newer.incarnation)};
    actions.push_back(MemberDown{older.member, std::move(reason), false});
  }
  dials_.drop_learned(older.member.id());
  older = Peer{.member = newer, .state = MemberState::kDown, .since = now};
}

void FullMesh::add_link(TimePoint now, Peer& peer, Link link, Actions& actions) {
  if (peer.links.empty()) {
    peer.links.push_back(link);
    actions.push_back(LinkChosen{peer.member.id(), link.id});
    if (peer.state == MemberState::kDown) actions.push_back(MemberUp{peer.member});
    peer.state = MemberState::kUp;
    peer.since = now;
    send_members(peer.member.id(), false, actions);
    return;
  }
  const Link before = peer.links.front();
  const bool wins = beats(now, peer, link);
  peer.links.insert(wins ? peer.links.begin() : peer.links.end(), link);
  if (wins) actions.push_back(LinkChosen{peer.member.id(), link.id});
  // The other end closes what lost. But long after the window it cannot see two crossing dials in this: it came with a
  // new link because the one before is dead for it.
  const bool closes = dials_first(peer.member) || (wins && now - before.since > 2 * options_.duplicate_window);
  if (!closes && peer.links.size() <= kLinksPerPeerMax) return;
  const auto loser = closes && wins ? peer.links.begin() + 1 : peer.links.end() - 1;
  actions.push_back(CloseLink{loser->id, fmt::format("another link to node '{}' is in use", self_.name)});
  owners_.erase(loser->id);
  peer.links.erase(loser);
}

/// Whether a new link is to be used instead of the chosen one.
bool FullMesh::beats(TimePoint now, const Peer& peer, const Link& link) const {
  const Link& chosen = peer.links.front();
  if (now - chosen.since > options_.duplicate_window) return true;
  return link.dialed_by_us == chosen.dialed_by_us || link.dialed_by_us == dials_first(peer.member);
}

Actions FullMesh::on_link_down(TimePoint now, LinkId link, const Error& reason, bool peer_left) {
  Actions actions;
  const auto owner = owners_.find(link);
  if (owner == owners_.end()) return actions;
  Peer& peer = peers_.at(owner->second);
  owners_.erase(owner);
  const bool was_chosen = peer.links.front().id == link;
  const Link lost = *std::ranges::find(peer.links, link, &Link::id);
  std::erase_if(peer.links, [&](const Link& candidate) { return candidate.id == link; });
  if (peer_left) {
    close_links(peer, fmt::format("node '{}' has left", peer.member.name), actions);
    peer.state = MemberState::kLeft;
    peer.since = now;
    dials_.drop_learned(peer.member.id());
    actions.push_back(MemberDown{peer.member, reason, true});
    return actions;
  }
  if (!peer.links.empty()) {
    if (was_chosen) actions.push_back(LinkChosen{peer.member.id(), peer.links.front().id});
    return actions;
  }
  lose(now, peer, reason, actions);
  if (leaving_) return actions;
  const Duration extra = dials_first(peer.member) ? Duration{} : jittered(options_.second_dial_wait);
  dials_.retry(peer.member.address, peer.member.id(), now, extra, now + options_.forget_after,
               now - lost.since >= options_.backoff.max, random_);
  return actions;
}

void FullMesh::lose(TimePoint now, Peer& peer, const Error& reason, Actions& actions) {
  peer.state = MemberState::kUnreachable;
  peer.since = now;
  peer.lost = reason;
  actions.push_back(MemberUnreachable{peer.member});
}

void FullMesh::close_links(Peer& peer, const std::string& reason, Actions& actions) {
  for (const Link& link : peer.links) {
    actions.push_back(CloseLink{link.id, reason});
    owners_.erase(link.id);
  }
  peer.links.clear();
}

Actions FullMesh::on_dial_failed(TimePoint now, const std::string& address, const Error&) {
  dials_.failed(address, now, random_);
  return {};
}

Actions FullMesh::on_message(TimePoint now, NodeId from, const Bytes& message) {
  Actions actions;
  if (leaving_ || linked(from) == nullptr) return actions;
  const Result<MemberList> list = wire::decode<MemberList>(message);
  if (!list || !std::ranges::all_of(list->members, well_formed)) {
    ++malformed_messages_;
    return actions;
  }
  for (const Member& member : list->members) take_hint(now, member);
  if (list->answer) send_members(from, false, actions);
  dial_due(now, actions);
  return actions;
}

/// Somebody is linked with this member. If we are not, we dial it, and see for ourselves.
void FullMesh::take_hint(TimePoint now, const Member& member) {
  const NodeId id = member.id();
  if (member.address.empty() || member.address == self_.address || id.same_node(self_id_)) return;
  const auto entry = peers_.find(id.name);
  if (entry != peers_.end()) {
    const Peer& peer = entry->second;
    if (peer.member.name != member.name || member.incarnation < peer.member.incarnation) return;
    if (member.incarnation == peer.member.incarnation && (!peer.links.empty() || peer.state == MemberState::kLeft))
      return;
  } else {
    // Two nodes that advertise one address cannot both be there: believe the one that answers, not the hint.
    const bool taken = std::ranges::any_of(peers_, [&](const auto& other) {
      return !other.second.links.empty() && other.second.member.address == member.address;
    });
    if (taken) return;
  }
  const Duration wait = dials_first(member) ? Duration{} : jittered(options_.second_dial_wait);
  dials_.learn(member.address, id, now + wait, now + options_.forget_after);
}

Actions FullMesh::on_tick(TimePoint now) {
  Actions actions;
  if (leaving_) return actions;
  for (auto entry = peers_.begin(); entry != peers_.end();) {
    Peer& peer = entry->second;
    const Duration lasted = now - peer.since;
    if (peer.state == MemberState::kUnreachable && lasted >= options_.down_after) {
      peer.state = MemberState::kDown;
      peer.since = now;
      actions.push_back(MemberDown{peer.member, peer.lost, false});
    }
    const bool gone = peer.state == MemberState::kDown || peer.state == MemberState::kLeft;
    entry = gone && now - peer.since >= options_.forget_after ? peers_.erase(entry) : std::next(entry);
  }
  if (now >= next_gossip_) gossip(now, actions);
  dial_due(now, actions);
  return actions;
}

void FullMesh::gossip(TimePoint now, Actions& actions) {
  next_gossip_ = now + jittered(options_.gossip_interval);
  std::vector<NodeId> neighbours;
  for (const auto& [name, peer] : peers_) {
    if (!peer.links.empty()) neighbours.push_back(peer.member.id());
  }
  if (!neighbours.empty()) send_members(neighbours[random_.below(neighbours.size())], true, actions);
}

/// Only who is alive as far as we know: a list of the dead would keep their names going round for ever.
void FullMesh::send_members(NodeId to, bool answer, Actions& actions) const {
  MemberList list{.answer = answer, .members = {self_}};
  for (const auto& [name, peer] : peers_) {
    const bool alive = peer.state == MemberState::kUp || peer.state == MemberState::kUnreachable;
    if (alive && name != to.name) list.members.push_back(peer.member);
  }
  actions.push_back(Send{to, wire::encode(list)});
}

void FullMesh::dial_due(TimePoint now, Actions& actions) {
  const auto wanted_here = [this](const std::string& address, const DialList::Target& target) {
    return wanted(address, target);
  };
  for (std::string& address : dials_.take_due(now, wanted_here)) actions.push_back(Dial{std::move(address)});
}

/// An address is dialed as long as we have no link with the node there.
bool FullMesh::wanted(const std::string& address, const DialList::Target& target) const {
  const auto known = peers_.find(target.node.name);
  if (known != peers_.end() && !known->second.links.empty()) {
    const std::uint64_t incarnation = known->second.member.incarnation;
    if (incarnation < target.node.incarnation) return true;  // It has restarted, and our link is half-open.
    if (incarnation == target.node.incarnation || target.expiry) return false;
  }
  if (target.expiry) return true;
  // Who was at a configured address before says little, but a linked node may say that it is there now.
  return std::ranges::none_of(
      peers_, [&](const auto& entry) { return !entry.second.links.empty() && entry.second.member.address == address; });
}

std::optional<TimePoint> FullMesh::next_tick() const {
  if (leaving_) return std::nullopt;
  TimePoint next = std::min(next_gossip_, dials_.next_due().value_or(TimePoint::max()));
  for (const auto& [name, peer] : peers_) {
    if (peer.state == MemberState::kUp) continue;
    next = std::min(
        next, peer.since + (peer.state == MemberState::kUnreachable ? options_.down_after : options_.forget_after));
  }
  return next;
}

Actions FullMesh::leave(TimePoint) {
  leaving_ = true;
  dials_.clear();
  return {};
}

std::vector<MemberStatus> FullMesh::members() const {
  std::vector<MemberStatus> members{{self_, MemberState::kUp}};
  for (const auto& [name, peer] : peers_) members.push_back({peer.member, peer.state});
  std::ranges::sort(members, {}, [](const MemberStatus& status) -> const std::string& { return status.member.name; });
  return members;
}

std::optional<NodeId> FullMesh::next_hop(NodeId node) const {
  const Peer* peer = linked(node);
  return peer == nullptr ? std::nullopt : std::optional(peer->member.id());
}

const FullMesh::Peer* FullMesh::linked(NodeId node) const {
  const auto entry = peers_.find(node.name);
  if (entry == peers_.end() || entry->second.links.empty()) return nullptr;
  const bool this_life = node.incarnation == 0 || node.incarnation == entry->second.member.incarnation;
  return this_life ? &entry->second : nullptr;
}

/// Between half and all of it: waits that began together end apart.
Duration FullMesh::jittered(Duration duration) {
  return Duration(random_.between(duration.count() / 2, duration.count()));
}

}  // namespace troupe::overlay
