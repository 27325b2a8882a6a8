#include "troupe/link/liveness.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace troupe::link {
namespace {

using Duty = Liveness::Duty;

/// A heartbeat each 500 ms, a round trip at least each 2 s, silence after 3 s.
class LivenessTest : public testing::Test {
 protected:
  LivenessTest() { liveness_.begin(at(0ms)); }

  static TimePoint at(Duration since_start) { return TimePoint(1h + since_start); }
  Duration next() const { return liveness_.next_tick() - at(0ms); }

  Liveness liveness_{{.round_trip_interval = 2s}};
};

TEST_F(LivenessTest, a_heartbeat_is_due_when_nothing_was_sent_for_the_interval) {
  EXPECT_EQ(next(), 500ms);
  EXPECT_EQ(liveness_.duty(at(499ms)), Duty::kNone);
  EXPECT_EQ(liveness_.duty(at(500ms)), Duty::kSendHeartbeat);
  liveness_.make_heartbeat(at(500ms));
  EXPECT_EQ(next(), 1000ms);
  EXPECT_EQ(liveness_.duty(at(999ms)), Duty::kNone);
}

TEST_F(LivenessTest, traffic_makes_heartbeats_needless_until_the_round_trip_is_due) {
  for (Duration now = 0ms; now < 2s; now += 100ms) {
    liveness_.on_sent(at(now));
    liveness_.on_received(at(now));
    EXPECT_EQ(liveness_.duty(at(now)), Duty::kNone);
  }
  EXPECT_EQ(next(), 2s);
  EXPECT_EQ(liveness_.duty(at(2s)), Duty::kSendHeartbeat);
}

TEST_F(LivenessTest, gives_up_after_silence) {
  for (Duration now = 500ms; now < 3s; now += 500ms) {
    EXPECT_EQ(liveness_.duty(at(now)), Duty::kSendHeartbeat);
    liveness_.make_heartbeat(at(now));
  }
  EXPECT_EQ(next(), 3s);
  EXPECT_EQ(liveness_.duty(at(3s)), Duty::kGiveUp);
}

TEST_F(LivenessTest, whatever_is_received_ends_the_silence) {
  for (Duration now = 100ms; now <= 10s; now += 100ms) {
    liveness_.on_sent(at(now));
    if (now % 2900ms == 0ms) liveness_.on_received(at(now));
    EXPECT_NE(liveness_.duty(at(now)), Duty::kGiveUp) << to_milliseconds(now);
    if (liveness_.duty(at(now)) == Duty::kSendHeartbeat) liveness_.make_heartbeat(at(now));
  }
}

TEST_F(LivenessTest, a_node_that_slept_hears_the_peer_out_before_it_gives_up) {
  // The tick of 500 ms comes after an hour: this node was suspended, and the peer's heartbeats may wait in the socket.
  EXPECT_EQ(liveness_.duty(at(1h)), Duty::kSendHeartbeat);
  liveness_.make_heartbeat(at(1h));
  EXPECT_EQ(next(), 1h + 500ms);
  liveness_.on_received(at(1h + 1ms));
  EXPECT_EQ(liveness_.duty(at(1h + 500ms)), Duty::kSendHeartbeat);
}

TEST_F(LivenessTest, a_node_that_slept_gives_up_if_the_peer_stays_silent) {
  EXPECT_EQ(liveness_.duty(at(1h)), Duty::kSendHeartbeat);
  liveness_.make_heartbeat(at(1h));
  EXPECT_EQ(liveness_.duty(at(1h + 499ms)), Duty::kNone);
  EXPECT_EQ(liveness_.duty(at(1h + 500ms)), Duty::kGiveUp);
}

TEST_F(LivenessTest, sleeping_again_and_again_does_not_put_it_off) {
  EXPECT_EQ(liveness_.duty(at(1h)), Duty::kSendHeartbeat);
  EXPECT_EQ(liveness_.duty(at(2h)), Duty::kGiveUp);
}

TEST_F(LivenessTest, the_round_trip_leaves_out_how_long_the_peer_held_the_stamp) {
  Liveness peer{LivenessOptions{}};
  // The peer's clock is elsewhere: its stamps mean nothing here.
  const auto at_peer = [](Duration since_start) { return TimePoint(77h + since_start); };
  peer.begin(at_peer(0ms));

  const Heartbeat ping = liveness_.make_heartbeat(at(500ms));
  EXPECT_FALSE(ping.echo.has_value());
  peer.on_heartbeat(at_peer(510ms), ping);
  EXPECT_FALSE(peer.last_round_trip().has_value()) << "nothing of its own was echoed";

  const Heartbeat pong = peer.make_heartbeat(at_peer(800ms));
  ASSERT_TRUE(pong.echo.has_value());
  EXPECT_EQ(pong.echo->held, 290ms);
  liveness_.on_heartbeat(at(830ms), pong);
  EXPECT_EQ(liveness_.last_round_trip(), 40ms);
}

TEST_F(LivenessTest, one_stamp_may_be_echoed_twice) {
  const Heartbeat ping = liveness_.make_heartbeat(at(500ms));
  liveness_.on_heartbeat(at(1000ms), {.stamp = 1, .echo = HeartbeatEcho{.stamp = ping.stamp, .held = 480ms}});
  EXPECT_EQ(liveness_.last_round_trip(), 20ms);
  liveness_.on_heartbeat(at(1500ms), {.stamp = 2, .echo = HeartbeatEcho{.stamp = ping.stamp, .held = 970ms}});
  EXPECT_EQ(liveness_.last_round_trip(), 30ms);
}

TEST_F(LivenessTest, an_echo_that_cannot_be_true_is_ignored) {
  constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  const std::int64_t sent = liveness_.make_heartbeat(at(500ms)).stamp;
  for (const auto& [stamp, held] :
       {std::pair{sent + 1, Duration(0)}, std::pair{kLeast, Duration(0)}, std::pair{kMost, Duration(0)},
        std::pair{std::int64_t{0}, Duration(0)}, std::pair{sent, Duration(-1)}, std::pair{sent, Duration(kLeast)},
        std::pair{sent, Duration(kMost)}, std::pair{sent, Duration(501ms)}}) {
    liveness_.on_heartbeat(at(1000ms), {.stamp = kMost, .echo = HeartbeatEcho{.stamp = stamp, .held = held}});
    EXPECT_FALSE(liveness_.last_round_trip().has_value()) << stamp << " held " << held.count();
  }
}

}  // namespace
}  // namespace troupe::link
