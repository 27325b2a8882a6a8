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
  static constexpr std::size_t kStepBytes = 32U << 10U;

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
/// in the kernel's buffers, where nothing can overtake it; what is more than the window waits in the outbox, where
/// small messages go first. So the window is the smallest that carries about as much as a larger one would: it doubles
/// as long as that brings at least half as much again (as TCP's slow start does until the way is full, RFC 5681,
/// section 3.1), and from then on tries now and then whether a larger one brings more, or a smaller one as much. Only
/// rounds count in which the window was what held the sender back. On a short way it is at most doubled: there
/// processors set the rate, and a round takes as long as they are busy with other things, which says nothing of the
/// window.
///
/// Pure. `now` never goes backwards.
class SendWindow {
 public:
  explicit SendWindow(const WindowOptions& options);

  void on_sent(TimePoint now, std::size_t bytes);
  /// The receiver has taken `total` bytes so far. False if that is more than was sent, or less than it said before.
  bool on_credit(TimePoint now, std::uint64_t total);

  bool has_room() const { return under_way() < window_; }
  std::size_t under_way() const { return static_cast<std::size_t>(sent_ - taken_); }
  std::size_t window_bytes() const { return window_; }

 private:
  enum class Trial : std::uint8_t { kDouble, kNone, kLarger, kSmaller };

  void begin_round(TimePoint now);
  void end_round(TimePoint now);
  void judge(double rate);
  void try_size(Trial trial, double factor);
  void settle(std::size_t window);

  WindowOptions options_;
  std::size_t window_;
  std::uint64_t sent_ = 0;
  std::uint64_t taken_ = 0;
  // A round lasts from a moment until something that was sent later is taken; some rounds together give a rate.
  bool in_round_ = false;
  std::uint64_t round_end_ = 0;    ///< What was sent when it began.
  bool was_full_ = false;          ///< In this round.
  unsigned rounds_ = 0;            ///< That count, since `began_`.
  std::uint64_t began_taken_ = 0;  ///< What was taken at `began_`.
  TimePoint began_{};
  // How long the way is: the shortest time ever from sending something to the credit for it.
  bool is_timing_ = false;
  std::uint64_t timed_end_ = 0;
  TimePoint timed_at_{};
  Duration shortest_ = Duration::max();
  // What is being tried.
  Trial trial_ = Trial::kDouble;
  std::size_t settled_window_ = 0;  ///< To go back to.
  double settled_rate_ = 0;
  bool is_new_ = false;  ///< The window has another size since this round began.
  unsigned quiet_ = 0;   ///< Rates since the last trial.
  bool larger_next_ = false;
};

}  // namespace troupe::link
