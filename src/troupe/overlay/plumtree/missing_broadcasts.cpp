#include "troupe/overlay/plumtree/missing_broadcasts.hpp"

#include <algorithm>

namespace troupe::overlay::plumtree {

bool MissingBroadcasts::announced(TimePoint now, const BroadcastId& id, Announcer by) {
  const auto known = missing_.find(id);
  if (known != missing_.end()) {
    add(known->second, by);
    return true;
  }
  std::size_t& opened = opened_[by.neighbour];
  if (opened >= options_.missing_per_neighbour_max || missing_.size() >= options_.missing_max) return false;
  ++opened;
  const TimePoint due = later(now, options_.first_wait);
  missing_.emplace(id, Missing{.announcers = {by}, .opener = by.neighbour, .due = due});
  due_.emplace(due, id);
  return true;
}

std::vector<MissingBroadcasts::Announcer> MissingBroadcasts::take(const BroadcastId& id) {
  const auto entry = missing_.find(id);
  if (entry == missing_.end()) return {};
  std::vector<Announcer> announcers = std::move(entry->second.announcers);
  erase(entry);
  return announcers;
}

void MissingBroadcasts::forget(std::uint32_t neighbour) {
  opened_.erase(neighbour);
  for (auto entry = missing_.begin(); entry != missing_.end();) {
    Missing& missing = entry->second;
    std::erase_if(missing.announcers, [&](const Announcer& one) { return one.neighbour == neighbour; });
    if (missing.announcers.empty()) {
      entry = erase(entry);
      continue;
    }
    if (missing.opener == neighbour) {
      missing.opener = missing.announcers.front().neighbour;
      ++opened_[missing.opener];
    }
    ++entry;
  }
}

std::vector<MissingBroadcasts::Ask> MissingBroadcasts::on_tick(TimePoint now) {
  std::vector<Ask> asks;
  while (!due_.empty() && due_.begin()->first <= now) {
    const auto entry = missing_.find(due_.begin()->second);
    Missing& missing = entry->second;
    Announcer& asked = *std::ranges::min_element(missing.announcers, {}, &Announcer::grafts);
    if (asked.grafts >= options_.grafts_max) {
      erase(entry);
      continue;
    }
    ++asked.grafts;
    asks.push_back({asked.neighbour, entry->first, asked.hops});
    due_.erase(due_.begin());
    missing.due = later(now, options_.graft_wait);
    due_.emplace(missing.due, entry->first);
  }
  return asks;
}

std::optional<TimePoint> MissingBroadcasts::next_tick() const {
  if (due_.empty()) return std::nullopt;
  return due_.begin()->first;
}

void MissingBroadcasts::add(Missing& missing, Announcer by) const {
  auto& announcers = missing.announcers;
  if (std::ranges::find(announcers, by.neighbour, &Announcer::neighbour) != announcers.end()) return;
  if (announcers.size() < kAnnouncersMax) {
    announcers.push_back(by);
    return;
  }
  const auto most_asked = std::ranges::max_element(announcers, {}, &Announcer::grafts);
  if (most_asked->grafts >= options_.grafts_max) *most_asked = by;
}

MissingBroadcasts::Entries::iterator MissingBroadcasts::erase(Entries::iterator entry) {
  const auto opened = opened_.find(entry->second.opener);
  if (opened != opened_.end() && --opened->second == 0) opened_.erase(opened);
  due_.erase({entry->second.due, entry->first});
  return missing_.erase(entry);
}

}  // namespace troupe::overlay::plumtree
