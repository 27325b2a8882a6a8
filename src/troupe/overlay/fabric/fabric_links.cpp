// The fabric's links: who may be linked, and what the overlay wishes.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "troupe/overlay/fabric.hpp"
#include "troupe/overlay/fabric/fabric_messages.hpp"
#include "troupe/overlay/fabric/well_formed.hpp"
#include "troupe/wire/codec.hpp"

namespace troupe::overlay {

namespace {

constexpr std::size_t kLinksShownMin = 2;

/// A cluster of thousands changes somewhere all the time; then each node tells several changes together.
constexpr Duration kPublishWaitPerMember = 500us;
constexpr Duration kPublishWaitMax = 1s;

}  // namespace

Actions Fabric::on_link_up(TimePoint now, LinkId link, const Member& peer, const std::string& dialed) {
  now_ = now;
  Actions actions;
  if (std::string reason = refusal(peer); !reason.empty()) {
    refuse(link, std::move(reason), dialed, actions);
    // The address of a join list that every node shares led to ourselves.
    if (peer.name == self_.name && peer.incarnation <= self_.incarnation && peer.incarnation >= first_incarnation_)
      dials_.drop(dialed);
    return finish(std::move(actions));
  }
  if (!dialed.empty()) dials_.succeeded(dialed, peer.id(), now);
  meet(peer, actions);
  const Neighbours::Neighbour* known = neighbours_.find(peer.id().name);
  const LinkId before = known == nullptr ? 0 : known->links.front().id;
  neighbours_.add(now, link, peer, !dialed.empty(), actions);
  connecting_.erase(peer.id().name);
  if (!dialed.empty()) connect_failed(dialed, &peer, actions);
  const bool is_in_use = neighbours_.find(peer.id().name)->links.front().id == link;
  if (is_in_use && before != 0) drop_neighbour(peer, LinkEnd::kClosed, actions);
  if (is_in_use) add_neighbour(peer, actions);
  return finish(std::move(actions));
}

/// There is a link with this node now, or another one. What was said over the one before may be lost.
void Fabric::add_neighbour(const Member& peer, Actions& actions) {
  const std::uint64_t name = peer.id().name;
  ++made_[name];
  const Record& shown = *table_.find(self_id_.name)->record;
  // Many links live for a few seconds only, which is not worth telling to all. But the first ones are, and those that
  // lead to somebody who cannot be reached without.
  if (table_.find(name)->way.hops == 0 || shown.link_to(name) != nullptr || shown.links.size() < kLinksShownMin) {
    publish_soon();
  } else {
    unsettled_[name] = now_ + options_.link_settles_after;
    publish_at_ = std::min(publish_at_, unsettled_[name]);
  }
  routes_.neighbour_changed(name);
  take(plumtree_.on_neighbour_up(now_, peer.id()), actions);
  send_summary(peer.id(), actions);
  carry_out(overlay_->on_neighbour_up(*this, peer), actions);
}

/// Why this node cannot be linked with; empty if it can.
std::string Fabric::refusal(const Member& peer) const {
  if (leaving_) return fmt::format("node '{}' is leaving", self_.name);
  if (!well_formed(peer)) return "the node's name, incarnation or address is missing or too long";
  if (peer.name == self_.name) {
    if (peer.incarnation >= first_incarnation_ && peer.incarnation <= self_.incarnation)
      return fmt::format("node '{}' has dialed itself", self_.name);
    return fmt::format("two nodes are named '{}' (incarnations {} and {}): give each node a name of its own",
                       self_.name, self_.incarnation, peer.incarnation);
  }
  const MemberTable::Entry* known = table_.find(peer.id().name);
  const std::string& namesake = known != nullptr ? known->record->member.name : self_.name;
  if ((known != nullptr || peer.id().same_node(self_id_)) && namesake != peer.name) {
    return fmt::format("the names '{}' and '{}' have the same hash: rename one of the nodes", namesake, peer.name);
  }
  if (known == nullptr) {
    if (!is_full() || longest_gone()) return {};
    return fmt::format("node '{}' knows {} other members, which is its members_max", self_.name, options_.members_max);
  }
  const Member& current = known->record->member;
  if (peer.incarnation < current.incarnation) {
    return fmt::format("incarnation {} of node '{}' is older than {}, which is known here", peer.incarnation, peer.name,
                       current.incarnation);
  }
  if (peer.incarnation == current.incarnation && known->record->left) {
    return fmt::format("incarnation {} of node '{}' has left the cluster", peer.incarnation, peer.name);
  }
  return {};
}

void Fabric::refuse(LinkId link, std::string reason, const std::string& dialed, Actions& actions) {
  ++refused_links_;
  actions.push_back(CloseLink{link, std::move(reason)});
  if (dialed.empty()) return;
  dials_.failed(dialed, now_, random_);
  connect_failed(dialed, nullptr, actions);
}

/// What a handshake says of a node that the table does not have yet, or had in an older life.
void Fabric::meet(const Member& peer, Actions& actions) {
  merge(Record{.member = peer, .version = 0, .left = false, .links = {{.to = self_id_.name}}}, actions);
}

Actions Fabric::on_link_down(TimePoint now, LinkId link, const Error& reason, bool peer_left) {
  now_ = now;
  Actions actions;
  const Neighbours::Neighbour* owner = neighbours_.owner(link);
  if (owner == nullptr) return actions;
  const std::uint64_t name = owner->member.id().name;
  const Member peer = owner->member;
  const bool was_in_use = owner->links.front().id == link;
  if (peer_left) {
    neighbours_.close(name, fmt::format("node '{}' has left", peer.name), actions, link);
    drop_neighbour(peer, LinkEnd::kLeft, actions);
    spread_goodbye(name, actions);
    return finish(std::move(actions));
  }
  const bool was_last = neighbours_.remove(link, actions);
  if (was_in_use) {
    drop_neighbour(peer, !was_last || reason.code == ErrorCode::kRefused ? LinkEnd::kClosed : LinkEnd::kLost, actions);
    if (!was_last) add_neighbour(peer, actions);
  }
  return finish(std::move(actions));
}

Actions Fabric::on_lane_lost(TimePoint now, LinkId link) {
  now_ = now;
  const Neighbours::Neighbour* owner = neighbours_.owner(link);
  if (owner == nullptr) return {};
  // For those whose messages pass over this link it is another one now.
  const std::uint64_t name = owner->member.id().name;
  ++made_[name];
  routes_.neighbour_changed(name);
  publish_soon();
  return finish({});
}

void Fabric::drop_neighbour(const Member& peer, LinkEnd why, Actions& actions) {
  const std::uint64_t name = peer.id().name;
  if (why == LinkEnd::kClosed) closed_.insert(name);
  suspicions_.forget(name);
  routes_.neighbour_changed(name);
  if (unsettled_.erase(name) == 0) {
    publish_soon();
    if (neighbours_.all().size() - unsettled_.size() < kLinksShownMin) show_all_links();
  }
  round_trips_.erase(name);
  take(plumtree_.on_neighbour_down(now_, peer.id()), actions);
  if (!leaving_) carry_out(overlay_->on_neighbour_down(*this, peer, why), actions);
}

void Fabric::publish_soon() {
  const Duration wait = std::max(options_.publish_after,
                                 std::min(kPublishWaitMax, kPublishWaitPerMember * static_cast<int>(table_.size())));
  publish_at_ = std::min(publish_at_, now_ + wait);
}

/// Each may matter now.
void Fabric::show_all_links() {
  if (!unsettled_.empty()) publish_soon();
  unsettled_.clear();
}

Actions Fabric::on_dial_failed(TimePoint now, const std::string& address, const Error&) {
  now_ = now;
  Actions actions;
  dials_.failed(address, now, random_);
  connect_failed(address, nullptr, actions);
  return finish(std::move(actions));
}

/// The dial of this address led to nobody, or to `instead`.
void Fabric::connect_failed(const std::string& address, const Member* instead, Actions& actions) {
  std::vector<Member> failed;
  for (const auto& [name, member] : connecting_) {
    if (member.address == address && (instead == nullptr || instead->name != member.name)) failed.push_back(member);
  }
  for (const Member& member : failed) {
    connecting_.erase(member.id().name);
    carry_out(overlay_->on_connect_failed(*this, member), actions);
  }
}

void Fabric::carry_out(Wishes wishes, Actions& actions) {
  for (const Wish& wish : wishes) {
    std::visit([&](const auto& each) { carry_out(each, actions); }, wish);
  }
}

void Fabric::carry_out(const Connect& wish, Actions& actions) {
  const NodeId node = wish.member.id();
  if (leaving_ || neighbours_.find(node.name) != nullptr || node.same_node(self_id_)) return;
  // One attempt: whether there is another is the overlay's to say.
  const bool has_room = !wish.member.address.empty() && dials_.learn(wish.member.address, node, now_, now_ + 1ms);
  if (!has_room) return carry_out(overlay_->on_connect_failed(*this, wish.member), actions);
  connecting_[node.name] = wish.member;
  dials_.hurry(wish.member.address, now_);
}

void Fabric::carry_out(const Disconnect& wish, Actions& actions) {
  const Neighbours::Neighbour* neighbour = neighbours_.find(wish.node.name);
  if (neighbour == nullptr) return;
  const Member peer = neighbour->member;
  neighbours_.close(wish.node.name, wish.reason, actions);
  drop_neighbour(peer, LinkEnd::kClosed, actions);
}

void Fabric::carry_out(const Tell& wish, Actions& actions) {
  if (!is_neighbour(wish.to)) return;
  const message::Packet packet{static_cast<std::uint8_t>(message::Kind::kOverlay), wish.message};
  actions.push_back(Send{neighbours_.find(wish.to.name)->member.id(), wire::encode(packet)});
}

/// Whether an address that is due should be dialed.
bool Fabric::wanted(const std::string& address, const DialList::Target& target) const {
  if (connecting_.contains(target.node.name)) return true;
  const auto is_there = [&](const MemberTable::Entry* entry) {
    return entry != nullptr && entry->stage == MemberTable::Stage::kUp && entry->record->member.address == address;
  };
  if (target.expiry || target.sought_until > now_) return neighbours_.find(target.node.name) == nullptr;
  // A configured address is there to find the cluster, which needs no finding while the node that was there last is up,
  // whatever address it has among the others.
  const MemberTable::Entry* last = table_.find(target.node.name);
  if (last != nullptr && last->stage == MemberTable::Stage::kUp && last->record->member.id() == target.node)
    return false;
  return std::ranges::none_of(table_.entries(), [&](const auto& each) { return is_there(&each.second); });
}

}  // namespace troupe::overlay
