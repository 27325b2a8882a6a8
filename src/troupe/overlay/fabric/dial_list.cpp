#include "troupe/overlay/fabric/dial_list.hpp"

#include <algorithm>
#include <cmath>

namespace troupe::overlay {

Duration Backoff::wait(unsigned failures, Random& random) const {
  // In doubles, so that many failures reach infinity instead of overflowing.
  const double longest = static_cast<double>(max.count());
  const double full = std::min(longest, static_cast<double>(initial.count()) * std::pow(factor, failures));
  return Duration(static_cast<Duration::rep>(full * (1 - jitter * random.fraction())));
}

void DialList::configure(const std::string& address, TimePoint now) {
  const auto [entry, inserted] = targets_.try_emplace(address, Target{.due = now});
  if (inserted || entry->second.expiry) ++configured_;
  entry->second.expiry.reset();
}

bool DialList::learn(const std::string& address, NodeId node, TimePoint due, TimePoint expiry) {
  const auto entry = targets_.find(address);
  if (entry == targets_.end()) {
    if (targets_.size() - configured_ >= learned_max_) return false;
    targets_[address] = {.node = node, .expiry = expiry, .due = due};
    return true;
  }
  Target& target = entry->second;
  if (target.expiry) target.expiry = std::max(*target.expiry, expiry);
  if (target.node == node || (target.node.same_node(node) && node.incarnation < target.node.incarnation)) return true;
  // Somebody else is there now, and what failed against the one before says nothing.
  target.node = node;
  target.failures = 0;
  target.due = std::min(target.due, due);
  return true;
}

bool DialList::seek(const std::string& address, NodeId node, TimePoint due, TimePoint expiry) {
  if (!learn(address, node, due, expiry)) return false;
  Target& target = targets_.at(address);
  if (target.sought_until <= due) {
    target.failures = 0;
    target.due = std::min(target.due, due);
  }
  target.sought_until = std::max(target.sought_until, expiry);
  return true;
}

void DialList::hurry(const std::string& address, TimePoint now) {
  const auto entry = targets_.find(address);
  if (entry != targets_.end()) entry->second.due = std::min(entry->second.due, now);
}

void DialList::succeeded(const std::string& address, NodeId node, TimePoint now) {
  const auto entry = targets_.find(address);
  if (entry == targets_.end()) return;
  entry->second.in_flight = false;
  entry->second.node = node;
  entry->second.sought_until = TimePoint::min();
  entry->second.due = now + backoff_.max;
}

void DialList::failed(const std::string& address, TimePoint now, Random& random) {
  const auto entry = targets_.find(address);
  if (entry == targets_.end()) return;
  Target& target = entry->second;
  target.in_flight = false;
  target.due = now + backoff_.wait(target.failures++, random);
}

void DialList::drop(const std::string& address) {
  const auto entry = targets_.find(address);
  if (entry == targets_.end()) return;
  if (!entry->second.expiry) --configured_;
  targets_.erase(entry);
}

void DialList::release(const std::string& address) {
  const auto entry = targets_.find(address);
  if (entry == targets_.end() || entry->second.expiry) return;
  if (!entry->second.in_flight) return drop(address);
  --configured_;
  entry->second.expiry = TimePoint::min();
}

void DialList::drop_learned(NodeId node) {
  for (auto& [address, target] : targets_) {
    const bool is_meant = target.node.same_node(node) && target.node.incarnation <= node.incarnation;
    if (is_meant) target.sought_until = TimePoint::min();
    if (target.expiry && is_meant) target.expiry = TimePoint::min();
  }
  // One that waits for its answer stays until then, or its address could be dialed twice at once.
  std::erase_if(targets_,
                [](const auto& entry) { return entry.second.expiry == TimePoint::min() && !entry.second.in_flight; });
}

std::vector<std::string> DialList::take_due(TimePoint now,
                                            const std::function<bool(const std::string&, const Target&)>& wanted) {
  std::vector<std::string> due;
  for (auto entry = targets_.begin(); entry != targets_.end();) {
    auto& [address, target] = *entry;
    if (target.in_flight || target.due > now) {
      ++entry;
      continue;
    }
    const bool expired = target.expiry && *target.expiry <= now;
    if (!expired && wanted(address, target)) {
      target.in_flight = true;
      due.push_back(address);
    } else if (target.expiry) {
      entry = targets_.erase(entry);
      continue;
    } else {
      target.due = now + backoff_.max;
    }
    ++entry;
  }
  return due;
}

std::optional<TimePoint> DialList::next_due() const {
  std::optional<TimePoint> next;
  for (const auto& [address, target] : targets_) {
    if (!target.in_flight && (!next || target.due < *next)) next = target.due;
  }
  return next;
}

}  // namespace troupe::overlay
