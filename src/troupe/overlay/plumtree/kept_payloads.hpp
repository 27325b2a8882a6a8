#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "troupe/base/time.hpp"
#include "troupe/overlay/plumtree/messages.hpp"
#include "troupe/overlay/plumtree/slot_index.hpp"

namespace troupe::overlay::plumtree {

/// The broadcasts that a node can still hand to a neighbour that asks: of the last `keep_for` of each one's life, and
/// no more than `bytes_max` in all, each counted with what it costs beside its payload. The oldest go first.
class KeptPayloads {
 public:
  /// Of a broadcast, counted in addition to its payload.
  static constexpr std::size_t kOverheadBytes = 128;

  KeptPayloads(std::size_t bytes_max, Duration keep_for, std::uint64_t seed)
      : bytes_max_(bytes_max), keep_for_(keep_for), seed_(seed) {}

  /// As it came. An id is kept once; a payload that is larger than the bound is not kept.
  void keep(TimePoint now, Gossip gossip);

  /// As it is now, with the age that it has by now; empty if it is not here.
  std::optional<Gossip> find(TimePoint now, const BroadcastId& id) const;

  /// Those that are younger than `age`, the newest first, and at most `count_max`.
  std::vector<Mention> newest(TimePoint now, Duration age, std::size_t count_max) const;

  void on_tick(TimePoint now);
  std::optional<TimePoint> next_tick() const;

  std::size_t bytes() const { return bytes_; }
  std::size_t size() const { return kept_.size(); }

 private:
  struct Kept {
    Gossip gossip;
    TimePoint since;
  };

  Duration age(TimePoint now, const Kept& kept) const { return kept.gossip.age + (now - kept.since); }
  std::optional<std::uint32_t> slot_of(const BroadcastId& id) const;
  void drop_expired(TimePoint now);
  void drop_oldest();

  std::size_t bytes_max_;
  Duration keep_for_;
  std::uint64_t seed_;
  std::deque<Kept> kept_;
  SlotIndex index_;          ///< A slot is a place in the row of all that was ever kept, modulo 2^32.
  std::uint32_t first_ = 0;  ///< The slot of the oldest.
  std::size_t bytes_ = 0;
  TimePoint due_{};
};

}  // namespace troupe::overlay::plumtree
