#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "troupe/cluster/channel_options.hpp"
#include "troupe/cluster/lanes_fixture.test.hpp"

// Channels: what is configured, what a link gets of it, and what they do with messages.
namespace troupe::cluster {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string parsed(std::string_view text) {
  const auto channel = parse_channel(text);
  if (!channel) return channel.error().detail;
  return fmt::format("{} {} {} {} {} {} {} {} {}", channel->name, channel->parallelism, channel->monotonic,
                     channel->queue_bytes_max, channel->queue_messages_max, static_cast<int>(channel->when_full),
                     static_cast<int>(channel->lane_choice), static_cast<int>(channel->compression), channel->priority);
}

TEST(ChannelOptions, are_read_from_a_line) {
  EXPECT_EQ(parsed("bulk"), "bulk 0 false 134217728 1048576 0 0 0 0");
  EXPECT_EQ(parsed("bulk parallelism=4  queue_bytes=1MiB queue_messages=10 when_full=drop_newest choice=random "
                   "compression=zstd priority=7 monotonic"),
            "bulk 4 true 1048576 10 1 1 2 7");
  EXPECT_EQ(parsed("bulk when_full=drop_oldest compression=lz4"), "bulk 0 false 134217728 1048576 2 0 1 0");
}

TEST(ChannelOptions, what_is_wrong_is_named) {
  EXPECT_THAT(parsed(""), HasSubstr("'' is no name for a channel"));
  EXPECT_THAT(parsed("control"), HasSubstr("'control' is no name for a channel"));
  EXPECT_THAT(parsed("a-b"), HasSubstr("'a-b' is no name for a channel"));
  EXPECT_THAT(parsed("bulk parallelism"), HasSubstr("'parallelism' is no setting of a channel"));
  EXPECT_THAT(parsed("bulk parallelism=129"), HasSubstr("'parallelism=129' is no setting"));
  EXPECT_THAT(parsed("bulk queue_bytes=1KB"), HasSubstr("'queue_bytes=1KB' is no setting"));
  EXPECT_THAT(parsed("bulk when_full=panic"), HasSubstr("'when_full=panic' is no setting"));
  EXPECT_THAT(check({{.name = "x"}, {.name = "x"}}).error().detail, HasSubstr("'x' is there twice"));
}

TEST(ChannelOptions, data_is_always_there_and_first) {
  const auto added = completed({{.name = "bulk", .parallelism = 2}}, 3);
  ASSERT_EQ(added.size(), 2U);
  EXPECT_EQ(added[0].name, "data");
  EXPECT_EQ(added[0].parallelism, 3U);
  EXPECT_EQ(added[1].parallelism, 2U);
  const auto moved = completed({{.name = "bulk"}, {.name = "data", .parallelism = 5}}, 3);
  EXPECT_EQ(moved[0].parallelism, 5U);
  EXPECT_EQ(moved[1].parallelism, 3U);
}

struct Note {
  static constexpr auto wire_name = "test.note";
  std::string text;
};
class Reader : public Actor<Reader> {
 public:
  using Messages = troupe::Messages<Note>;
  explicit Reader(std::vector<std::string>& read) : read_(read) {}
  void on(const Note& note) { read_.push_back(note.text.substr(0, 12)); }

 private:
  std::vector<std::string>& read_;
};

class ChannelsTest : public testing::Test {
 protected:
  void join(std::vector<ChannelOptions> ada, std::vector<ChannelOptions> bob) {
    LinksOptions ada_options = links_options("ada");
    LinksOptions bob_options = links_options("bob");
    ada_options.channels = completed(std::move(ada), 1);
    bob_options.channels = completed(std::move(bob), 1);
    nodes_.emplace(ada_options, bob_options);
    reader_ = nodes_->bob.world.shard().spawn<Reader>({}, read_).value();
    nodes_->join();
  }
  SendOutcome send(std::string text, Via via, std::uint32_t sender = 1) {
    EnvelopePtr envelope = Envelope::make_message(EnvelopeKind::kTell, Note{std::move(text)}, via);
    envelope->sender.actor = ActorId::at(0, sender, 1);
    envelope->recipient = reader_.address().actor;
    return nodes_->ada.lanes.send(nodes_->bob.id, std::move(envelope));
  }
  /// The pipe over which something is under way to bob.
  std::vector<std::size_t> busy_pipes() {
    nodes_->ada.flush();
    std::vector<std::size_t> busy;
    for (std::size_t i = 0; i < nodes_->wire.pipes.size(); ++i) {
      if (!nodes_->wire.pipes[i]->ends[1].inbound.empty()) busy.push_back(i);
    }
    return busy;
  }

  std::vector<std::string> read_;
  std::optional<TwoNodes> nodes_;
  Ref<Reader> reader_;
};

TEST_F(ChannelsTest, a_link_has_the_channels_of_both_nodes_and_of_each_as_many_lanes_as_the_one_wants_that_wants_more) {
  join({{.name = "bulk", .parallelism = 3}},
       {{.name = "bulk", .parallelism = 2}, {.name = "cursors", .parallelism = 2}});
  EXPECT_EQ(nodes_->wire.pipes.size(), 1U + 1U + 3U + 2U) << "control, data, bulk, cursors";
  EXPECT_EQ(send("a", {.channel = "cursors"}), SendOutcome::kTaken) << "which ada has not configured";
  nodes_->settle();
  EXPECT_THAT(read_, ElementsAre("a"));
}

TEST_F(ChannelsTest, each_channel_has_its_own_connections) {
  join({{.name = "bulk"}}, {{.name = "bulk"}});
  send("a", {});
  const auto data = busy_pipes();
  nodes_->settle();
  send("b", {.channel = "bulk"});
  const auto bulk = busy_pipes();
  ASSERT_EQ(data.size(), 1U);
  ASSERT_EQ(bulk.size(), 1U);
  EXPECT_NE(data, bulk);
  send("c", {.channel = "unheard_of"});
  nodes_->settle();
  EXPECT_THAT(read_, testing::UnorderedElementsAre("a", "b", "c")) << "a channel that nobody has is data";
}

TEST_F(ChannelsTest, a_full_channel_does_not_fill_another) {
  join({{.name = "bulk", .queue_bytes_max = 100'000}}, {{.name = "bulk"}});
  while (send(std::string(50'000, 'x'), {.channel = "bulk"}) == SendOutcome::kTaken) {
  }
  EXPECT_EQ(send("a", {}), SendOutcome::kTaken);
}

TEST_F(ChannelsTest, a_queue_is_bounded_in_messages_too) {
  join({{.name = "bulk", .queue_messages_max = 5}}, {});
  const std::string text(60'000, 'x');
  int taken = 0;
  while (send(text, {.channel = "bulk"}) == SendOutcome::kTaken) ASSERT_LT(++taken, 100);
  EXPECT_EQ(taken, 5 + 5) << "the window, and the queue";
}

TEST_F(ChannelsTest, a_channel_may_drop_what_it_has_no_room_for) {
  join({{.name = "bulk", .queue_messages_max = 5, .when_full = WhenFull::kDropNewest}}, {});
  for (int i = 0; i < 30; ++i) EXPECT_EQ(send(std::string(60'000, 'x'), {.channel = "bulk"}), SendOutcome::kTaken);
  nodes_->settle();
  EXPECT_EQ(read_.size(), 10U);
  nodes_->advance(1s);
  EXPECT_EQ(nodes_->ada.world.metric("troupe_lane_dropped_total"), 20);
}

TEST_F(ChannelsTest, a_channel_may_drop_what_has_waited_longest) {
  join({{.name = "data", .queue_messages_max = 3, .when_full = WhenFull::kDropOldest}}, {});
  const std::string large(100'000, '.');
  for (int i = 0; i < 20; ++i) EXPECT_EQ(send("number " + std::to_string(100 + i) + large, {}), SendOutcome::kTaken);
  nodes_->settle();
  ASSERT_GE(read_.size(), 4U);
  EXPECT_EQ(read_.back(), "number 119..");
  EXPECT_EQ(read_[read_.size() - 2], "number 118..");
  nodes_->advance(1s);
  EXPECT_EQ(nodes_->ada.world.metric("troupe_lane_dropped_total"), 20.0 - static_cast<double>(read_.size()));
}

TEST_F(ChannelsTest, a_channel_may_compress) {
  for (const auto compression : {wire::Compression::kLz4, wire::Compression::kZstd}) {
    join({{.name = "data", .compression = compression}}, {});
    send(std::string(100'000, 'x'), {});
    nodes_->ada.flush();
    EXPECT_LT(nodes_->wire.pipes[1]->ends[1].inbound_bytes, 5'000U);
    read_.clear();
    nodes_->settle();
    EXPECT_THAT(read_, ElementsAre(std::string(12, 'x')));
  }
}

TEST_F(ChannelsTest, a_monotonic_channel_keeps_the_newest_of_each_key) {
  join({{.name = "positions", .monotonic = true}}, {{.name = "positions", .monotonic = true}});
  const Via positions{.channel = "positions"};
  for (int i = 0; i < 5; ++i) send("fills " + std::string(60'000, '.'), positions);  // The window.
  for (int i = 0; i < 100; ++i) {
    send("a" + std::to_string(i), positions, 1);
    send("b" + std::to_string(i), positions, 2);
  }
  for (int i = 0; i < 100; ++i) send("c" + std::to_string(i), {.channel = "positions", .key = 7}, i % 2 == 0 ? 3 : 4);
  nodes_->settle();
  ASSERT_EQ(read_.size(), 8U);
  EXPECT_THAT(std::vector(read_.begin() + 5, read_.end()), ElementsAre("a99", "b99", "c99"));
  nodes_->advance(1s);
  EXPECT_EQ(nodes_->ada.world.metric("troupe_lane_dropped_total"), 3 * 99);
}

TEST_F(ChannelsTest, messages_with_one_key_take_one_lane_whoever_sends_them) {
  join({{.name = "data", .parallelism = 8}}, {});
  for (std::uint32_t sender = 1; sender <= 20; ++sender) send("a", {.channel = {}, .key = "room 5"}, sender);
  EXPECT_EQ(busy_pipes().size(), 1U);
  for (std::uint32_t sender = 1; sender <= 20; ++sender) send("b", {}, sender);
  EXPECT_GT(busy_pipes().size(), 4U) << "without a key, senders share the lanes out";
}

TEST_F(ChannelsTest, lanes_may_be_taken_in_turn) {
  join({{.name = "data", .parallelism = 4, .lane_choice = LaneChoice::kRoundRobin}}, {});
  for (int i = 0; i < 4; ++i) send("a", {});
  EXPECT_EQ(busy_pipes().size(), 4U);
}

TEST_F(ChannelsTest, who_sends_sees_when_there_is_room_again) {
  join({{.name = "data", .queue_bytes_max = 100'000}}, {});
  const auto room = [&] {
    EnvelopePtr like = Envelope::make(EnvelopeKind::kTell);
    like->recipient = reader_.address().actor;
    return nodes_->ada.lanes.room_for(nodes_->bob.id, *like);
  };
  EXPECT_EQ(room(), SendOutcome::kTaken);
  while (send(std::string(50'000, 'x'), {}) == SendOutcome::kTaken) {
  }
  EXPECT_EQ(room(), SendOutcome::kFull);
  nodes_->settle();
  EXPECT_EQ(room(), SendOutcome::kTaken);
  TestWire::cut(*nodes_->wire.pipes[1]);
  nodes_->settle();
  EXPECT_EQ(room(), SendOutcome::kFull) << "until the lane is made again";
  TestWire::cut(*nodes_->wire.pipes[0]);
  nodes_->settle();
  EXPECT_EQ(room(), SendOutcome::kUnreachable);
}

struct Slow {
  using Messages = troupe::Messages<Note>;
  static constexpr auto channel = Channel("bulk");
};

TEST(Via, the_sender_says_then_the_ref_then_the_actors_class) {
  const Ref<Slow> slow = Ref<Slow>::named("bob", "slow");
  EXPECT_EQ(slow.via({}).channel, Channel("bulk"));
  EXPECT_EQ(slow.over("fast").via({}).channel, Channel("fast"));
  EXPECT_EQ(slow.over("fast").via({.channel = "mine"}).channel, Channel("mine"));
  EXPECT_EQ(slow.over("fast"), slow) << "the same actor";
  EXPECT_EQ((Ref<Reader>::named("bob", "reader").via({}).channel), Channel());
}

TEST(Via, keys_are_numbers_or_names) {
  EXPECT_EQ(PartitionKey().hash(), 0U);
  EXPECT_NE(PartitionKey(0).hash(), 0U);
  EXPECT_NE(PartitionKey(0), PartitionKey(1));
  EXPECT_NE(PartitionKey("a"), PartitionKey("b"));
  EXPECT_EQ(PartitionKey("a"), PartitionKey(std::string_view("a")));
}

}  // namespace
}  // namespace troupe::cluster
