#include "troupe/link/outbox.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "troupe/base/random.hpp"
#include "troupe/link/chunk.hpp"
#include "troupe/wire/frame.hpp"

namespace troupe::link {
namespace {

/// An outbox, and a receiver that puts together what it writes.
class OutboxTest : public testing::Test {
 protected:
  void push(std::uint64_t flow, const std::string& text, bool may_drop = false) {
    outbox_.push(flow, {Bytes::copy_of(text)}, text.size(), may_drop);
  }

  /// Writes `frames` frames, and returns the messages that they complete.
  std::vector<std::string> write(int frames) {
    Actions actions;
    for (int i = 0; i < frames; ++i) outbox_.write_next(actions);
    std::vector<std::string> messages;
    for (const Bytes& piece : actions.writes()) {
      decoder_.feed(piece);
      for (auto next = decoder_.next(); next.value(); next = decoder_.next()) take(**std::move(next), messages);
    }
    return messages;
  }
  std::vector<std::string> write_all() { return write(1'000'000); }

  void take(const wire::Frame& frame, std::vector<std::string>& messages) {
    if (frame.type == wire::FrameType::kMessage) return messages.emplace_back(frame.payload.view()), void();
    const auto message = reassembly_.add(frame);
    ASSERT_TRUE(message.has_value()) << message.error().to_string();
    if (*message) messages.emplace_back((*message)->view());
    open_bytes_seen_ = std::max(open_bytes_seen_, reassembly_.open_bytes());
  }

  Outbox outbox_{{.chunk_bytes = 100, .small_bytes_max = 300, .open_bytes_max = 3'000}};
  wire::FrameDecoder decoder_{1U << 20U};
  Reassembly reassembly_{3'000};
  std::size_t open_bytes_seen_ = 0;
};

using Texts = std::vector<std::string>;

TEST_F(OutboxTest, gives_out_what_it_was_given) {
  push(1, "one");
  push(1, "");
  push(2, std::string(250, 'x'));
  EXPECT_EQ(outbox_.messages(), 3U);
  EXPECT_EQ(outbox_.bytes(), 253U);
  EXPECT_EQ(write_all(), (Texts{"one", "", std::string(250, 'x')}));
  EXPECT_TRUE(outbox_.empty());
  EXPECT_EQ(outbox_.bytes(), 0U);
}

TEST_F(OutboxTest, a_small_message_passes_a_large_one_of_another_flow) {
  push(1, std::string(1'000, 'x'));
  EXPECT_EQ(write(2), Texts{});
  push(2, "small");
  EXPECT_EQ(write(1), (Texts{"small"}));
  EXPECT_EQ(write(8), (Texts{std::string(1'000, 'x')}));
}

TEST_F(OutboxTest, a_flow_keeps_its_order_whatever_the_sizes) {
  push(1, std::string(1'000, 'x'));
  push(1, "small");
  EXPECT_EQ(write_all(), (Texts{std::string(1'000, 'x'), "small"}));
}

TEST_F(OutboxTest, large_messages_take_turns_by_chunk) {
  push(1, std::string(1'000, 'x'));
  push(2, std::string(200, 'y'));
  EXPECT_EQ(write(4), (Texts{std::string(200, 'y')})) << "two chunks of each";
}

TEST_F(OutboxTest, small_messages_do_not_starve_a_large_one) {
  push(1, std::string(200, 'x'));
  for (int i = 0; i < 100; ++i) push(2, std::string(50, 'y'));
  const Texts first = write(20);
  EXPECT_EQ(std::ranges::count(first, std::string(200, 'x')), 1);
}

TEST_F(OutboxTest, flows_of_small_messages_share_by_bytes) {
  for (int i = 0; i < 100; ++i) push(1, std::string(10, 'x'));
  for (int i = 0; i < 100; ++i) push(2, std::string(50, 'y'));
  std::map<char, std::size_t> bytes;
  for (const std::string& message : write(48)) bytes[message[0]] += message.size();
  EXPECT_NEAR(static_cast<double>(bytes['x']), static_cast<double>(bytes['y']), 200);
}

TEST_F(OutboxTest, so_much_is_begun_at_once_and_no_more) {
  for (std::uint64_t flow = 1; flow <= 8; ++flow) push(flow, std::string(1'400, 'x'));
  EXPECT_EQ(write_all().size(), 8U);
  EXPECT_EQ(open_bytes_seen_, 2'800U);
  push(1, std::string(2'000, 'x'));
  push(2, std::string(3'000, 'y'));
  EXPECT_EQ(write_all(), (Texts{std::string(2'000, 'x'), std::string(3'000, 'y')}));
}

TEST_F(OutboxTest, what_is_shared_is_not_copied) {
  Outbox outbox({});
  const Bytes body = Bytes::copy_of(std::string(150'000, 'x'));
  outbox.push(1, {Bytes::copy_of("head"), body}, 150'004);
  Actions actions;
  outbox.write_next(actions);
  outbox.write_next(actions);
  EXPECT_EQ(actions.writes()[1].data(), body.data());
  EXPECT_EQ(actions.writes()[3].data(), body.data() + (64U << 10U) - 4);
}

TEST_F(OutboxTest, random_traffic_keeps_the_order_of_each_flow) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    Random random(seed);
    std::map<std::uint64_t, Texts> sent;
    std::map<std::uint64_t, Texts> received;
    const auto receive = [&](const Texts& messages) {
      for (const std::string& message : messages)
        received[static_cast<std::uint64_t>(message[0] - 'a')].push_back(message);
    };
    for (int i = 0; i < 200; ++i) {
      const std::uint64_t flow = random.below(6);
      std::string text = std::string(1, static_cast<char>('a' + flow)) + std::to_string(i);
      text.append(random.below(random.chance(0.3) ? 2'900 : 90), '.');
      push(flow, text);
      sent[flow].push_back(text);
      receive(write(static_cast<int>(random.below(6))));
    }
    receive(write_all());
    EXPECT_EQ(received, sent) << "seed " << seed;
    EXPECT_TRUE(outbox_.empty());
    EXPECT_LE(open_bytes_seen_, 3'000U);
  }
}

TEST_F(OutboxTest, drops_what_has_waited_longest_and_may_be_dropped) {
  push(1, "kept");
  push(1, "first", true);
  push(2, "second", true);
  push(2, "third", true);
  EXPECT_TRUE(outbox_.drop_oldest());
  EXPECT_TRUE(outbox_.drop_oldest());
  EXPECT_EQ(outbox_.messages(), 2U);
  EXPECT_EQ(outbox_.bytes(), 9U);
  EXPECT_EQ(write_all(), (Texts{"third", "kept"})) << "flow 2 still has its turn";
  EXPECT_FALSE(outbox_.drop_oldest()) << "it is sent";
}

TEST_F(OutboxTest, what_is_partly_sent_is_not_dropped) {
  push(1, std::string(1'000, 'x'), true);
  push(2, std::string(1'000, 'y'), true);
  write(1);
  EXPECT_FALSE(outbox_.drop_oldest()) << "both are opened with the first chunk";
  EXPECT_EQ(write_all().size(), 2U);
}

TEST_F(OutboxTest, what_is_left_after_drops_comes_in_order) {
  Random random(1);
  std::map<std::uint64_t, std::vector<std::string>> pushed;
  std::map<std::uint64_t, std::size_t> seen;
  for (int step = 0; step < 20'000; ++step) {
    const std::uint64_t flow = random.below(5);
    if (random.chance(0.5)) {
      std::string text = std::to_string(flow) + ":" + std::to_string(step) + ":";
      text.resize(text.size() + random.below(random.chance(0.1) ? 400 : 50), '.');
      push(flow, text, random.chance(0.7));
      pushed[flow].push_back(text);
    } else if (random.chance(0.4)) {
      const std::size_t before = outbox_.messages();
      const bool dropped = outbox_.drop_oldest();
      EXPECT_EQ(outbox_.messages(), before - (dropped ? 1 : 0));
    }
    for (const std::string& text : write(random.chance(0.5) ? 1 : 0)) {
      const std::uint64_t from = std::stoull(text);
      std::size_t& at = seen[from];
      while (at < pushed[from].size() && pushed[from][at] != text) ++at;
      ASSERT_LT(at, pushed[from].size()) << "out of order, or twice: " << text;
      ++at;
    }
  }
  write_all();
  EXPECT_TRUE(outbox_.empty());
  EXPECT_EQ(outbox_.bytes(), 0U);
}

}  // namespace
}  // namespace troupe::link
