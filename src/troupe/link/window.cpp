#include "troupe/link/window.hpp"

#include <algorithm>
#include <utility>

namespace troupe::link {

namespace {

/// A rate is measured over at least so many rounds and so long: a single one says little.
constexpr unsigned kRoundsMin = 2;
constexpr Duration kMeasureMin = 4ms;

/// From sending to credit: on a way that can be so short the smallest window carries more than 1 GB/s.
constexpr Duration kShortWay = 150us;

/// Rates between two trials of another size.
constexpr unsigned kQuietRates = 32;

/// How much more a larger window has to bring, and how much a smaller one may lose: less waiting for everybody is worth
/// a little of the rate.
constexpr double kWorthDoubling = 1.5;
constexpr double kWorthEnding = 1.05;  // With the last doubling: if it was too much, trials of smaller ones find out.
constexpr double kWorthKeeping = 1.25;
constexpr double kGoodEnough = 0.9;
constexpr double kStep = 1.5;

}  // namespace

SendWindow::SendWindow(const WindowOptions& options) : options_(options) {
  options_.window_bytes_min = std::max(options_.window_bytes_min, 2 * CreditCounter::kStepBytes);
  options_.window_bytes_max = std::max(options_.window_bytes_max, options_.window_bytes_min);
  window_ = settled_window_ = options_.window_bytes_min;
}

void SendWindow::on_sent(TimePoint now, std::size_t bytes) {
  sent_ += bytes;
  if (!in_round_) begin_round(now);
  if (!is_timing_) {
    is_timing_ = true;
    timed_end_ = sent_;
    timed_at_ = now;
  }
  was_full_ |= !has_room();
}

void SendWindow::begin_round(TimePoint now) {
  in_round_ = true;
  was_full_ = false;
  round_end_ = sent_;
  if (rounds_ > 0) return;
  began_ = now;
  began_taken_ = taken_;
}

bool SendWindow::on_credit(TimePoint now, std::uint64_t total) {
  if (total > sent_ || total < taken_) return false;
  taken_ = total;
  if (is_timing_ && taken_ >= timed_end_) {
    is_timing_ = false;
    shortest_ = std::min(shortest_, now - timed_at_);
  }
  if (in_round_ && (taken_ > round_end_ || under_way() == 0)) end_round(now);
  return true;
}

void SendWindow::end_round(TimePoint now) {
  in_round_ = false;
  if (!was_full_ || under_way() == 0) {  // The sender had no more: this says nothing of the way.
    rounds_ = 0;
    return;
  }
  if (std::exchange(is_new_, false)) return begin_round(now);  // Of what it took, most was sent with the old window.
  ++rounds_;
  const Duration lasted = now - began_;
  if (rounds_ >= kRoundsMin && lasted >= kMeasureMin) {
    judge(static_cast<double>(taken_ - began_taken_) / static_cast<double>(lasted.count()));
    rounds_ = 0;
  }
  begin_round(now);
}

void SendWindow::judge(double rate) {
  switch (trial_) {
    case Trial::kDouble:
      if (settled_rate_ > 0 && rate < settled_rate_ * kWorthDoubling) {
        const bool better = rate > settled_rate_ * kWorthEnding;
        if (better) settled_rate_ = rate;
        return settle(better ? window_ : settled_window_);
      }
      settled_window_ = window_;
      settled_rate_ = rate;
      return try_size(Trial::kDouble, 2);
    case Trial::kLarger:
      if (rate < settled_rate_ * kWorthKeeping) return settle(settled_window_);
      settled_rate_ = rate;
      return settle(window_);
    case Trial::kSmaller:
      if (rate < settled_rate_ * kGoodEnough) return settle(settled_window_);
      return settle(window_);
    case Trial::kNone: break;
  }
  settled_rate_ += (rate - settled_rate_) / 4;
  if (++quiet_ < kQuietRates) return;
  const bool larger = std::exchange(larger_next_, !larger_next_);
  try_size(larger ? Trial::kLarger : Trial::kSmaller, larger ? kStep : 1 / kStep);
}

void SendWindow::try_size(Trial trial, double factor) {
  const auto size = static_cast<std::size_t>(static_cast<double>(settled_window_) * factor);
  const bool is_short = shortest_ < kShortWay;
  const std::size_t most = is_short ? 2 * options_.window_bytes_min : options_.window_bytes_max;
  window_ = std::clamp(size, options_.window_bytes_min, std::min(most, options_.window_bytes_max));
  if (window_ == settled_window_) return settle(window_);  // At an end of the range.
  trial_ = trial;
  is_new_ = true;
}

void SendWindow::settle(std::size_t window) {
  is_new_ = window != window_;
  window_ = settled_window_ = window;
  trial_ = Trial::kNone;
  quiet_ = 0;
}

}  // namespace troupe::link
