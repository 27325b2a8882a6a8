#include "bench/latencies.hpp"

#include <algorithm>
#include <bit>

namespace troupe::bench {

std::size_t Latencies::bucket(std::uint64_t nanoseconds) {
  if (nanoseconds < kSteps) return nanoseconds;
  const auto power = static_cast<std::size_t>(std::bit_width(nanoseconds)) - 1;
  const std::size_t shift = power - 5;  // kSteps is 2^5.
  return kSteps * (power - 4) + ((nanoseconds >> shift) & (kSteps - 1));
}

double Latencies::middle(std::size_t bucket) {
  if (bucket < kSteps) return static_cast<double>(bucket);
  const std::size_t shift = bucket / kSteps - 1;
  const std::uint64_t low = (kSteps + bucket % kSteps) << shift;
  return static_cast<double>(low) + static_cast<double>(std::uint64_t{1} << shift) / 2;
}

void Latencies::add(std::int64_t nanoseconds) {
  const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(nanoseconds, 0));
  ++buckets_[std::min(bucket(value), buckets_.size() - 1)];
  ++count_;
}

void Latencies::add(const Latencies& other) {
  for (std::size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
}

double Latencies::quantile_us(double fraction) const {
  const auto rank = static_cast<std::uint64_t>(fraction * static_cast<double>(count_));
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    below += buckets_[i];
    if (below > rank) return middle(i) / 1000;
  }
  return 0;
}

}  // namespace troupe::bench
