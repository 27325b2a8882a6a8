#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

#include "troupe/base/hash.hpp"
#include "troupe/base/time.hpp"

namespace troupe::sim {

/// Virtual time: what is to happen, in the order of its time, and of its making where times are equal. Also keeps the
/// hash of all that has happened, by which two runs of a seed are compared.
class EventQueue {
 public:
  using Action = std::move_only_function<void()>;

  TimePoint now() const { return now_; }

  void at(TimePoint when, Action action) { events_.push({std::max(when, now_), ++order_, std::move(action)}); }
  void after(Duration delay, Action action) { at(now_ + delay, std::move(action)); }

  /// Runs the next event if it is due by `limit`. False if there is none; the time is then `limit`.
  bool step(TimePoint limit) {
    if (events_.empty() || events_.top().when > limit) {
      now_ = std::max(now_, limit);
      return false;
    }
    now_ = events_.top().when;
    Action action =
        std::move(const_cast<Event&>(events_.top()).action);  // The queue gives no other way to move it out.
    events_.pop();
    note(static_cast<std::uint64_t>(now_.time_since_epoch().count()));
    action();
    return true;
  }

  /// Adds what happened to the trace.
  void note(std::uint64_t what) { trace_ = combine(trace_, what); }
  void note(std::string_view what) { note(hash64(what)); }
  std::uint64_t trace_hash() const { return trace_; }

 private:
  struct Event {
    TimePoint when;
    std::uint64_t order = 0;
    Action action;
    bool operator<(const Event& other) const {  // The earliest is on top.
      return when != other.when ? when > other.when : order > other.order;
    }
  };

  TimePoint now_{};
  std::uint64_t order_ = 0;
  std::uint64_t trace_ = 0;
  std::priority_queue<Event> events_;
};

}  // namespace troupe::sim
