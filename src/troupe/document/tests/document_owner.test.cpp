#include "troupe/document/document_owner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "troupe/document/digest.hpp"
#include "troupe/document/tests/document_owner_fixture.test.hpp"

namespace troupe::document {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using DocumentOwnerTest = DocumentOwnerFixture;

TEST_F(DocumentOwnerTest, an_event_is_acknowledged_and_told_only_when_the_journal_has_it) {
  start();
  follow();
  const auto first = append("a", "one");
  EXPECT_EQ(outcome(first), "nothing");
  journal_.flush();
  world_.run();
  EXPECT_EQ(outcome(first), "nothing") << "it is on the disk, but the owner does not know";
  EXPECT_THAT(heard_, IsEmpty());
  settle();
  EXPECT_EQ(outcome(first), "1");
  EXPECT_THAT(heard_, ElementsAre("1:one"));
}

TEST_F(DocumentOwnerTest, what_comes_while_the_disk_is_busy_makes_the_next_batch) {
  start();
  settle();
  const auto first = append("a", "one");
  const auto second = append("b", "two");
  const auto third = append("c", "three");
  EXPECT_EQ(journal_.pending(), 1U) << "one batch on its way at a time";
  journal_.run_one();
  world_.run();
  EXPECT_EQ(outcome(first), "1");
  EXPECT_EQ(journal_.pending(), 1U);
  settle();
  EXPECT_EQ(outcome(second), "2");
  EXPECT_EQ(outcome(third), "3");
  EXPECT_EQ(state(), "text:one,two,three");
}

TEST_F(DocumentOwnerTest, a_key_is_stored_once_and_answered_by_its_first_seq) {
  start();
  settle();
  const auto first = append("a", "one");
  const auto same_batch = append("a", "one");
  const auto same_batch_again = append("a", "one");
  settle();
  EXPECT_EQ(outcome(first), "1");
  EXPECT_EQ(outcome(same_batch), "1 again");
  EXPECT_EQ(outcome(same_batch_again), "1 again");
  restart();
  const auto later = append("a", "one");
  settle();
  EXPECT_EQ(outcome(later), "1 again") << "also after a restart";
  EXPECT_EQ(disk_.events("text/a").size(), 1U);
}

TEST_F(DocumentOwnerTest, what_the_type_refuses_is_not_stored) {
  start();
  settle();
  const auto before = append("a", "one");
  const auto bad = append("b", "bad");
  const auto nameless = append("", "two");
  const auto after = append("c", "three");
  settle();
  EXPECT_EQ(outcome(before), "1");
  EXPECT_EQ(outcome(bad), "invalid_event");
  EXPECT_THAT((**bad).error().detail, HasSubstr("this is bad"));
  EXPECT_EQ(outcome(nameless), "invalid_argument");
  EXPECT_EQ(outcome(after), "2");
}

TEST_F(DocumentOwnerTest, an_append_of_unknown_outcome_is_not_acknowledged_and_its_retry_gets_the_truth) {
  for (const bool applied : {true, false}) {
    start();
    settle();
    const std::string key = applied ? "applied" : "not applied";
    journal_.fail_next_append_unknown(applied);
    const auto first = append(key, "x");
    settle();
    EXPECT_EQ(outcome(first), "unavailable");
    const auto retry = append(key, "x");
    settle();
    EXPECT_EQ(outcome(retry), applied ? "1 again" : "2");
    stop(owner_.address());
  }
  EXPECT_EQ(disk_.events("text/a").size(), 2U);
}

TEST_F(DocumentOwnerTest, a_newer_writer_fences_this_one_until_it_opens_again) {
  start();
  settle();
  journal_.open("text/a", [](Result<OpenedStream>) {});
  const auto fenced = append("a", "one");
  settle();
  EXPECT_EQ(outcome(fenced), "not_owner") << "it was not stored, and may be by the other one";
  EXPECT_THAT(disk_.events("text/a"), IsEmpty());
  const auto again = append("a", "one");
  settle();
  EXPECT_EQ(outcome(again), "nothing") << "the other one has time to get on";
  world_.advance(100ms);
  settle();
  EXPECT_EQ(outcome(again), "1");
}

TEST_F(DocumentOwnerTest, a_journal_that_does_not_answer_is_given_up_and_asked_again) {
  start();
  settle();
  journal_.set_stalled(true);
  const auto stuck = append("a", "one");
  const auto behind = append("b", "two");
  world_.advance(options_.journal_timeout + 1s);
  EXPECT_EQ(outcome(stuck), "unavailable");
  EXPECT_EQ(outcome(behind), "unavailable");
  journal_.set_stalled(false);
  const auto again = append("a", "one");
  settle();
  EXPECT_EQ(outcome(again), "1 again")
      << "the stuck append was written in the end, before the journal was opened again";
}

TEST_F(DocumentOwnerTest, waiting_requests_are_bounded) {
  options_.waiting_max = 2;
  journal_.set_stalled(true);
  start();
  const auto first = append("a", "1");
  const auto second = append("b", "2");
  const auto third = append("c", "3");
  EXPECT_EQ(outcome(third), "queue_full");
  journal_.set_stalled(false);
  settle();
  EXPECT_EQ(outcome(first), "1");
  EXPECT_EQ(outcome(second), "2");
}

TEST_F(DocumentOwnerTest, a_snapshot_brings_back_state_keys_and_hash_without_what_came_before) {
  options_.snapshot_bytes_min = 10;
  start();
  settle();
  for (int i = 1; i <= 9; ++i) append("k" + std::to_string(i), "data" + std::to_string(i));
  settle();
  append("k10", "data10");
  settle();
  const auto before = follow();
  ASSERT_GT(disk_.head("text/a").snapshot_seq, 0U);
  EXPECT_TRUE(disk_.corrupt_event("text/a", 1)) << "nobody reads it any more";
  restart();
  const auto after = follow();
  EXPECT_EQ(after.position, before.position);
  EXPECT_EQ(after.hash, before.hash);
  EXPECT_EQ(after.snapshot, before.snapshot);
  const auto repeated = append("k1", "data1");
  settle();
  EXPECT_EQ(outcome(repeated), "1 again");
}

TEST_F(DocumentOwnerTest, a_snapshot_that_cannot_be_read_is_made_good_by_the_events) {
  start();
  settle();
  append("a", "one");
  append("b", "two");
  settle();
  journal_.save_snapshot("text/a", disk_.head("text/a").fence, {2, 99, Bytes::copy_of("garbage")}, [](Result<bool>) {});
  settle();
  restart();
  EXPECT_EQ(state(), "text:one,two");
  const std::uint64_t hash =
      next_hash(next_hash(0, {1, "a", "", Bytes::copy_of("one")}), {2, "b", "", Bytes::copy_of("two")});
  EXPECT_EQ(follow().hash, hash);
}

TEST_F(DocumentOwnerTest, a_long_stream_is_read_in_pages) {
  options_.recent_events_max = 10;
  start();
  settle();
  for (int i = 1; i <= 2'500; ++i) append("k" + std::to_string(i), "x");
  settle();
  ASSERT_EQ(disk_.events("text/a").size(), 2'500U);
  restart();
  EXPECT_EQ(follow().position.seq, 2'500U);
}

TEST_F(DocumentOwnerTest, a_damaged_stream_makes_the_document_unavailable_and_nothing_else) {
  start();
  settle();
  append("a", "one");
  settle();
  disk_.corrupt_event("text/a", 1);
  restart();
  const auto answer = append("b", "two");
  settle();
  EXPECT_EQ(outcome(answer), "unavailable");
  EXPECT_THAT((**answer).error().detail, HasSubstr("damaged"));
}

TEST_F(DocumentOwnerTest, asks_to_be_put_away_when_nobody_needs_it) {
  start();
  settle();
  append("a", "one");
  settle();
  world_.advance(options_.idle_timeout + 1min);
  ASSERT_FALSE(idle_.empty());
  EXPECT_EQ(idle_.back(), 1U) << "of the messages it was sent";
  idle_.clear();
  follow();
  world_.advance(options_.idle_timeout + 1min);
  EXPECT_THAT(idle_, IsEmpty()) << "it has a follower";
}

TEST_F(DocumentOwnerTest, a_full_journal_is_said_to_be_busy_and_the_document_goes_on) {
  MemoryJournal small(disk_, {.queue_requests_max = 1});
  const auto owner = world_.shard().spawn<DocumentOwner>({.name = "owner"}, "text/a", options_, small,
                                                         Ref<DocumentsActor>(front_.address()), world_.metrics());
  ASSERT_TRUE(owner.has_value());
  world_.run();
  small.run_all();
  world_.run();
  small.read({.stream = "another"}, [](Result<std::vector<Event>>) {});
  const auto refused = append("a", "one");
  EXPECT_EQ(outcome(refused), "queue_full");
  small.run_all();
  const auto again = append("a", "one");
  small.run_all();
  world_.run();
  EXPECT_EQ(outcome(again), "1");
  stop(owner->address());
}

}  // namespace
}  // namespace troupe::document
