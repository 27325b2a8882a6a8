#include "troupe/base/duration_histogram.hpp"

namespace troupe {

void DurationHistogram::add(Duration duration) {
  std::size_t bucket = 0;
  while (bucket < kBounds && duration > bound(bucket)) ++bucket;
  ++counts_[bucket];
  ++count_;
  sum_ += duration;
}

void DurationHistogram::add(const DurationHistogram& more) {
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += more.counts_[i];
  count_ += more.count_;
  sum_ += more.sum_;
}

Duration DurationHistogram::quantile(double share) const {
  const double wanted = share * static_cast<double>(count_);
  double before = 0;
  for (std::size_t i = 0; i < kBounds; ++i) {
    const auto here = static_cast<double>(counts_[i]);
    if (here > 0 && before + here >= wanted) {
      const Duration begin = i == 0 ? Duration::zero() : bound(i - 1);
      const double within = static_cast<double>((bound(i) - begin).count()) * (wanted - before) / here;
      return begin + Duration(static_cast<Duration::rep>(within));
    }
    before += here;
  }
  return count_ == 0 ? Duration::zero() : bound(kBounds - 1);
}

DurationHistogram DurationHistogram::since(const DurationHistogram& before) const {
  DurationHistogram more = *this;
  for (std::size_t i = 0; i < counts_.size(); ++i) more.counts_[i] -= before.counts_[i];
  more.count_ -= before.count_;
  more.sum_ -= before.sum_;
  return more;
}

}  // namespace troupe
