#include "troupe/document/recent_events.hpp"

namespace troupe::document {

void RecentEvents::add(const Event& event, std::uint64_t hash) {
  entries_.push_back({event, hash});
  bytes_ += size_of(event);
  while (entries_.size() > events_max_ || (bytes_ > bytes_max_ && entries_.size() > 1)) {
    bytes_ -= size_of(entries_.front().event);
    entries_.pop_front();
  }
}

void RecentEvents::clear() {
  entries_.clear();
  bytes_ = 0;
}

std::optional<std::vector<Event>> RecentEvents::after(std::uint64_t seq, std::uint64_t last) const {
  std::vector<Event> events;
  if (seq >= last) return events;
  if (entries_.empty() || entries_.front().event.seq > seq + 1) return std::nullopt;
  for (std::size_t i = seq + 1 - entries_.front().event.seq; i < entries_.size(); ++i)
    events.push_back(entries_[i].event);
  return events;
}

std::optional<std::uint64_t> RecentEvents::hash_at(std::uint64_t seq) const {
  if (entries_.empty() || seq < entries_.front().event.seq || seq > entries_.back().event.seq) return std::nullopt;
  return entries_[seq - entries_.front().event.seq].hash;
}

}  // namespace troupe::document
