#include "troupe/overlay/plumtree/kept_payloads.hpp"

#include <algorithm>
#include <utility>

namespace troupe::overlay::plumtree {

void KeptPayloads::keep(TimePoint now, Gossip gossip) {
  drop_expired(now);
  const std::size_t bytes = gossip.payload.size() + kOverheadBytes;
  if (bytes > bytes_max_ || slot_of(gossip.id)) return;
  while (bytes_ + bytes > bytes_max_) drop_oldest();
  if (kept_.empty()) due_ = later(now, keep_for_);
  index_.insert(hash_of(gossip.id, seed_), first_ + static_cast<std::uint32_t>(kept_.size()));
  kept_.push_back({std::move(gossip), now});
  bytes_ += bytes;
}

std::optional<Gossip> KeptPayloads::find(TimePoint now, const BroadcastId& id) const {
  const auto slot = slot_of(id);
  if (!slot) return std::nullopt;
  const Kept& kept = kept_[*slot - first_];
  Gossip gossip = kept.gossip;
  gossip.age = age(now, kept);
  if (gossip.age >= keep_for_) return std::nullopt;
  return gossip;
}

std::vector<Mention> KeptPayloads::newest(TimePoint now, Duration age_max, std::size_t count_max) const {
  std::vector<Mention> mentions;
  for (auto kept = kept_.rbegin(); kept != kept_.rend() && mentions.size() < count_max; ++kept) {
    const Gossip& gossip = kept->gossip;
    if (now - kept->since >= age_max) break;
    if (age(now, *kept) < age_max) mentions.push_back({gossip.id.root, gossip.id.sequence, gossip.hops});
  }
  return mentions;
}

void KeptPayloads::on_tick(TimePoint now) {
  if (kept_.empty() || due_ > now) return;
  drop_expired(now);
  // A broadcast each millisecond would be a tick each millisecond: they are dropped together.
  if (!kept_.empty()) due_ = std::max(later(kept_.front().since, keep_for_), later(now, keep_for_ / 4));
}

std::optional<TimePoint> KeptPayloads::next_tick() const {
  if (kept_.empty()) return std::nullopt;
  return due_;
}

std::optional<std::uint32_t> KeptPayloads::slot_of(const BroadcastId& id) const {
  return index_.find(hash_of(id, seed_), [&](std::uint32_t slot) { return kept_[slot - first_].gossip.id == id; });
}

void KeptPayloads::drop_expired(TimePoint now) {
  while (!kept_.empty() && age(now, kept_.front()) >= keep_for_) drop_oldest();
}

void KeptPayloads::drop_oldest() {
  const Gossip& oldest = kept_.front().gossip;
  index_.erase(hash_of(oldest.id, seed_), first_++);
  bytes_ -= oldest.payload.size() + kOverheadBytes;
  kept_.pop_front();
}

}  // namespace troupe::overlay::plumtree
