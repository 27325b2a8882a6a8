#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "troupe/document/tests/document_owner_fixture.test.hpp"

// What an owner answers to those who follow and read.
namespace troupe::document {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using DocumentOwnerFollowers = DocumentOwnerFixture;

TEST_F(DocumentOwnerFollowers, followers_get_what_an_unknown_append_wrote) {
  start();
  auto known = follow();
  journal_.fail_next_append_unknown(true);
  append("a", "one");
  settle();
  EXPECT_THAT(heard_, IsEmpty());
  known = follow(known.position, known.hash);
  ASSERT_EQ(known.events.size(), 1U);
  EXPECT_EQ(known.position.seq, 1U);
}

TEST_F(DocumentOwnerFollowers, a_follower_gets_what_it_lacks) {
  start();
  settle();
  const auto empty = follow();
  for (const char* data : {"one", "two", "three"}) append(data, data);
  settle();
  const auto all = follow(empty.position, empty.hash);
  EXPECT_FALSE(all.snapshot.has_value());
  EXPECT_EQ(all.events.size(), 3U);
  EXPECT_EQ(all.position.seq, 3U);
  EXPECT_THAT(follow(all.position, all.hash).events, IsEmpty());
  EXPECT_FALSE(follow(all.position, all.hash).snapshot.has_value());
}

TEST_F(DocumentOwnerFollowers, a_follower_that_cannot_go_on_gets_the_state) {
  options_.recent_events_max = 2;
  start();
  settle();
  for (const char* data : {"one", "two", "three"}) append(data, data);
  settle();
  const auto now = follow();
  const std::string epoch = now.position.epoch;
  for (const Position& has : {Position{"another", 3}, Position{epoch, 4}, Position{epoch, ~std::uint64_t{0}},
                              Position{epoch, 0}, Position{"", 0}}) {
    const auto reply = follow(has, now.hash);
    ASSERT_TRUE(reply.snapshot.has_value()) << has.epoch << " " << has.seq;
    EXPECT_EQ(reply.snapshot->view(), "text:one,two,three");
    EXPECT_THAT(reply.events, IsEmpty());
  }
  EXPECT_TRUE(follow({epoch, 3}, now.hash + 1).snapshot.has_value()) << "its hash shows that it has something else";
  EXPECT_TRUE(follow({epoch, 2}, now.hash).snapshot.has_value());
}

TEST_F(DocumentOwnerFollowers, who_follows_between_two_batches_misses_nothing) {
  start();
  settle();
  append("a", "one");
  const auto answer = ask(Follow{"text/a", {}, 0, tail_});
  EXPECT_FALSE(answer->has_value()) << "the batch is on its way: is it in the answer, or told?";
  append("b", "two");
  settle();
  EXPECT_EQ(answer->value()->position.seq, 1U);
  EXPECT_THAT(heard_, ElementsAre("2:two"));
}

TEST_F(DocumentOwnerFollowers, a_follower_that_ended_is_told_nothing) {
  start();
  follow();
  stop(tail_.address());
  append("a", "one");
  settle();
  EXPECT_EQ(world_.metric("troupe_dead_letters_total"), 0);
}

TEST_F(DocumentOwnerFollowers, reads_recent_events_and_old_ones_but_none_that_is_not_acknowledged) {
  options_.recent_events_max = 2;
  start();
  settle();
  for (int i = 1; i <= 6; ++i) append(std::to_string(i), std::to_string(i));
  settle();
  const auto seqs = [&](std::uint64_t after, std::uint32_t max) {
    const auto answer = ask(Read{"text/a", after, max});
    journal_.run_all();
    world_.run();
    std::vector<std::uint64_t> seqs;
    for (const Event& event : answer->value()->events) seqs.push_back(event.seq);
    return seqs;
  };
  using Seqs = std::vector<std::uint64_t>;
  EXPECT_EQ(seqs(4, 100), (Seqs{5, 6}));
  EXPECT_EQ(seqs(4, 1), (Seqs{5}));
  EXPECT_EQ(seqs(1, 3), (Seqs{2, 3, 4})) << "from the journal";
  EXPECT_EQ(seqs(~std::uint64_t{0}, 100), Seqs{});
  append("7", "7");
  journal_.flush();  // On the disk, but the owner does not know.
  const auto answer = ask(Read{"text/a", 0, 100});
  settle();
  EXPECT_EQ(answer->value()->seq, 6U);
  EXPECT_EQ(answer->value()->events.size(), 6U);
}

}  // namespace
}  // namespace troupe::document
