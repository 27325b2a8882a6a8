#include "troupe/cluster/report/lane_meter.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace troupe::cluster {
namespace {

class LaneMeterTest : public testing::Test {
 protected:
  static TimePoint at(Duration since_start) { return TimePoint(1h + since_start); }
  double metric(const std::string& name, const std::string& cause = "") const {
    for (const MetricSample& sample : metrics_.samples()) {
      if (sample.name != name || (!cause.empty() && sample.labels.at("cause") != cause)) continue;
      return sample.histogram ? static_cast<double>(sample.histogram->count()) : sample.value;
    }
    return -1;
  }
  void open() { meter_->open(metrics_, {{"peer", "bob"}, {"channel", "data"}, {"lane", "0"}}, at(0s)); }

  Metrics metrics_;
  std::optional<LaneMeter> meter_{std::in_place};
};

TEST_F(LaneMeterTest, the_metrics_hear_of_traffic_once_a_second) {
  open();
  meter_->traffic.messages_sent = 100;
  meter_->traffic.bytes_received = 5'000;
  meter_->drop(DropCause::kTooLarge);
  DurationHistogram round_trips;
  round_trips.add(1ms);
  EXPECT_EQ(metric("troupe_lane_sent_messages_total"), 0);
  meter_->tick(at(2s), {.queue_bytes = 7}, round_trips);
  EXPECT_EQ(metric("troupe_lane_sent_messages_total"), 100);
  EXPECT_EQ(metric("troupe_lane_received_bytes_total"), 5'000);
  EXPECT_EQ(metric("troupe_lane_queue_bytes"), 7);
  EXPECT_EQ(metric("troupe_lane_dropped_total", "too_large"), 1);
  EXPECT_EQ(metric("troupe_lane_dropped_total", "queue_full"), 0);
  EXPECT_EQ(metric("troupe_lane_round_trip_seconds"), 1);
  EXPECT_EQ(meter_->rates().messages_sent, 50);
  EXPECT_EQ(meter_->rates().bytes_received, 2'500);
  round_trips.add(2ms);
  meter_->tick(at(3s), {}, round_trips);
  EXPECT_EQ(metric("troupe_lane_sent_messages_total"), 100);
  EXPECT_EQ(metric("troupe_lane_round_trip_seconds"), 2);
  EXPECT_EQ(meter_->rates().messages_sent, 0);
}

TEST_F(LaneMeterTest, knows_how_often_and_how_long_messages_waited) {
  meter_->on_round(at(0ms), 0);
  meter_->on_round(at(10ms), 3);
  meter_->on_round(at(30ms), 5);
  meter_->on_round(at(40ms), 0);
  meter_->on_round(at(90ms), 1);
  EXPECT_EQ(meter_->traffic.credit_waits, 2U);
  EXPECT_EQ(meter_->traffic.credit_waited, 30ms);
  open();
  meter_->tick(at(1'090ms), {}, {});
  EXPECT_EQ(meter_->traffic.credit_waited, 1'030ms) << "though nothing moves";
}

TEST_F(LaneMeterTest, what_waits_when_the_lane_ends_is_lost) {
  open();
  meter_->traffic.messages_sent = 2;
  meter_->on_round(at(0s), 9);
  meter_->tick(at(1s), {.queue_messages = 9, .window_bytes = 64}, {});
  ++meter_->traffic.messages_sent;
  meter_.reset();
  EXPECT_EQ(metric("troupe_lane_dropped_total", "lost"), 9);
  EXPECT_EQ(metric("troupe_lane_sent_messages_total"), 3);
  EXPECT_EQ(metric("troupe_lane_queue_messages"), 0);
  EXPECT_EQ(metric("troupe_lane_window_bytes"), 0);
}

TEST_F(LaneMeterTest, one_that_was_never_opened_makes_no_series) {
  meter_->traffic.messages_sent = 2;
  meter_.reset();
  EXPECT_TRUE(metrics_.samples().empty());
}

}  // namespace
}  // namespace troupe::cluster
