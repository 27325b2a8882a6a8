#include "troupe/sim/overlay/thin_fabric.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "troupe/base/assert.hpp"
#include "troupe/overlay/fabric/fabric_messages.hpp"
#include "troupe/wire/codec.hpp"

namespace troupe::sim {

using overlay::Actions;
using overlay::LinkEnd;
using overlay::LinkId;
using overlay::Member;
using overlay::Neighbours;
using overlay::message::Kind;
using overlay::message::Packet;
using overlay::message::Topic;

namespace {

/// How often a node looks whether the membership has changed. In the fabric, too, news of members come in batches.
constexpr Duration kLookInterval = 1s;

}  // namespace

void Directory::add(const Member& member) {
  members_[member.id().name] = member;
  ++version_;
}

void Directory::remove(NodeId node) {
  const auto found = members_.find(node.name);
  if (found == members_.end() || found->second.incarnation > node.incarnation) return;
  members_.erase(found);
  ++version_;
}

const Member* Directory::find(std::uint64_t name) const {
  const auto found = members_.find(name);
  return found == members_.end() ? nullptr : &found->second;
}

/// What the overlay sees.
class ThinFabric::DirectoryView final : public overlay::View {
 public:
  explicit DirectoryView(const ThinFabric& fabric) : fabric_(fabric) {}

  TimePoint now() const override { return fabric_.now_; }
  const Member& self() const override { return fabric_.self(); }

  std::vector<const Member*> members() const override {
    std::vector<const Member*> members;
    members.reserve(fabric_.directory_.members().size());
    const std::uint64_t own = self().id().name;
    for (const auto& [name, member] : fabric_.directory_.members()) {
      if (name != own) members.push_back(&member);
    }
    return members;
  }

  const Member* find(std::uint64_t name) const override {
    const Neighbours::Neighbour* neighbour = fabric_.neighbours_.find(name);
    return neighbour != nullptr ? &neighbour->member : fabric_.directory_.find(name);
  }

  bool is_suspected(std::uint64_t) const override { return false; }

  bool has_other_way(NodeId) const override { return true; }  // Links are not known here: as most networks are.

  std::vector<NodeId> neighbours() const override {
    std::vector<NodeId> nodes;
    for (const auto& [name, neighbour] : fabric_.neighbours_.all()) nodes.push_back(neighbour.member.id());
    return nodes;
  }

  bool is_neighbour(NodeId node) const override { return fabric_.next_hop(node).has_value(); }

  std::optional<Duration> round_trip(NodeId neighbour) const override {
    const auto found = fabric_.round_trips_.find(neighbour.name);
    return found == fabric_.round_trips_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  const ThinFabric& fabric_;
};

ThinFabric::ThinFabric(overlay::FabricOptions options, Member self, std::unique_ptr<overlay::Overlay> overlay,
                       const Directory& directory, Random random)
    : ThinFabric(std::move(options), std::move(self), std::move(overlay), *overlay, directory, random) {}

ThinFabric::ThinFabric(overlay::FabricOptions options, Member self, std::unique_ptr<overlay::Overlay>&& overlay,
                       overlay::Overlay& same_overlay, const Directory& directory, Random random)
    : Fabric(options, std::move(self), std::move(overlay), random.fork()),
      options_(std::move(options)),
      overlay_(same_overlay),
      directory_(directory),
      random_(random.fork()),
      dials_(options_.backoff, options_.members_max),
      neighbours_(this->self().name, options_.duplicate_window),
      plumtree_(
          [&] {
            overlay::PlumtreeOptions broadcast = options_.broadcast;
            broadcast.spreading = overlay_.spreading();
            return broadcast;
          }(),
          this->self().id(), random.fork()) {}

template <class Ask>
void ThinFabric::ask(Ask question, Actions& actions) {
  for (const overlay::Wish& wish : question(DirectoryView(*this))) {
    std::visit([&](const auto& each) { carry_out(each, actions); }, wish);
  }
}

// -- Events -----------------------------------------------------------------------------------------------------------

Actions ThinFabric::start(TimePoint now) {
  now_ = now;
  for (const std::string& address : options_.join) {
    if (address != self().address) dials_.configure(address, now);
  }
  look_at_ = now + overlay::jittered(kLookInterval, random_);
  Actions actions;
  ask([this](const overlay::View& view) { return overlay_.start(view); }, actions);
  return finish(std::move(actions));
}

Actions ThinFabric::on_link_up(TimePoint now, LinkId link, const Member& peer, const std::string& dialed) {
  now_ = now;
  Actions actions;
  const Neighbours::Neighbour* known = neighbours_.find(peer.id().name);
  if (leaving_ || (known != nullptr && known->member.incarnation > peer.incarnation)) {
    actions.push_back(overlay::CloseLink{link, "this life of the node is over"});
    if (!dialed.empty()) dials_.failed(dialed, now, random_);
    return finish(std::move(actions));
  }
  if (!dialed.empty()) dials_.succeeded(dialed, peer.id(), now);
  if (known != nullptr && known->member.incarnation < peer.incarnation) {
    const Member before = known->member;
    neighbours_.close(before.id().name, "the node has restarted", actions);
    drop_neighbour(before, LinkEnd::kLost, actions);
    known = nullptr;
  }
  const bool was_linked = known != nullptr;
  neighbours_.add(now, link, peer, !dialed.empty(), actions);
  connecting_.erase(peer.id().name);
  if (!dialed.empty()) connect_failed(dialed, &peer, actions);
  if (neighbours_.find(peer.id().name)->links.front().id == link) {
    if (was_linked) drop_neighbour(peer, LinkEnd::kClosed, actions);
    add_neighbour(peer, actions);
  }
  return finish(std::move(actions));
}

Actions ThinFabric::on_link_down(TimePoint now, LinkId link, const Error& reason, bool peer_left) {
  now_ = now;
  Actions actions;
  const Neighbours::Neighbour* owner = neighbours_.owner(link);
  if (owner == nullptr) return actions;
  const Member peer = owner->member;
  const bool was_in_use = owner->links.front().id == link;
  const bool was_last = neighbours_.remove(link, actions);
  if (was_in_use) {
    const bool is_closed = !was_last || reason.code == ErrorCode::kRefused;
    drop_neighbour(peer, peer_left ? LinkEnd::kLeft : is_closed ? LinkEnd::kClosed : LinkEnd::kLost, actions);
    if (!was_last) add_neighbour(peer, actions);
  }
  return finish(std::move(actions));
}

Actions ThinFabric::on_dial_failed(TimePoint now, const std::string& address, const Error&) {
  now_ = now;
  Actions actions;
  dials_.failed(address, now, random_);
  connect_failed(address, nullptr, actions);
  return finish(std::move(actions));
}

Actions ThinFabric::on_message(TimePoint now, LinkId link, const Bytes& message) {
  now_ = now;
  Actions actions;
  const Neighbours::Neighbour* owner = neighbours_.owner(link);
  if (leaving_ || owner == nullptr || owner->links.front().id != link) return actions;
  const NodeId from = owner->member.id();
  const auto packet = wire::decode<Packet>(message);
  TROUPE_ASSERT(packet);  // Nobody else speaks here.
  if (packet->kind == static_cast<std::uint8_t>(Kind::kOverlay)) {
    ask([&](const overlay::View& view) { return overlay_.on_message(view, from, packet->body); }, actions);
  } else {
    take(plumtree_.on_message(now, from, packet->body), actions);
  }
  return finish(std::move(actions));
}

Actions ThinFabric::on_tick(TimePoint now) {
  now_ = now;
  Actions actions;
  if (leaving_) return actions;
  if (now >= look_at_) {
    look_at_ = now + overlay::jittered(kLookInterval, random_);
    if (std::exchange(version_seen_, directory_.version()) != directory_.version())
      ask([this](const overlay::View& view) { return overlay_.on_members_changed(view); }, actions);
  }
  if (const auto due = overlay_.next_tick(); due && *due <= now)
    ask([this](const overlay::View& view) { return overlay_.on_tick(view); }, actions);
  if (const auto due = plumtree_.next_tick(); due && *due <= now) take(plumtree_.on_tick(now), actions);
  return finish(std::move(actions));
}

std::optional<TimePoint> ThinFabric::next_tick() const {
  if (leaving_) return std::nullopt;
  TimePoint next = look_at_;
  for (const auto& due : {dials_.next_due(), overlay_.next_tick(), plumtree_.next_tick()}) {
    if (due) next = std::min(next, *due);
  }
  return next;
}

Actions ThinFabric::broadcast(TimePoint now, Bytes payload) {
  now_ = now;
  Actions actions{overlay::Delivered{self().id(), payload}};
  const Packet packet{static_cast<std::uint8_t>(Topic::kApplication), std::move(payload)};
  take(plumtree_.broadcast(now, wire::encode(packet)), actions);
  return finish(std::move(actions));
}

Actions ThinFabric::leave(TimePoint now) {
  now_ = now;
  leaving_ = true;
  dials_.clear();
  connecting_.clear();
  return {};
}

void ThinFabric::on_round_trip(NodeId neighbour, Duration round_trip) { round_trips_[neighbour.name] = round_trip; }

std::optional<NodeId> ThinFabric::next_hop(NodeId node) const {
  const Neighbours::Neighbour* neighbour = neighbours_.find(node.name);
  const bool is_it = neighbour != nullptr && (node.incarnation == 0 || node == neighbour->member.id());
  return is_it ? std::optional(neighbour->member.id()) : std::nullopt;
}

// -- What follows -----------------------------------------------------------------------------------------------------

Actions ThinFabric::finish(Actions actions) {
  // A configured address is there to find the cluster, which needs no finding while there is a link.
  const auto wanted = [this](const std::string&, const overlay::DialList::Target& target) {
    if (connecting_.contains(target.node.name)) return true;
    return !target.expiry && neighbours_.all().empty();
  };
  for (std::string& address : dials_.take_due(now_, wanted)) actions.push_back(overlay::Dial{std::move(address)});
  return actions;
}

void ThinFabric::add_neighbour(const Member& peer, Actions& actions) {
  take(plumtree_.on_neighbour_up(now_, peer.id()), actions);
  ask([&](const overlay::View& view) { return overlay_.on_neighbour_up(view, peer); }, actions);
}

void ThinFabric::drop_neighbour(const Member& peer, LinkEnd why, Actions& actions) {
  round_trips_.erase(peer.id().name);
  take(plumtree_.on_neighbour_down(now_, peer.id()), actions);
  if (!leaving_) ask([&](const overlay::View& view) { return overlay_.on_neighbour_down(view, peer, why); }, actions);
}

/// The dial of this address led to nobody, or to `instead`.
void ThinFabric::connect_failed(const std::string& address, const Member* instead, Actions& actions) {
  std::vector<Member> failed;
  for (const auto& [name, member] : connecting_) {
    if (member.address == address && (instead == nullptr || instead->name != member.name)) failed.push_back(member);
  }
  for (const Member& member : failed) {
    connecting_.erase(member.id().name);
    ask([&](const overlay::View& view) { return overlay_.on_connect_failed(view, member); }, actions);
  }
}

void ThinFabric::carry_out(const overlay::Connect& wish, Actions& actions) {
  const NodeId node = wish.member.id();
  if (leaving_ || neighbours_.find(node.name) != nullptr || node.same_node(self().id())) return;
  if (!dials_.learn(wish.member.address, node, now_, now_ + 1ms))
    return ask([&](const overlay::View& view) { return overlay_.on_connect_failed(view, wish.member); }, actions);
  connecting_[node.name] = wish.member;
  dials_.hurry(wish.member.address, now_);
}

void ThinFabric::carry_out(const overlay::Disconnect& wish, Actions& actions) {
  const Neighbours::Neighbour* neighbour = neighbours_.find(wish.node.name);
  if (neighbour == nullptr) return;
  const Member peer = neighbour->member;
  neighbours_.close(wish.node.name, wish.reason, actions);
  drop_neighbour(peer, LinkEnd::kClosed, actions);
}

void ThinFabric::carry_out(const overlay::Tell& wish, Actions& actions) {
  const auto to = next_hop(wish.to);
  if (!to) return;
  const Packet packet{static_cast<std::uint8_t>(Kind::kOverlay), wish.message};
  actions.push_back(overlay::Send{*to, wire::encode(packet)});
}

void ThinFabric::take(const overlay::PlumtreeOutputs& outputs, Actions& actions) {
  for (const overlay::PlumtreeOutput& output : outputs) {
    if (const auto* send = std::get_if<overlay::PlumtreeSend>(&output)) {
      if (!next_hop(send->to)) continue;
      const Packet packet{static_cast<std::uint8_t>(Kind::kBroadcast), send->message};
      actions.push_back(overlay::Send{send->to, wire::encode(packet)});
    } else if (const auto* delivery = std::get_if<overlay::PlumtreeDeliver>(&output)) {
      const auto packet = wire::decode<Packet>(delivery->payload);
      TROUPE_ASSERT(packet);
      actions.push_back(overlay::Delivered{delivery->root, packet->body});
    }
  }
}

}  // namespace troupe::sim
