#pragma once

#include <algorithm>
#include <chrono>

namespace troupe {

using Duration = std::chrono::nanoseconds;

/// A clock that is never read: it only gives `TimePoint` its type. The runtime and the simulator each make time points
/// of their own (monotonic, from an arbitrary start); everything else is handed `now`.
struct Clock {
  using duration = Duration;
  using rep = Duration::rep;
  using period = Duration::period;
  using time_point = std::chrono::time_point<Clock>;
  static constexpr bool is_steady = true;
};
using TimePoint = Clock::time_point;

using namespace std::chrono_literals;  // NOLINT(google-global-names-in-headers): durations are part of the vocabulary.

/// `from` plus `delay`, or the end of time if that is beyond it: a delay of Duration::max() means never.
constexpr TimePoint later(TimePoint from, Duration delay) {
  return delay > TimePoint::max() - std::max(from, TimePoint{}) ? TimePoint::max() : from + delay;
}

/// Milliseconds as a fraction, for logs and metrics.
constexpr double to_milliseconds(Duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

}  // namespace troupe
