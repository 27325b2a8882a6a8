#include "troupe/link/window.hpp"

#include <gtest/gtest.h>

#include <deque>

namespace troupe::link {
namespace {

constexpr std::size_t kKiB = 1U << 10U;

/// A sender that always has more, a way of a given rate and delay, and a receiver that takes what comes at once.
class Way {
 public:
  Way(Duration round_trip, double bytes_per_second) : round_trip_(round_trip), rate_(bytes_per_second) {}

  void run(Duration duration) {
    for (const TimePoint end = now_ + duration; now_ < end; now_ += 10us) {
      while (window_.has_room()) send(16 * kKiB);
      for (; !arrivals_.empty() && arrivals_.front().first <= now_; arrivals_.pop_front()) {
        taken_ += arrivals_.front().second;
        if (credit_.is_due(taken_)) {
          EXPECT_TRUE(window_.on_credit(now_, taken_));
        }
      }
    }
  }

  SendWindow window_{{}};
  std::uint64_t taken_ = 0;

 private:
  void send(std::size_t bytes) {
    window_.on_sent(now_, bytes);
    free_at_ = std::max(free_at_, now_) + Duration(static_cast<std::int64_t>(static_cast<double>(bytes) / rate_ * 1e9));
    arrivals_.emplace_back(free_at_ + round_trip_, bytes);
  }

  Duration round_trip_;
  double rate_;
  TimePoint now_{1h};
  TimePoint free_at_{};
  std::deque<std::pair<TimePoint, std::size_t>> arrivals_;
  CreditCounter credit_;
};

TEST(SendWindow, opens_until_a_long_way_is_full) {
  Way way(20ms, 1e9);
  way.run(1s);
  const std::uint64_t before = way.taken_;
  way.run(1s);
  EXPECT_GT(way.taken_ - before, 900'000'000U) << "of the 1e9 that the way carries in a second";
  EXPECT_LT(way.window_.window_bytes(), 64U << 20U);
}

TEST(SendWindow, stays_small_on_a_short_way) {
  Way way(30us, 4e9);
  way.run(1s);
  EXPECT_LE(way.window_.window_bytes(), 512 * kKiB);
  EXPECT_GT(way.taken_, 3'500'000'000U);
}

TEST(SendWindow, a_receiver_that_takes_nothing_gets_one_window_and_no_more) {
  SendWindow window({});
  const TimePoint now{1h};
  while (window.has_room()) window.on_sent(now, 10 * kKiB);
  EXPECT_EQ(window.under_way(), 260 * kKiB);
  EXPECT_TRUE(window.on_credit(now + 1s, 100 * kKiB));
  EXPECT_TRUE(window.has_room());
  EXPECT_EQ(window.under_way(), 160 * kKiB);
}

TEST(SendWindow, credit_for_what_was_not_sent_is_a_lie) {
  SendWindow window({});
  const TimePoint now{1h};
  window.on_sent(now, 100);
  EXPECT_FALSE(window.on_credit(now, 101));
  EXPECT_TRUE(window.on_credit(now, 100));
  EXPECT_FALSE(window.on_credit(now, 99)) << "and it is not taken back";
}

TEST(SendWindow, a_sender_that_has_little_to_say_does_not_open_it) {
  SendWindow window({});
  TimePoint now{1h};
  std::uint64_t total = 0;
  for (int i = 0; i < 1'000; ++i) {
    window.on_sent(now, 1 * kKiB);
    total += 1 * kKiB;
    now += 1s;
    EXPECT_TRUE(window.on_credit(now, total));
  }
  EXPECT_EQ(window.window_bytes(), 256 * kKiB);
}

TEST(CreditCounter, speaks_up_once_for_each_step) {
  CreditCounter credit;
  EXPECT_FALSE(credit.is_due(32 * kKiB - 1));
  EXPECT_TRUE(credit.is_due(32 * kKiB));
  EXPECT_FALSE(credit.is_due(32 * kKiB));
  EXPECT_FALSE(credit.is_due(50 * kKiB));
  EXPECT_TRUE(credit.is_due(100 * kKiB));
}

}  // namespace
}  // namespace troupe::link
