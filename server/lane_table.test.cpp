#include "lane_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace troupe::server {
namespace {

using testing::HasSubstr;

constexpr auto kMetrics = R"(# HELP troupe_lane_queue_bytes What waits
# TYPE troupe_lane_queue_bytes gauge
troupe_lane_queue_bytes{channel="data",lane="1",peer="b"} 2097152
troupe_lane_window_bytes{channel="data",lane="1",peer="b"} 262144
troupe_lane_sent_messages_total{channel="data",lane="1",peer="b"} 1000
troupe_actors 12
troupe_lane_queue_bytes{channel="bulk",lane="0",peer="c \"d\""} 5
)";

TEST(LaneTable, is_read_from_the_metrics_of_a_node) {
  const LaneTable table = read_lanes(kMetrics);
  ASSERT_EQ(table.size(), 2U);
  EXPECT_EQ(table.at({"b", "data", 1})["queue_bytes"], 2'097'152);
  EXPECT_EQ(table.at({"b", "data", 1})["sent_messages_total"], 1'000);
  EXPECT_EQ(table.at({"b", "data", 1})["not_there"], 0);
  EXPECT_EQ(table.at({"c \"d\"", "bulk", 0})["queue_bytes"], 5);
}

TEST(LaneTable, shows_rates_between_two_readings) {
  const LaneTable before = read_lanes(R"(troupe_lane_sent_messages_total{channel="data",lane="1",peer="b"} 400)");
  const std::string text = render_lanes(read_lanes(kMetrics), before, 2);
  EXPECT_THAT(text, HasSubstr("2.0 MiB"));
  EXPECT_THAT(text, HasSubstr("256 KiB"));
  EXPECT_THAT(text, HasSubstr(" 300 ")) << "600 messages in 2 s";
}

TEST(LaneTable, says_that_there_are_none) { EXPECT_THAT(render_lanes({}, {}, 0), HasSubstr("no lanes")); }

}  // namespace
}  // namespace troupe::server
