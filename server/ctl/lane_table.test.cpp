#include "lane_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace troupe::server {
namespace {

using testing::HasSubstr;
using testing::Not;

const auto kAnswer = nlohmann::json::parse(R"({"node":"a","silent_shards":[],"lanes":[
  {"peer":"b","channel":"data","lane":1,"shard":1,"queue_bytes":2097152,"queue_messages":40,"under_way_bytes":262144,
   "window_bytes":262144,"sent":{"messages_per_second":300,"bytes_per_second":1048576},
   "received":{"messages_per_second":7.4,"bytes_per_second":10},"credit_waits":{"count":3,"milliseconds":12.5},
   "dropped":{"queue_full":3,"lost":0},"round_trip_us":{"newest":85,"p99":12000}},
  {"peer":"c","channel":"control","lane":0,"shard":0}]})");

TEST(LaneTable, shows_what_waits_on_each_lane) {
  const std::string text = render_lanes(kAnswer);
  EXPECT_THAT(text, HasSubstr("2.0 MiB"));
  EXPECT_THAT(text, HasSubstr("256 KiB"));
  EXPECT_THAT(text, HasSubstr("12.5 ms"));
  EXPECT_THAT(text, HasSubstr("85 us    12.0 ms  3 queue_full\n")) << text;
  EXPECT_THAT(text, HasSubstr("control")) << "figures that are missing are zero";
}

TEST(LaneTable, shows_what_moves_each_second) {
  const std::string text = render_rates(kAnswer);
  EXPECT_THAT(text, HasSubstr(" 300 "));
  EXPECT_THAT(text, HasSubstr("1.0 MiB"));
  EXPECT_THAT(text, HasSubstr(" 7 "));
}

TEST(LaneTable, says_that_there_are_none) {
  EXPECT_THAT(render_lanes(nlohmann::json::object()), HasSubstr("no lanes"));
  EXPECT_THAT(render_rates(kAnswer), Not(HasSubstr("no lanes")));
}

TEST(LaneTable, says_what_is_missing) {
  EXPECT_THAT(render_lanes(nlohmann::json::parse(R"({"lanes":[],"silent_shards":[3]})")), HasSubstr("shard 3 is busy"));
}

}  // namespace
}  // namespace troupe::server
