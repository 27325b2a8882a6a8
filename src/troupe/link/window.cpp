#include "troupe/link/window.hpp"

#include <algorithm>
#include <utility>

namespace troupe::link {

namespace {

/// The shortest round trip is that of the last one to two such periods: a route may change.
constexpr Duration kPeriod = 10s;

}  // namespace

SendWindow::SendWindow(const WindowOptions& options) : options_(options) {
  options_.window_bytes_min = std::max(options_.window_bytes_min, 2 * CreditCounter::kStepBytes);
  options_.window_bytes_max = std::max(options_.window_bytes_max, options_.window_bytes_min);
  window_ = options_.window_bytes_min;
}

void SendWindow::on_sent(TimePoint now, std::size_t bytes) {
  sent_ += bytes;
  was_full_ |= !has_room();
  if (in_round_) return;
  in_round_ = true;
  round_began_ = now;
  round_end_ = sent_;
  round_taken_ = taken_;
  was_full_ = !has_room();
}

bool SendWindow::on_credit(TimePoint now, std::uint64_t total) {
  if (total > sent_ || total < taken_) return false;
  taken_ = total;
  if (in_round_ && taken_ >= round_end_) end_round(now);
  return true;
}

void SendWindow::end_round(TimePoint now) {
  const Duration lasted = std::max(now - round_began_, Duration(1us));
  in_round_ = false;
  if (!was_full_) return;  // The sender had no more: this says nothing of the way.
  on_round_trip(now, lasted);
  const auto taken = static_cast<double>(taken_ - round_taken_);
  const double product = taken * (static_cast<double>(round_trip_min()->count()) / static_cast<double>(lasted.count()));
  const auto target = options_.window_bytes_min + static_cast<std::size_t>(2 * product);
  // Down only slowly: one round may have been slow for other reasons.
  window_ = std::min(std::max(target, window_ - window_ / 8), options_.window_bytes_max);
}

void SendWindow::on_round_trip(TimePoint now, Duration round_trip) {
  if (now - period_began_ > kPeriod) {
    shortest_[1] = std::exchange(shortest_[0], Duration::max());
    period_began_ = now;
  }
  shortest_[0] = std::min(shortest_[0], std::max(round_trip, Duration(1us)));
}

std::optional<Duration> SendWindow::round_trip_min() const {
  const Duration shortest = std::min(shortest_[0], shortest_[1]);
  return shortest == Duration::max() ? std::nullopt : std::optional(shortest);
}

}  // namespace troupe::link
