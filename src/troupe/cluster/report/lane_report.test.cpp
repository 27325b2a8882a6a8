#include "troupe/cluster/report/lane_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "troupe/cluster/lanes_fixture.test.hpp"

namespace troupe::cluster {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Blob {
  static constexpr auto wire_name = "test.blob";
  Bytes data;
};
class Taker : public Actor<Taker> {
 public:
  using Messages = troupe::Messages<Blob>;
  void on(const Blob&) {}
};

class LaneReportTest : public testing::Test {
 protected:
  void start(ChannelOptions data = {.name = "data"}) {
    LinksOptions options = links_options("ada");
    options.channels = completed({std::move(data)}, 1);
    nodes_.emplace(std::move(options));
    nodes_->join();
    taker_ = nodes_->bob.world.shard().spawn<Taker>({.name = "taker"}).value();
  }
  SendOutcome send(std::size_t bytes) {
    EnvelopePtr envelope = Envelope::make(EnvelopeKind::kTell, Blob{Bytes::copy_of(std::string(bytes, 'x'))});
    envelope->sender = {nodes_->ada.id, ActorId::named("sender")};
    envelope->recipient = taker_.address().actor;
    return nodes_->ada.lanes.send(nodes_->bob.id, std::move(envelope));
  }
  LaneReport data_lane() { return nodes_->ada.lanes.report().at(0); }

  std::optional<TwoNodes> nodes_;
  Ref<Taker> taker_;
};

TEST_F(LaneReportTest, tells_of_each_lane_that_is_up) {
  start({.name = "data", .parallelism = 2});
  auto data = nodes_->bob.lanes.report();
  ASSERT_EQ(data.size(), 2U);
  std::ranges::sort(data, {}, &LaneReport::number);
  EXPECT_EQ(data[1].peer, "ada");
  EXPECT_EQ(data[1].channel, "data");
  EXPECT_EQ(data[1].number, 1);
  EXPECT_GT(data[1].levels.window_bytes, 0U);
  const auto control = nodes_->ada.links.report();
  ASSERT_EQ(control.size(), 1U);
  EXPECT_EQ(control[0].channel, "control");
  EXPECT_EQ(control[0].peer, "bob");
}

TEST_F(LaneReportTest, has_totals_rates_and_round_trips) {
  start();
  for (int i = 0; i < 10; ++i) send(1'000);
  nodes_->advance(1s);
  const LaneReport sent = data_lane();
  EXPECT_EQ(sent.traffic.messages_sent, 10U);
  EXPECT_GT(sent.traffic.bytes_sent, 10'000U);
  EXPECT_EQ(sent.rates.messages_sent, 10);
  const LaneReport received = nodes_->bob.lanes.report().at(0);
  EXPECT_EQ(received.traffic.messages_received, 10U);
  EXPECT_GT(received.traffic.bytes_received, 10'000U);
  nodes_->advance(1s);
  EXPECT_EQ(data_lane().traffic.messages_sent, 10U);
  EXPECT_EQ(data_lane().rates.messages_sent, 0);
  EXPECT_GT(data_lane().round_trips.count(), 0U);
}

TEST_F(LaneReportTest, shows_what_waits_for_credit_and_what_found_no_room) {
  start({.name = "data", .queue_bytes_max = 100'000});
  nodes_->wire.pipes[1]->blocked = true;
  int refused = 0;
  for (int i = 0; i < 100; ++i) refused += send(10'000) == SendOutcome::kFull ? 1 : 0;
  nodes_->ada.flush();
  EXPECT_EQ(send(2U << 20U), SendOutcome::kFull);
  LaneReport lane = data_lane();
  EXPECT_GT(lane.levels.queue_messages, 5U);
  EXPECT_GT(lane.levels.queue_bytes, 50'000U);
  EXPECT_GE(lane.levels.under_way_bytes, lane.levels.window_bytes);
  EXPECT_GT(refused, 0);
  EXPECT_EQ(lane.traffic.dropped_for(DropCause::kQueueFull), static_cast<std::uint64_t>(refused) + 1);
  nodes_->ada.world.advance(200ms);
  nodes_->wire.pipes[1]->blocked = false;
  nodes_->settle();
  lane = data_lane();
  EXPECT_EQ(lane.levels.queue_messages, 0U);
  EXPECT_EQ(lane.traffic.credit_waits, 1U);
  EXPECT_EQ(lane.traffic.credit_waited, 200ms);
  EXPECT_EQ(send(2U << 20U), SendOutcome::kTooLarge);
  EXPECT_EQ(data_lane().traffic.dropped_for(DropCause::kTooLarge), 1U);
}

TEST_F(LaneReportTest, is_empty_once_the_link_is_gone) {
  start();
  TestWire::cut(*nodes_->wire.pipes[0]);
  nodes_->settle();
  nodes_->advance(1s);
  EXPECT_THAT(nodes_->ada.lanes.report(), IsEmpty());
  EXPECT_THAT(nodes_->ada.links.report(), IsEmpty());
}

TEST(LaneReports, are_sorted_by_peer_channel_and_number) {
  LaneReports reports;
  for (const auto& [peer, channel, number] : {std::tuple{"b", "data", 1}, {"b", "control", 0}, {"a", "data", 2}}) {
    reports.lanes.push_back({.peer = peer, .channel = channel, .number = static_cast<std::uint16_t>(number)});
  }
  reports.silent = {3, 1};
  sort(reports);
  EXPECT_EQ(reports.lanes[0].peer, "a");
  EXPECT_EQ(reports.lanes[1].channel, "control");
  EXPECT_EQ(reports.lanes[2].number, 1);
  EXPECT_THAT(reports.silent, ElementsAre(1U, 3U));
}

}  // namespace
}  // namespace troupe::cluster
