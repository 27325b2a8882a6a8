#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "troupe/base/time.hpp"

namespace troupe {

/// Names a timer for cancelling; stays safe after the timer has fired.
struct TimerId {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;  ///< 0: no timer

  explicit operator bool() const { return generation != 0; }
  friend bool operator==(const TimerId&, const TimerId&) = default;
};

/// Timers in the order of their time, then of their making: a binary heap whose entries know their place, so that
/// cancelling is O(log n) and leaves nothing behind. Plain code: whoever owns it calls `fire_due` with the time.
class TimerQueue {
 public:
  using Action = std::move_only_function<void()>;

  /// Fires at `when` (not before the `now` of the last `fire_due`, or it delays those that are due by a round), and if
  /// `interval` is not zero each interval from then on, under the same id, until it is cancelled.
  TimerId add(TimePoint when, Action action, Duration interval = {});

  /// True if it had not fired yet.
  bool cancel(TimerId id);

  /// Runs the action of each timer that is due at `now`. What the actions add waits for the next call, even if it is
  /// due, so an action that adds itself anew cannot hold up the rest. A repeating timer keeps its beat: one that is
  /// late fires once, then at the next multiple.
  void fire_due(TimePoint now);

  bool empty() const { return heap_.empty(); }
  std::size_t size() const { return heap_.size(); }
  /// TimePoint::max() if empty.
  TimePoint next() const { return heap_.empty() ? TimePoint::max() : slots_[heap_[0]].when; }

 private:
  struct Slot {
    TimePoint when;
    Duration interval{};
    std::uint64_t order = 0;
    std::uint32_t place = 0;  ///< In the heap, or the next free slot.
    std::uint32_t generation = 1;
    bool armed = false;
    Action action;
  };

  bool before(std::uint32_t a, std::uint32_t b) const;
  void put(std::uint32_t place, std::uint32_t slot);
  void sift_up(std::uint32_t place);
  void sift_down(std::uint32_t place);
  void fire(std::uint32_t slot, TimePoint now);
  Action remove(std::uint32_t slot);

  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> heap_;
  std::uint32_t free_ = kNone;
  std::uint64_t order_ = 0;
};

}  // namespace troupe
