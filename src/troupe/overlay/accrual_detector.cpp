#include "troupe/overlay/accrual_detector.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace troupe::overlay {

namespace {

double in_seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

/// Of a wait that is so many deviations longer than the mean.
double phi(double deviations) {
  const double chance = 0.5 * std::erfc(deviations / std::numbers::sqrt2);
  return chance > 0 ? std::clamp(-std::log10(chance), 0.0, AccrualDetector::kMax) : AccrualDetector::kMax;
}

/// The inverse of `phi`, which grows, by halving.
double deviations_at(double wanted) {
  double low = 0;
  double high = 38;  // Where the chance is no more than a double can tell from none.
  while (high - low > 1e-6) {
    const double middle = (low + high) / 2;
    (phi(middle) < wanted ? low : high) = middle;
  }
  return high;
}

}  // namespace

AccrualDetector::AccrualDetector(const AccrualOptions& options, TimePoint now)
    : options_(options), threshold_deviations_(deviations_at(options.threshold)), last_(now) {}

void AccrualDetector::heard(TimePoint now) {
  const auto wait = static_cast<float>(in_seconds(now - last_));
  last_ = now;
  if (waits_.size() < options_.samples_max) return waits_.push_back(wait);
  waits_[oldest_] = wait;
  oldest_ = (oldest_ + 1) % waits_.size();
}

double AccrualDetector::suspicion(TimePoint now) const { return phi((in_seconds(now - last_) - mean()) / deviation()); }

TimePoint AccrualDetector::suspect_at() const {
  const double wait = mean() + threshold_deviations_ * deviation();
  return last_ + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(wait));
}

double AccrualDetector::mean() const {
  const double least = in_seconds(options_.interval);
  if (waits_.empty()) return least;
  return std::max(least, std::accumulate(waits_.begin(), waits_.end(), 0.0) / static_cast<double>(waits_.size()));
}

double AccrualDetector::deviation() const {
  const double least = in_seconds(options_.deviation_min);
  if (waits_.empty()) return std::max(least, in_seconds(options_.interval) / 4);
  const double middle = mean();
  double squares = 0;
  for (const float wait : waits_) squares += (wait - middle) * (wait - middle);
  return std::max(least, std::sqrt(squares / static_cast<double>(waits_.size())));
}

}  // namespace troupe::overlay
