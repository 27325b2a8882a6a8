#include "troupe/document/owners/placement_actor.hpp"

#include <algorithm>
#include <utility>

namespace troupe::document {

namespace {

constexpr Duration kTellAgain = 10ms;

/// For the others to hear that this node steps down, and for what it had to be handed over.
constexpr Duration kRetireTimeout = 1s;

}  // namespace

PlacementActor::PlacementActor(const DocumentOptions& options, Ref<cluster::Membership> membership)
    : options_(options), digest_(placement_digest(options)), membership_(membership) {}

void PlacementActor::on_start() {
  if (options_.nodes.empty() && options_.joins_others) {
    // Else a node that has just started would take all documents from those who have them.
    is_owner_ = false;
    context().after(options_.alone_after, [this] {
      if (!has_stepped_down_ && !std::exchange(is_owner_, true)) change();
    });
  }
  change();
  context().tell(membership_, cluster::WatchMembers{self()});
}

void PlacementActor::on(const WatchPlacement& request) {
  listeners_[request.listener] = false;
  context().monitor(request.listener, [this, listener = request.listener](const Down&) { listeners_.erase(listener); });
  tell_listeners();
}

void PlacementActor::on(const cluster::MemberChanged& change) {
  using overlay::MemberState;
  const NodeId node = change.member.id();
  const auto known = peers_.find(node.name);
  switch (change.state) {
    case MemberState::kSuspected: return;
    case MemberState::kUp: {
      if (change.member.placement == 0) return;
      peers_[node.name] = {change.member, true, ++times_up_};
      if (!has_stepped_down_) is_owner_ = true;
      break;
    }
    case MemberState::kUnreachable:
    case MemberState::kDown:
    case MemberState::kLeft:
      // Of an earlier life this is old news.
      if (known == peers_.end() || known->second.member.id() != node) return;
      known->second.is_reachable = false;
      if (change.state == MemberState::kUnreachable) break;
      peers_.erase(known);
      retired_.erase(node);
      break;
  }
  this->change();
}

Done PlacementActor::on(const Retire&) {
  const NodeId from = context().sender().node;
  const auto peer = peers_.find(from.name);
  if (peer == peers_.end() || peer->second.member.id() != from) return {};
  context().log().info("{} hands its documents over", peer->second.member.name);
  if (retired_.insert(from).second) change();
  return {};
}

void PlacementActor::on(const StepDown&, ReplyTo<Done> reply) {
  if (!options_.nodes.empty() || awaited_ > 0) return reply(Done{});
  has_stepped_down_ = true;
  is_owner_ = false;
  change();
  stepped_down_ = std::move(reply);
  awaited_ = 1;
  for (const auto& [name, peer] : peers_) {
    ++awaited_;
    const Ref<PlacementService> there(Address{peer.member.id(), ActorId::named(kPlacementName)});
    context().ask(there, Retire{}, kRetireTimeout, [this](const Result<Done>&) { step_down_part_over(); });
  }
  for (const auto& [listener, is_told] : listeners_) {
    ++awaited_;
    context().ask(listener, Settle{placement_}, kRetireTimeout, [this](const Result<Done>&) { step_down_part_over(); });
  }
  step_down_part_over();
}

void PlacementActor::step_down_part_over() {
  if (--awaited_ == 0) stepped_down_(Done{});
}

void PlacementActor::change() {
  std::vector<Placement::Owner> owners = options_.nodes.empty() ? present_owners() : configured_owners();
  placement_ =
      std::make_shared<const Placement>(std::move(owners), options_.partitions, options_.nodes.empty(), trouble());
  if (logged_trouble_ != placement_->trouble()) {
    logged_trouble_ = placement_->trouble();
    if (!logged_trouble_.empty()) context().log().error("no document is served: {}", logged_trouble_);
  }
  for (auto& [listener, is_told] : listeners_) is_told = false;
  tell_listeners();
}

/// Those of the configuration, whoever is there.
std::vector<Placement::Owner> PlacementActor::configured_owners() const {
  std::vector<Placement::Owner> owners;
  for (const std::string& address : options_.nodes) {
    Placement::Owner owner{.name = address, .zone = {}, .node = {}};
    owner.is_here = address == options_.self;
    if (owner.is_here) {
      owner.node = context().self().node;
      owner.is_reachable = true;
    }
    for (const auto& [name, peer] : peers_) {
      // Another node may have had this address before, of which the last news are still to come.
      if (owner.is_here || peer.member.address != address || peer.times_up < owner.times_up) continue;
      owner.node = peer.member.id();
      owner.is_reachable = peer.is_reachable;
      owner.times_up = peer.times_up;
    }
    owners.push_back(std::move(owner));
  }
  return owners;
}

/// The members that have documents, and do not go.
std::vector<Placement::Owner> PlacementActor::present_owners() const {
  std::vector<Placement::Owner> owners;
  if (is_owner_) owners.push_back({options_.self, options_.zone, context().self().node, true, true, 0});
  for (const auto& [name, peer] : peers_) {
    const NodeId node = peer.member.id();
    if (retired_.contains(node)) continue;
    owners.push_back({peer.member.name, peer.member.zone, node, false, peer.is_reachable, peer.times_up});
  }
  return owners;
}

std::string PlacementActor::trouble() const {
  for (const auto& [name, peer] : peers_) {
    if (peer.member.placement == digest_) continue;
    return "this node and " + peer.member.name +
           " disagree on who owns documents: give each node the same document.nodes (or, where that is not given, the "
           "same cluster.join) and the same document.partitions";
  }
  return {};
}

/// Who has no room is told a little later, of the newest placement.
void PlacementActor::tell_listeners() {
  bool has_all = true;
  for (auto& [listener, is_told] : listeners_) {
    if (!is_told) is_told = context().tell(listener, PlacementChanged{placement_}) == SendOutcome::kTaken;
    has_all &= is_told;
  }
  if (has_all || std::exchange(tells_again_, true)) return;
  context().after(kTellAgain, [this] {
    tells_again_ = false;
    tell_listeners();
  });
}

}  // namespace troupe::document
