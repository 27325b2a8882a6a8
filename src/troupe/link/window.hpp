#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "troupe/base/time.hpp"

namespace troupe::link {

/// How much of what one side sent the other may not have taken yet.
struct WindowOptions {
  std::size_t window_bytes_min = 256U << 10U;  ///< What is always allowed: enough to keep a short way busy, and little
                                               ///< enough that nobody waits long behind it.
  std::size_t window_bytes_max = 64U << 20U;   ///< What a long and fast way may come to hold.
};

/// The receiver's side of the credit: how much it has taken, and when to say so.
class CreditCounter {
 public:
  /// Credit is given for so much at a time. A window is never smaller than twice this.
  static constexpr std::size_t kStepBytes = 64U << 10U;

  /// `total` bytes were taken so far. True if the sender is to be told.
  bool is_due(std::uint64_t total) {
    if (total < told_ + kStepBytes) return false;
    told_ = total;
    return true;
  }

 private:
  std::uint64_t told_ = 0;
};

/// The sender's side: how much may be under way. What is sent beyond what the way and the receiver can take only waits
/// in the kernel's buffers, where nothing can overtake it; so the window follows twice the product of delivery rate and
/// shortest round trip, as TCP BBR's does (Cardwell et al., ACM Queue 14(5), 2016), and what is more waits in the
/// outbox, where small messages go first. It grows only while it was what held the sender back.
///
/// Pure. `now` never goes backwards.
class SendWindow {
 public:
  explicit SendWindow(const WindowOptions& options);

  void on_sent(TimePoint now, std::size_t bytes);
  /// The receiver has taken `total` bytes so far. False if that is more than was sent, or less than it said before.
  bool on_credit(TimePoint now, std::uint64_t total);
  /// A round trip that was measured otherwise.
  void on_round_trip(TimePoint now, Duration round_trip);

  bool has_room() const { return under_way() < window_; }
  std::size_t under_way() const { return static_cast<std::size_t>(sent_ - taken_); }
  std::size_t window_bytes() const { return window_; }
  std::optional<Duration> round_trip_min() const;

 private:
  void end_round(TimePoint now);

  WindowOptions options_;
  std::size_t window_;
  std::uint64_t sent_ = 0;
  std::uint64_t taken_ = 0;
  // A round lasts from a moment until what was sent up to then is taken.
  bool in_round_ = false;
  std::uint64_t round_end_ = 0;    ///< What was sent when it began.
  std::uint64_t round_taken_ = 0;  ///< What was taken when it began.
  TimePoint round_began_{};
  bool was_full_ = false;  ///< In this round.
  // The shortest round trip of this and of the last period.
  Duration shortest_[2] = {Duration::max(), Duration::max()};
  TimePoint period_began_{};
};

}  // namespace troupe::link
