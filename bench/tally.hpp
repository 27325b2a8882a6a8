#pragma once

#include <cstdint>

#include "troupe/base/time.hpp"

namespace troupe::bench {

/// So much was done in so much time.
struct Tally {
  std::uint64_t count = 0;
  Duration time{};

  double per_second() const { return static_cast<double>(count) / (static_cast<double>(time.count()) / 1e9); }
};

inline Duration to_duration(double seconds) { return Duration(static_cast<Duration::rep>(seconds * 1e9)); }

}  // namespace troupe::bench
