#pragma once

#include <chrono>

#include "troupe/base/time.hpp"

namespace troupe::runtime::detail {

/// The runtime's time: the monotonic clock of the machine.
inline TimePoint steady_now() {
  return TimePoint(std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

inline std::chrono::steady_clock::time_point to_steady(TimePoint time) {
  return std::chrono::steady_clock::time_point(
      std::chrono::duration_cast<std::chrono::steady_clock::duration>(time.time_since_epoch()));
}

}  // namespace troupe::runtime::detail
