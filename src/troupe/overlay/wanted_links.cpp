#include "troupe/overlay/wanted_links.hpp"

#include <algorithm>

#include "troupe/wire/codec.hpp"

namespace troupe::overlay {

namespace {

/// What the two ends of a link tell each other.
struct LinkWish {
  bool is_wanted = false;
};

}  // namespace

Wishes WantedLinks::start(const View& view) { return reconcile(view); }

Wishes WantedLinks::on_members_changed(const View& view) { return reconcile(view); }

Wishes WantedLinks::on_tick(const View& view) { return reconcile(view); }

Wishes WantedLinks::on_neighbour_up(const View& view, const Member& peer) {
  Target& target = targets_[peer.id().name];
  target.is_dialed = false;
  target.is_linked = true;
  target.linked_since = view.now();
  target.is_wanted_there = true;
  target.unwanted_since = view.now();
  // Who is wanted may depend on who is linked, and the peer has to hear of it once at any rate.
  target.is_wanted = wanted(view).contains(peer.id().name);
  Wishes wishes{tell(peer, target)};
  std::ranges::move(reconcile(view), std::back_inserter(wishes));
  return wishes;
}

Wishes WantedLinks::on_neighbour_down(const View& view, const Member& peer, LinkEnd) {
  Target& target = targets_[peer.id().name];
  target.is_linked = false;
  if (view.now() - target.linked_since >= options_.backoff.max) target.failures = 0;
  target.due = view.now() + options_.backoff.wait(target.failures++, random_);
  if (self_name_ > peer.id().name) target.due += jittered(options_.second_dial_wait, random_);
  return reconcile(view);
}

Wishes WantedLinks::on_connect_failed(const View& view, const Member& peer) {
  Target& target = targets_[peer.id().name];
  target.is_dialed = false;
  target.due = view.now() + options_.backoff.wait(target.failures++, random_);
  return reconcile(view);
}

Wishes WantedLinks::on_message(const View& view, NodeId from, const Bytes& message) {
  const auto wish = wire::decode<LinkWish>(message);
  const auto found = targets_.find(from.name);
  if (!wish || found == targets_.end()) return {};
  if (found->second.is_wanted_there != wish->is_wanted) found->second.unwanted_since = view.now();
  found->second.is_wanted_there = wish->is_wanted;
  return reconcile(view);
}

Tell WantedLinks::tell(const Member& peer, const Target& target) {
  return {peer.id(), wire::encode(LinkWish{target.is_wanted})};
}

Wishes WantedLinks::reconcile(const View& view) {
  self_name_ = view.self().id().name;
  const std::set<std::uint64_t> wanted_now = wanted(view);
  Wishes wishes;
  for (const std::uint64_t name : wanted_now) {
    const auto [place, is_new] = targets_.try_emplace(name);
    // Of two that find each other at the same time one dials, and the other one only if nothing comes of it.
    if (is_new)
      place->second.due = view.now() + (self_name_ < name ? Duration{} : jittered(options_.second_dial_wait, random_));
  }
  for (auto entry = targets_.begin(); entry != targets_.end();) {
    auto& [name, target] = *entry;
    const bool is_wanted = wanted_now.contains(name);
    if (is_wanted != target.is_wanted) {
      target.is_wanted = is_wanted;
      target.unwanted_since = view.now();
      const Member* peer = view.find(name);
      if (target.is_linked && peer != nullptr) wishes.push_back(tell(*peer, target));
    }
    const bool is_over = !is_wanted && !target.is_linked && !target.is_dialed;
    entry = is_over ? targets_.erase(entry) : std::next(entry);
  }
  dial(view, wishes);
  close(view, wishes);
  return wishes;
}

void WantedLinks::dial(const View& view, Wishes& wishes) {
  for (auto& [name, target] : targets_) {
    if (!target.is_wanted || target.is_linked || target.is_dialed || target.due > view.now()) continue;
    const Member* peer = view.find(name);
    if (peer == nullptr || peer->address.empty()) {
      target.due = view.now() + options_.backoff.max;
      continue;
    }
    target.is_dialed = true;
    wishes.push_back(Connect{*peer});
  }
}

void WantedLinks::close(const View& view, Wishes& wishes) {
  for (auto& [name, target] : targets_) {
    const bool is_unwanted = target.is_linked && !target.is_wanted && !target.is_wanted_there;
    const bool closes = self_name_ < name;
    if (!is_unwanted || !closes || view.now() - target.unwanted_since < options_.linger) continue;
    target.unwanted_since = view.now();  // It is gone soon, or has to stay for as long again.
    const Member* peer = view.find(name);
    if (peer != nullptr && view.has_other_way(peer->id()))
      wishes.push_back(Disconnect{peer->id(), "neither end wants the link"});
  }
}

std::optional<TimePoint> WantedLinks::next_tick() const {
  std::optional<TimePoint> next;
  for (const auto& [name, target] : targets_) {
    std::optional<TimePoint> due;
    if (target.is_wanted && !target.is_linked && !target.is_dialed) due = target.due;
    if (target.is_linked && !target.is_wanted && !target.is_wanted_there && self_name_ < name)
      due = target.unwanted_since + options_.linger;
    if (due && (!next || *due < *next)) next = due;
  }
  return next;
}

}  // namespace troupe::overlay
