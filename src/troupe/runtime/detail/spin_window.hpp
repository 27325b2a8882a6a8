#pragma once

#include "troupe/base/time.hpp"

namespace troupe::runtime::detail {

/// How long a shard polls before it sleeps. Polling saves the wake-up of another core (some 20 µs of a round trip)
/// where the next message comes soon, and burns a core for nothing where it does not. So the window opens when a wait
/// turns out to have been shorter than the longest that the operator allows, and halves with each longer one: after
/// some twenty of them, an idle shard polls no more.
class SpinWindow {
 public:
  /// Zero: never poll.
  explicit SpinWindow(Duration max) : max_(max), current_(max) {}

  Duration current() const { return current_; }

  /// How long the shard had nothing to do, polling and sleeping taken together.
  void waited(Duration duration) {
    current_ = duration <= max_ ? max_ : current_ / 2;
    if (current_ < kWorthwhile) current_ = {};
  }

 private:
  static constexpr Duration kWorthwhile = 1us;
  Duration max_;
  Duration current_;
};

}  // namespace troupe::runtime::detail
