#include "troupe/overlay/accrual_detector.hpp"

#include <gtest/gtest.h>

#include "troupe/base/random.hpp"

namespace troupe::overlay {
namespace {

const TimePoint kStart{1h};

/// Heartbeats that come after these waits, by turns; the time of the last.
TimePoint feed(AccrualDetector& detector, std::initializer_list<Duration> waits, int rounds) {
  TimePoint now = detector.last_heard();
  for (int i = 0; i < rounds; ++i) {
    for (const Duration wait : waits) detector.heard(now += wait);
  }
  return now;
}

TEST(AccrualDetector, the_longer_the_silence_the_greater_the_suspicion) {
  AccrualDetector detector({}, kStart);
  const TimePoint last = feed(detector, {500ms}, 20);
  EXPECT_NEAR(detector.suspicion(last), 0, 0.01);
  EXPECT_NEAR(detector.suspicion(last + 500ms), 0.30, 0.01) << "half of all waits are longer than the mean";
  EXPECT_NEAR(detector.suspicion(last + 600ms), 0.80, 0.01) << "16 % are longer by a deviation";
  EXPECT_NEAR(detector.suspicion(last + 1s), 6.54, 0.01) << "0.3 of a million by five";
  EXPECT_EQ(detector.suspicion(last + 1h), AccrualDetector::kMax);
  EXPECT_EQ(detector.suspicion(last - 1s), 0);
}

TEST(AccrualDetector, says_when_the_threshold_is_reached) {
  for (const std::uint32_t threshold : {1U, 8U, 64U}) {
    AccrualDetector detector({.threshold = threshold}, kStart);
    feed(detector, {450ms, 550ms, 800ms}, 20);
    EXPECT_LT(detector.suspicion(detector.suspect_at() - 1ms), threshold);
    EXPECT_GE(detector.suspicion(detector.suspect_at() + 1ms), threshold);
  }
}

TEST(AccrualDetector, of_a_regular_node_a_second_of_silence_is_much) {
  AccrualDetector detector({}, kStart);
  const TimePoint last = feed(detector, {500ms}, 20);
  EXPECT_NEAR(to_milliseconds(detector.suspect_at() - last), 1'061, 1);
}

TEST(AccrualDetector, before_the_first_heartbeat_it_goes_by_the_interval) {
  const AccrualDetector detector({.interval = 2s}, kStart);
  EXPECT_NEAR(to_milliseconds(detector.suspect_at() - kStart), 2'000 + 5.612 * 500, 1);
}

TEST(AccrualDetector, gives_more_time_to_a_link_that_jitters) {
  AccrualDetector steady({}, kStart);
  AccrualDetector jittering({}, kStart);
  const TimePoint last = feed(steady, {500ms}, 50);
  EXPECT_EQ(feed(jittering, {100ms, 900ms}, 25), last);
  EXPECT_GT(jittering.suspect_at(), steady.suspect_at() + 1s);
}

TEST(AccrualDetector, heartbeats_that_come_early_promise_nothing) {
  AccrualDetector busy({}, kStart);
  const TimePoint last = feed(busy, {10ms}, 100);
  EXPECT_GT(busy.suspect_at(), last + 1s);
}

TEST(AccrualDetector, remembers_the_newest_waits_only) {
  AccrualDetector detector({.samples_max = 10}, kStart);
  feed(detector, {3s}, 10);
  const TimePoint slow = detector.last_heard();
  EXPECT_GT(detector.suspect_at(), slow + 3s);
  feed(detector, {500ms}, 9);
  EXPECT_GT(detector.suspect_at(), detector.last_heard() + 2s) << "one of the slow ones is left";
  const TimePoint last = feed(detector, {500ms}, 1);
  EXPECT_NEAR(to_milliseconds(detector.suspect_at() - last), 1'061, 1);
}

TEST(AccrualDetector, a_wait_in_which_it_was_asleep_itself_does_not_count) {
  AccrualDetector detector({}, kStart);
  const TimePoint last = feed(detector, {500ms}, 20);
  const TimePoint due = detector.suspect_at();
  detector.excuse(last + 1min);
  EXPECT_EQ(detector.suspect_at(), due + 1min);
  detector.heard(last + 1min + 500ms);
  EXPECT_NEAR(to_milliseconds(detector.suspect_at() - detector.last_heard()), 1'061, 1);
}

/// What the threshold promises, on a link that delays each heartbeat by up to 200 ms.
TEST(AccrualDetector, jitter_alone_is_not_suspected) {
  Random random(1);
  AccrualDetector detector({}, kStart);
  TimePoint sent = kStart;
  for (int i = 0; i < 100'000; ++i) {
    sent += 500ms;
    const TimePoint arrival = sent + Duration(random.between(0, Duration(200ms).count()));
    ASSERT_LT(arrival, detector.suspect_at()) << i;
    detector.heard(arrival);
  }
}

}  // namespace
}  // namespace troupe::overlay
