#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "troupe/base/time.hpp"

namespace troupe {

/// How often something took how long. Plain numbers, of one thread.
class DurationHistogram {
 public:
  /// Buckets end at 16 µs, 32 µs and so on, each twice the one before, up to 8.4 s; what took longer is in one more.
  static constexpr std::size_t kBounds = 20;
  static constexpr Duration bound(std::size_t bucket) { return 16us * (std::int64_t{1} << bucket); }

  void add(Duration duration);
  void add(const DurationHistogram& more);

  std::uint64_t count() const { return count_; }
  Duration sum() const { return sum_; }
  /// `kBounds` is the bucket of what took longer than all bounds.
  std::uint64_t in_bucket(std::size_t bucket) const { return counts_[bucket]; }
  /// About so long took at most this share of all: 0.5 for the median. Within its bucket, as if they were spread
  /// evenly. Zero if there are none.
  Duration quantile(double share) const;

  /// What was added since `before`, an earlier copy.
  DurationHistogram since(const DurationHistogram& before) const;

 private:
  std::array<std::uint64_t, kBounds + 1> counts_{};
  std::uint64_t count_ = 0;
  Duration sum_{};
};

}  // namespace troupe
