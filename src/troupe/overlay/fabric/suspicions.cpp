#include "troupe/overlay/fabric/suspicions.hpp"

#include <algorithm>

namespace troupe::overlay {

bool Suspicions::heard(std::uint64_t name, TimePoint now) {
  const auto [place, is_first] = detectors_.try_emplace(name, options_, now);
  if (!is_first) place->second.heard(now);
  due_ = std::min(due_, place->second.suspect_at());
  return suspected_.erase(name) > 0;
}

void Suspicions::forget(std::uint64_t name) {
  detectors_.erase(name);
  suspected_.erase(name);
}

std::vector<std::uint64_t> Suspicions::pass_time(TimePoint now) {
  if (now < due_) return {};
  const bool was_asleep = now - due_ >= options_.interval;
  std::vector<std::uint64_t> news;
  due_ = TimePoint::max();
  for (auto& [name, detector] : detectors_) {
    if (suspected_.contains(name)) continue;
    if (was_asleep) detector.excuse(std::max(detector.last_heard(), now - options_.interval));
    if (detector.suspect_at() <= now) {
      news.push_back(name);
    } else {
      due_ = std::min(due_, detector.suspect_at());
    }
  }
  std::ranges::sort(news);
  suspected_.insert(news.begin(), news.end());
  return news;
}

double Suspicions::suspicion(std::uint64_t name, TimePoint now) const {
  const auto found = detectors_.find(name);
  return found == detectors_.end() ? 0 : found->second.suspicion(now);
}

}  // namespace troupe::overlay
