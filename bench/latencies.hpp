#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace troupe::bench {

using SteadyTime = std::chrono::steady_clock::time_point;

inline std::int64_t nanoseconds_since(SteadyTime began) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - began).count();
}

/// Times in buckets that are 1/32 of their value wide, so that a long run takes no more memory than a short one.
class Latencies {
 public:
  void add(std::int64_t nanoseconds);
  void add(const Latencies& other);

  std::uint64_t count() const { return count_; }
  /// The time, in microseconds, below which this fraction of all lies; 0 if there are none.
  double quantile_us(double fraction) const;

 private:
  static constexpr std::size_t kSteps = 32;  ///< Of each power of two.
  static std::size_t bucket(std::uint64_t nanoseconds);
  static double middle(std::size_t bucket);

  std::array<std::uint32_t, kSteps * 40> buckets_{};
  std::uint64_t count_ = 0;
};

}  // namespace troupe::bench
