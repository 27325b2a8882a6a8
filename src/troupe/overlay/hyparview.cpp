#include "troupe/overlay/hyparview.hpp"

#include <algorithm>
#include <utility>

namespace troupe::overlay {

using hyparview::Message;
using hyparview::take_random;
using hyparview::Views;

HyParView::HyParView(HyParViewOptions options, Random random)
    : options_(options),
      random_(random),
      views_(options.active_view_max, options.passive_view_max),
      shuffles_(options.shuffle, views_),
      x_bot_(options.x_bot, views_) {}

Wishes HyParView::start(const View& view) {
  search_due_ = contact_due_ = view.now();
  Turn turn{view, random_};
  shuffles_.start(turn);
  x_bot_.start(turn);
  return std::move(turn.wishes);
}

// -- The join mechanism (section 4.2) ---------------------------------------------------------------------------------

void HyParView::on(Turn& turn, Link& peer, const hyparview::Join&) {
  if (!peer.active) {
    views_.make_room(turn);
    activate(turn, peer);
    for (auto& [name, link] : views_.links) {
      if (link.active && &link != &peer) {
        Views::tell(turn, link, hyparview::ForwardJoin{peer.member, options_.active_walk_length});
      }
    }
  }
  Views::tell(turn, peer, hyparview::NeighbourReply{true});
}

void HyParView::on(Turn& turn, Link& peer, const hyparview::ForwardJoin& message) {
  if (!peer.active) refute(turn, peer);
  const NodeId joiner = message.joiner.id();
  const Member* known = turn.view.find(joiner.name);
  const bool outdated = known != nullptr && known->incarnation > joiner.incarnation;
  if (joiner.same_node(turn.view.self().id()) || outdated) return;
  Link* next = views_.links.random_active(random_, {peer.id().name, joiner.name});
  if (message.hops_left == 0 || next == nullptr) return request(turn, message.joiner, Purpose::kWalk);
  if (message.hops_left == options_.passive_walk_length) views_.remember(turn, joiner);
  Views::tell(turn, *next, hyparview::ForwardJoin{message.joiner, static_cast<std::uint8_t>(message.hops_left - 1)});
}

// -- Management of the active view (section 4.3) ----------------------------------------------------------------------

void HyParView::on(Turn& turn, Link& peer, const hyparview::Neighbour& message) {
  const bool accepted = peer.active || message.high_priority || !views_.is_full();
  if (accepted && !peer.active) {
    views_.make_room(turn);
    activate(turn, peer);
  }
  Views::tell(turn, peer, hyparview::NeighbourReply{accepted});
}

void HyParView::on(Turn& turn, Link& peer, const hyparview::NeighbourReply& message) {
  // If both have asked, one of the answers comes when the other one has done its work already.
  if (peer.active) return;
  const auto entry = requests_.find(peer.id().name);
  const bool expected = entry != requests_.end() && entry->second.sent;
  if (!message.accepted) {
    if (expected) fail_request(turn, entry, true);
    return;
  }
  // A new node, or one from the other side of a gap, is worth another neighbour. Else the view may be full by now. If
  // there is room, it does not matter that an acceptance comes too late.
  const bool precious =
      expected && (entry->second.purpose == Purpose::kWalk || entry->second.purpose == Purpose::kContact);
  if (expected) requests_.erase(entry);
  if (views_.is_full() && !precious) return refute(turn, peer);
  views_.make_room(turn);
  activate(turn, peer);
}

void HyParView::on(Turn& turn, Link& peer, const hyparview::Disconnect&) {
  if (!peer.active) return;
  views_.deactivate(turn, peer);
  // It has just done without us, and will hardly take us back.
  set_tried(peer.id().name);
  search_due_ = later(turn.now(), backoff().wait(0, random_));
}

void HyParView::activate(Turn& turn, Link& peer) {
  views_.activate(peer);
  requests_.erase(peer.id().name);
  failures_ = 0;
  if (std::exchange(joined_, true)) return;
  // The ends of the walks of our JOIN ask for us in a moment, and who else the fabric has dialed to find the cluster
  // was not needed.
  search_due_ = later(turn.now(), options_.neighbour_timeout);
  contact_due_ = later(turn.now(), options_.contact_interval);
}

/// Tells a node that takes us for its neighbour that we are not. A request of ours will tell it more, if there is one.
void HyParView::refute(Turn& turn, Link& peer) {
  if (!requests_.contains(peer.id().name)) Views::tell(turn, peer, hyparview::Disconnect{});
}

Wishes HyParView::on_neighbour_up(const View& view, const Member& peer) {
  Turn turn{view, random_};
  const bool was_active = views_.links.is_active(peer.id().name);
  Link& link = views_.links.add(peer, view.now());
  if (const auto entry = requests_.find(peer.id().name); entry != requests_.end()) {
    entry->second.member = peer;
    ask(turn, link, entry->second);
  } else if (was_active || views_.links.active_count() == 0) {
    search_due_ = view.now();
  }
  x_bot_.on_link(turn, link);
  return finish(turn);
}

Wishes HyParView::on_neighbour_down(const View& view, const Member& peer, LinkEnd why) {
  Turn turn{view, random_};
  if (views_.links.find(peer.id()) == nullptr) return {};
  const bool was_active = views_.links.remove(peer.id());
  if (why == LinkEnd::kClosed) {
    views_.remember(turn, peer.id());
  } else {
    views_.passive.erase(peer.id().name);
  }
  const auto entry = requests_.find(peer.id().name);
  if (entry != requests_.end() && entry->second.sent) fail_request(turn, entry, false);
  if (was_active) {
    tried_.clear();
    failures_ = 0;
    search_due_ = view.now();
  }
  return finish(turn);
}

Wishes HyParView::on_connect_failed(const View& view, const Member& peer) {
  Turn turn{view, random_};
  const auto entry = requests_.find(peer.id().name);
  if (entry != requests_.end() && !entry->second.sent && entry->second.member.id() == peer.id()) {
    fail_request(turn, entry, false);
  } else {
    views_.passive.erase(peer.id().name);
  }
  return finish(turn);
}

void HyParView::request(Turn& turn, const Member& member, Purpose purpose) {
  const bool bounded = purpose == Purpose::kWalk || purpose == Purpose::kContact;
  if (!is_available(turn.view, member) || (bounded && requests_.size() >= options_.requests_max)) {
    return views_.remember(turn, member.id());
  }
  Request& request = requests_[member.id().name];
  request = {.member = member, .purpose = purpose, .deadline = later(turn.now(), options_.neighbour_timeout)};
  if (Link* link = views_.links.find(member.id())) {
    ask(turn, *link, request);
  } else {
    turn.wishes.push_back(Connect{member});
  }
}

void HyParView::ask(Turn& turn, Link& peer, Request& request) {
  request.sent = true;
  request.deadline = later(turn.now(), options_.neighbour_timeout);
  if (request.purpose == Purpose::kJoin) return Views::tell(turn, peer, hyparview::Join{});
  const bool high = request.purpose == Purpose::kUrgent || request.purpose == Purpose::kContact;
  Views::tell(turn, peer, hyparview::Neighbour{high});
}

/// `linked`: the node is there, and only does not want us.
void HyParView::fail_request(Turn& turn, Requests::iterator entry, bool linked) {
  const NodeId node = entry->second.member.id();
  const bool searched = is_search(entry->second);
  requests_.erase(entry);
  if (Link* link = views_.links.find(node)) link->idle_since = turn.now();
  const bool was_passive = !linked && views_.passive.erase(node.name);
  if (!searched) return;
  // As in the paper: who cannot be reached goes, and the next one is tried at once. There are only so many.
  if (was_passive) {
    search_due_ = turn.now();
    return;
  }
  set_tried(node.name);
  search_due_ = later(turn.now(), backoff().wait(failures_++, random_));
}

bool HyParView::is_search(const Request& request) {
  return request.purpose == Purpose::kJoin || request.purpose == Purpose::kUrgent ||
         request.purpose == Purpose::kRefill;
}

std::size_t HyParView::searches() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(requests_, [](const auto& entry) { return is_search(entry.second); }));
}

/// As many requests at a time as there are places free. But only one JOIN, since its walks bring the other neighbours;
/// and only one after a failure.
bool HyParView::may_search() const {
  const std::size_t searches_now = searches();
  const bool one_more = searches_now == 0 || (failures_ == 0 && joined_);
  return one_more && views_.links.active_count() + searches_now < options_.active_view_max;
}

void HyParView::search(Turn& turn) {
  if (views_.is_full()) {
    tried_.clear();
    failures_ = 0;
  }
  // Nothing is left of the cluster that we were in: the next one is new to us, and we to it.
  if (views_.links.active_count() == 0 && views_.passive.nodes().empty() && requests_.empty()) joined_ = false;
  while (may_search() && search_due_ <= turn.now()) {
    const std::optional<Member> candidate = choose(turn);
    if (!candidate) return wait_for_candidates(turn);
    request(turn, *candidate, search_purpose());
  }
}

/// There is nobody, not even to be refused by: nothing is urgent, unless we are alone.
void HyParView::wait_for_candidates(Turn& turn) {
  const Backoff& wait = views_.links.active_count() == 0 ? options_.urgent : options_.refill;
  const bool others = searches() > 0;
  search_due_ = later(turn.now(), others ? options_.neighbour_timeout : wait.wait(failures_++, random_));
}

HyParView::Purpose HyParView::search_purpose() const {
  if (!joined_) return Purpose::kJoin;
  const bool insisting =
      std::ranges::any_of(requests_, [](const auto& entry) { return entry.second.purpose == Purpose::kUrgent; });
  const bool in_need = views_.links.active_count() == 0 || (is_small() && failures_ >= options_.patience);
  return in_need && !insisting ? Purpose::kUrgent : Purpose::kRefill;
}

/// Whom to ask next: somebody of the passive view; when all of it has been tried, any member.
std::optional<Member> HyParView::choose(Turn& turn) {
  std::vector<Member> candidates;
  const auto consider = [&](const Member* member) {
    const bool tried = std::ranges::find(tried_, member->id().name) != tried_.end();
    if (!tried && is_available(turn.view, *member)) candidates.push_back(*member);
  };
  if (views_.links.active_count() == 0) {
    for (const auto& [name, link] : views_.links) consider(&link.member);
  }
  if (candidates.empty()) {
    for (const NodeId node : views_.passive.nodes()) {
      if (const Member* member = turn.view.find(node.name)) consider(member);
    }
  }
  if (candidates.empty()) {
    tried_.clear();
    std::vector<const Member*> members = turn.view.members();
    while (candidates.empty() && !members.empty()) consider(take_random(members, random_));
    // Before the membership is known there may be only the contacts, which have been tried.
    if (candidates.empty()) {
      for (const auto& [name, link] : views_.links) consider(&link.member);
    }
  }
  if (candidates.empty()) return std::nullopt;
  return take_random(candidates, random_);
}

bool HyParView::is_available(const View& view, const Member& member) const {
  const NodeId id = member.id();
  if (id.same_node(view.self().id()) || requests_.contains(id.name)) return false;
  const Link* link = views_.links.find_name(id.name);
  if (link == nullptr) return !member.address.empty();
  return !link->active && !link->closing && link->id() == id;
}

void HyParView::set_tried(std::uint64_t name) {
  if (std::ranges::find(tried_, name) != tried_.end()) return;
  if (tried_.size() > options_.passive_view_max) tried_.clear();
  tried_.push_back(name);
}

// -- Management of the passive view (section 4.4) ---------------------------------------------------------------------

Wishes HyParView::on_members_changed(const View& view) {
  Turn turn{view, random_};
  views_.passive.follow(view);
  // There may be somebody now whom we have been waiting for.
  if (views_.links.active_count() == 0)
    search_due_ = std::min(search_due_, later(view.now(), backoff().wait(0, random_)));
  return finish(turn);
}

void HyParView::on(Turn& turn, Link& peer, const hyparview::Shuffle& message) {
  if (!peer.active) refute(turn, peer);
  if (!shuffles_.on(turn, peer, message)) ++malformed_messages_;
}

void HyParView::on(Turn& turn, Link&, const hyparview::ShuffleReply& message) { shuffles_.on(turn, message); }

// -- X-BOT ------------------------------------------------------------------------------------------------------------

void HyParView::on(Turn&, Link&, const hyparview::Probe&) {}

void HyParView::on(Turn& turn, Link& peer, const hyparview::DisconnectWait&) {
  if (!peer.active) return;
  views_.deactivate(turn, peer);
  // Somebody comes in its place. If not, we look for one.
  search_due_ = later(turn.now(), options_.neighbour_timeout);
}

// -- Links and time ---------------------------------------------------------------------------------------------------

Wishes HyParView::on_message(const View& view, NodeId from, const Bytes& message) {
  Turn turn{view, random_};
  Link* peer = views_.links.find(from);
  if (peer == nullptr || peer->closing) return {};
  const std::optional<Message> decoded = hyparview::decode(message);
  if (!decoded) {
    ++malformed_messages_;
    return {};
  }
  peer->used = true;
  peer->idle_since = view.now();
  std::visit([&](const auto& alternative) { on(turn, *peer, alternative); }, *decoded);
  return finish(turn);
}

Wishes HyParView::on_tick(const View& view) {
  Turn turn{view, random_};
  for (auto entry = requests_.begin(); entry != requests_.end();) {
    const auto next = std::next(entry);
    if (entry->second.deadline <= view.now()) fail_request(turn, entry, entry->second.sent);
    entry = next;
  }
  x_bot_.on_tick(turn);
  tidy_links(turn);
  shuffles_.on_tick(turn);
  return finish(turn);
}

std::optional<TimePoint> HyParView::next_tick() const {
  TimePoint next = std::min(shuffles_.due(), x_bot_.due());
  if (search_due_ < next && may_search()) next = search_due_;
  for (const auto& [name, request] : requests_) next = std::min(next, request.deadline);
  for (const auto& [name, link] : views_.links) {
    if (has_purpose(name, link)) continue;
    next = std::min(
        {next, later(link.idle_since, options_.idle_link_timeout), contact_due(link).value_or(TimePoint::max())});
  }
  return next;
}

void HyParView::tidy_links(Turn& turn) {
  for (auto& [name, link] : views_.links) {
    if (has_purpose(name, link)) continue;
    if (contact_due(link).value_or(TimePoint::max()) <= turn.now()) {
      link.used = true;
      contact_due_ = later(turn.now(), options_.contact_interval);
      request(turn, link.member, Purpose::kContact);
    } else if (later(link.idle_since, options_.idle_link_timeout) <= turn.now()) {
      link.closing = true;
      turn.wishes.push_back(Disconnect{link.id(), "not a neighbour in this overlay"});
    }
  }
}

/// When a link that nobody has said anything on is taken for the fabric's; empty if it is not, or is closed before.
std::optional<TimePoint> HyParView::contact_due(const Link& link) const {
  const TimePoint due = std::max(later(link.idle_since, options_.contact_wait), contact_due_);
  if (link.used || due >= later(link.idle_since, options_.idle_link_timeout)) return std::nullopt;
  return due;
}

bool HyParView::has_purpose(std::uint64_t name, const Link& link) const {
  return link.active || link.closing || requests_.contains(name) || x_bot_.needs(link.id());
}

/// The end of each event.
Wishes HyParView::finish(Turn& turn) {
  // A swap may have brought a neighbour, perhaps one that we have asked.
  joined_ = joined_ || views_.links.active_count() > 0;
  std::erase_if(requests_, [this](const auto& entry) { return views_.links.is_active(entry.first); });
  search(turn);
  return std::move(turn.wishes);
}

}  // namespace troupe::overlay
