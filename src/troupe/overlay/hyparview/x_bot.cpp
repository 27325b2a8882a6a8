#include "troupe/overlay/hyparview/x_bot.hpp"

#include <algorithm>
#include <utility>

namespace troupe::overlay::hyparview {

void XBot::start(Turn& turn) {
  if (options_.enabled) due_ = later(turn.now(), Duration(turn.random.between(0, options_.period.count())));
}

TimePoint XBot::due() const { return std::min({due_, swap_.deadline, swap_.look_due}); }

void XBot::on_tick(Turn& turn) {
  const bool measuring = swap_.role == Role::kMeasuring || swap_.role == Role::kReplacing;
  if (measuring && (swap_.look_due <= turn.now() || swap_.deadline <= turn.now())) {
    swap_.look_due = later(turn.now(), options_.measure_interval);
    if (all_measured(turn) || swap_.deadline <= turn.now()) {
      swap_.role == Role::kMeasuring ? choose_candidate(turn) : decide_replacement(turn);
    }
  }
  if (swap_.deadline <= turn.now()) give_up(turn);
  if (due_ > turn.now()) return;
  const std::int64_t quarter = options_.period.count() / 4;
  due_ = later(turn.now(), options_.period + Duration(turn.random.between(-quarter, quarter)));
  if (swap_.role == Role::kNone) begin(turn);
}

bool XBot::needs(NodeId node) const {
  switch (swap_.role) {
    case Role::kNone: return false;
    case Role::kMeasuring: return std::ranges::find(swap_.measured, node) != swap_.measured.end();
    case Role::kInitiator: return node == swap_.candidate;
    case Role::kCandidate: return node == swap_.initiator;
    case Role::kReplacing:
    case Role::kSwitching: return node == swap_.old;
  }
  return false;
}

/// A full view is the condition: who has places free takes whom it can get.
void XBot::begin(Turn& turn) {
  if (!views_.is_full() || farthest_biased(turn, {}) == nullptr) return;
  std::vector<NodeId> candidates;
  for (const NodeId node : views_.passive.nodes()) {
    const Member* member = turn.view.find(node.name);
    const bool is_there = member != nullptr && member->id() == node && !member->address.empty();
    if (is_there && views_.links.find_name(node.name) == nullptr) candidates.push_back(node);
  }
  candidates = random_sample(std::move(candidates), options_.passive_scan_length, turn.random);
  if (candidates.empty()) return;
  swap_ = {.role = Role::kMeasuring, .initiator = turn.view.self().id()};
  measure(turn, candidates);
}

void XBot::measure(Turn& turn, const std::vector<NodeId>& nodes) {
  swap_.measured = nodes;
  swap_.deadline = later(turn.now(), options_.measure_timeout);
  swap_.look_due = turn.now();
  for (const NodeId node : nodes) {
    if (views_.links.find(node) == nullptr) turn.wishes.push_back(Connect{*turn.view.find(node.name)});
  }
  swap_.look_due = later(turn.now(), options_.measure_interval);
}

void XBot::on_link(Turn& turn, Link& peer) {
  const bool measuring = swap_.role == Role::kMeasuring || swap_.role == Role::kReplacing;
  if (measuring && needs(peer.id())) Views::tell(turn, peer, Probe{});
}

bool XBot::all_measured(const Turn& turn) const {
  return std::ranges::all_of(swap_.measured, [&](NodeId node) { return turn.view.round_trip(node).has_value(); });
}

// -- i ----------------------------------------------------------------------------------------------------------------

void XBot::choose_candidate(Turn& turn) {
  const Link* old = farthest_biased(turn, {});
  Link* nearest = nullptr;
  for (const NodeId node : swap_.measured) {
    Link* link = views_.links.find(node);
    if (link == nullptr || link->active || link->closing || old == nullptr) continue;
    if (is_nearer(turn, node, nearest == nullptr ? old->id() : nearest->id())) nearest = link;
  }
  if (nearest == nullptr || !views_.is_full()) {
    swap_ = {};
    return;
  }
  swap_ = {.role = Role::kInitiator, .initiator = swap_.initiator, .old = old->id(), .candidate = nearest->id()};
  swap_.deadline = later(turn.now(), options_.measure_timeout + 3 * options_.answer_timeout);
  Views::tell(turn, *nearest, Optimization{swap_.old});
}

void XBot::on(Turn& turn, Link& peer, const OptimizationReply& message) {
  const bool expected = swap_.role == Role::kInitiator && swap_.candidate == peer.id();
  const NodeId old = swap_.old;
  if (expected) swap_ = {};
  if (!message.accepted) return;
  // It has given us up already, if all went well, and its word is on the way.
  if (expected && message.switched) drop(turn, old, DisconnectWait{});
  if (expected && !message.switched) drop(turn, old, Disconnect{});
  take(turn, peer);
}

// -- c ----------------------------------------------------------------------------------------------------------------

void XBot::on(Turn& turn, Link& peer, const Optimization& message) {
  if (peer.active) return Views::tell(turn, peer, OptimizationReply{});
  if (!views_.is_full()) {
    views_.activate(peer);
    return Views::tell(turn, peer, OptimizationReply{.accepted = true});
  }
  Link* disconnected = farthest_biased(turn, {message.old});
  if (swap_.role != Role::kNone || disconnected == nullptr) return Views::tell(turn, peer, OptimizationReply{});
  swap_ = {.role = Role::kCandidate, .initiator = peer.id(), .old = message.old, .disconnected = disconnected->id()};
  swap_.deadline = later(turn.now(), options_.measure_timeout + 2 * options_.answer_timeout);
  Views::tell(turn, *disconnected, Replace{swap_.initiator, swap_.old});
}

void XBot::on(Turn& turn, Link& peer, const ReplaceReply& message) {
  if (swap_.role != Role::kCandidate || swap_.disconnected != peer.id()) return;
  const NodeId initiator = std::exchange(swap_, {}).initiator;
  Link* link = views_.links.find(initiator);
  // The place that d has left may be taken again, and i may be gone. Then HyParView has to see to it.
  const bool accepted = message.accepted && link != nullptr && !link->closing && !link->active && !views_.is_full();
  if (accepted) views_.activate(*link);
  answer(turn, initiator, OptimizationReply{.accepted = accepted, .switched = message.accepted});
}

// -- d ----------------------------------------------------------------------------------------------------------------

void XBot::on(Turn& turn, Link& peer, const Replace& message) {
  const Member* old = turn.view.find(message.old.name);
  const bool is_possible = swap_.role == Role::kNone && peer.active && old != nullptr && old->id() == message.old &&
                           !message.old.same_node(turn.view.self().id()) && !old->address.empty() &&
                           !views_.links.is_active(message.old.name);
  if (!is_possible) return Views::tell(turn, peer, ReplaceReply{});
  swap_ = {.role = Role::kReplacing, .initiator = message.initiator, .old = message.old, .candidate = peer.id()};
  measure(turn, {message.old});
}

void XBot::decide_replacement(Turn& turn) {
  Link* old = views_.links.find(swap_.old);
  const bool is_there = old != nullptr && !old->active && !old->closing;
  if (!is_there || !is_nearer(turn, swap_.old, swap_.candidate)) return give_up(turn);
  swap_.role = Role::kSwitching;
  swap_.look_due = TimePoint::max();
  swap_.deadline = later(turn.now(), options_.answer_timeout);
  Views::tell(turn, *old, Switch{swap_.initiator});
}

void XBot::on(Turn& turn, Link& peer, const SwitchReply& message) {
  const bool expected = swap_.role == Role::kSwitching && swap_.old == peer.id();
  if (expected && !message.accepted) return give_up(turn);
  if (!message.accepted) return;
  if (expected) {
    const NodeId candidate = std::exchange(swap_, {}).candidate;
    const bool was_active = views_.links.is_active(candidate.name);
    drop(turn, candidate, DisconnectWait{});
    answer(turn, candidate, ReplaceReply{was_active});
  }
  take(turn, peer);
}

// -- o ----------------------------------------------------------------------------------------------------------------

void XBot::on(Turn& turn, Link& peer, const Switch& message) {
  const Link* initiator = views_.links.find(message.initiator);
  const bool accepted = !peer.active && initiator != nullptr && initiator->active;
  if (accepted) {
    drop(turn, message.initiator, DisconnectWait{});
    views_.activate(peer);
  }
  Views::tell(turn, peer, SwitchReply{accepted});
}

// ---------------------------------------------------------------------------------------------------------------------

/// Whoever waits for us hears that nothing comes of it.
void XBot::give_up(Turn& turn) {
  const Swap given_up = std::exchange(swap_, {});
  if (given_up.role == Role::kCandidate) answer(turn, given_up.initiator, OptimizationReply{});
  if (given_up.role == Role::kReplacing || given_up.role == Role::kSwitching) {
    answer(turn, given_up.candidate, ReplaceReply{});
  }
}

void XBot::drop(Turn& turn, NodeId neighbour, const Message& reason) {
  Link* link = views_.links.find(neighbour);
  if (link == nullptr || !link->active) return;
  Views::tell(turn, *link, reason);
  views_.deactivate(turn, *link);
}

/// It has accepted us. If our place was taken in the meantime, it has to know.
void XBot::take(Turn& turn, Link& peer) {
  if (peer.active) return;
  if (views_.is_full()) return Views::tell(turn, peer, Disconnect{});
  views_.activate(peer);
}

void XBot::answer(Turn& turn, NodeId node, const Message& message) {
  Link* link = views_.links.find(node);
  if (link != nullptr && !link->closing) Views::tell(turn, *link, message);
}

/// The farthest neighbour but for the unbiased ones; null if there is none, or nothing is known of them.
Link* XBot::farthest_biased(Turn& turn, const std::vector<NodeId>& excluded) {
  std::vector<std::pair<Duration, Link*>> neighbours;
  for (auto& [name, link] : views_.links) {
    const auto round_trip = link.active ? turn.view.round_trip(link.id()) : std::nullopt;
    if (round_trip) neighbours.emplace_back(*round_trip, &link);
  }
  std::ranges::sort(neighbours, [](const auto& a, const auto& b) { return a.first > b.first; });
  for (std::size_t i = options_.unbiased; i < neighbours.size(); ++i) {
    Link* link = neighbours[i].second;
    if (std::ranges::find(excluded, link->id()) == excluded.end()) return link;
  }
  return nullptr;
}

bool XBot::is_nearer(Turn& turn, NodeId node, NodeId than) const {
  const auto near = turn.view.round_trip(node);
  const auto far = turn.view.round_trip(than);
  if (!near || !far) return false;
  return static_cast<double>(near->count()) < static_cast<double>(far->count()) * (1 - options_.gain_min);
}

}  // namespace troupe::overlay::hyparview
