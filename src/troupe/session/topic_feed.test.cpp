#include "troupe/session/topic_feed.hpp"

#include <gtest/gtest.h>

// The rules in full are in testdata/events.txt, resync.txt and reset.txt, and in session_order.test.cpp; here are the
// bounds.
namespace troupe::session {
namespace {

RenderedEvent event(std::uint64_t seq, std::size_t bytes = 10) {
  std::string text = std::to_string(seq);
  text.resize(std::max(bytes, text.size()), ' ');
  return {seq, std::make_shared<const std::string>(text)};
}

std::vector<std::uint64_t> seqs(const Output& out) {
  std::vector<std::uint64_t> seqs;
  for (const Action& action : out) seqs.push_back(std::stoull(*std::get<Reply>(action).text));
  return seqs;
}

using Seqs = std::vector<std::uint64_t>;

TEST(TopicFeed, holds_at_most_so_many_events_the_first_ones) {
  TopicFeed feed({.events_max = 2});
  Output out;
  for (const std::uint64_t seq : {9U, 5U, 4U, 3U, 3U}) EXPECT_FALSE(feed.on_event("e", event(seq), out));
  EXPECT_EQ(feed.held(), 2U);
  EXPECT_TRUE(feed.start("e", 2, 2, {}, out)) << "9 is known to exist";
  EXPECT_EQ(seqs(out), (Seqs{3, 4}));
  EXPECT_EQ(feed.after(), (After{"e", 4}));
  EXPECT_EQ(feed.held(), 0U);
}

TEST(TopicFeed, holds_at_most_so_many_bytes) {
  TopicFeed feed({.events_max = 100, .bytes_max = 25});
  Output out;
  for (const std::uint64_t seq : {4U, 3U, 2U}) EXPECT_FALSE(feed.on_event("e", event(seq, 10), out));
  EXPECT_EQ(feed.held(), 2U);
  EXPECT_FALSE(feed.on_event("e", event(1, 26), out)) << "larger than all that may be held";
  EXPECT_EQ(feed.held(), 0U);
  EXPECT_TRUE(feed.start("e", 0, 0, {}, out));
  EXPECT_TRUE(out.empty());
}

TEST(TopicFeed, room_comes_back_when_held_events_go_out) {
  TopicFeed feed({.events_max = 100, .bytes_max = 20});
  Output out;
  EXPECT_FALSE(feed.start("e", 0, 0, {}, out));
  EXPECT_TRUE(feed.on_event("e", event(2), out));
  EXPECT_FALSE(feed.on_event("e", event(3), out));
  EXPECT_FALSE(feed.on_event("e", event(1), out));
  EXPECT_EQ(feed.held(), 0U);
  EXPECT_FALSE(feed.on_event("e", event(5), out)) << "the question is still open";
  EXPECT_FALSE(feed.on_event("e", event(6), out));
  EXPECT_EQ(feed.held(), 2U);
  EXPECT_FALSE(feed.on_resynced("e", {event(4)}, out));
  EXPECT_EQ(seqs(out), (Seqs{1, 2, 3, 4, 5, 6}));
}

TEST(TopicFeed, a_seq_at_the_end_of_the_range_is_no_trouble) {
  constexpr std::uint64_t kLast = ~std::uint64_t{0};
  TopicFeed feed({});
  Output out;
  EXPECT_FALSE(feed.start("e", kLast - 1, kLast - 1, {}, out));
  EXPECT_FALSE(feed.on_event("e", event(kLast), out));
  EXPECT_FALSE(feed.on_event("e", event(kLast), out));
  EXPECT_FALSE(feed.on_event("e", event(0), out));
  EXPECT_EQ(seqs(out), (Seqs{kLast}));
}

TEST(TopicFeed, knows_what_is_past) {
  TopicFeed feed({});
  Output out;
  EXPECT_FALSE(feed.is_past("e", 0));
  EXPECT_FALSE(feed.start("e", 5, 5, {}, out));
  EXPECT_TRUE(feed.is_past("e", 4));
  EXPECT_FALSE(feed.is_past("e", 5));
  EXPECT_FALSE(feed.is_past("f", 0));
}

TEST(TopicFeed, an_answer_before_the_start_is_nothing) {
  TopicFeed feed({});
  Output out;
  EXPECT_FALSE(feed.on_resynced("e", {event(1)}, out));
  EXPECT_TRUE(out.empty());
}

}  // namespace
}  // namespace troupe::session
