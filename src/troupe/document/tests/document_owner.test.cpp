#include "troupe/document/document_owner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "troupe/actor/fixture.hpp"
#include "troupe/document/digest.hpp"
#include "troupe/document/documents_actor.hpp"
#include "troupe/document/tests/document_under_test.test.hpp"

namespace troupe::document {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Stands for the documents actor: passes on what the test asks.
class Front : public Actor<Front> {
 public:
  using Messages = troupe::Messages<Append, Read, Follow, Idle>;
  explicit Front(std::vector<std::uint64_t>& idle) : idle_(idle) {}
  void on(Append&& request, ReplyTo<Append::Reply> reply) {
    context().tell(to(), OwnerAppend{std::move(request), std::move(reply)});
  }
  void on(Read&& request, ReplyTo<Read::Reply> reply) {
    context().tell(to(), OwnerRead{std::move(request), std::move(reply)});
  }
  void on(Follow&& request, ReplyTo<Follow::Reply> reply) {
    context().tell(to(), OwnerFollow{std::move(request), std::move(reply)});
  }
  void on(const Idle& idle) { idle_.push_back(idle.received); }

 private:
  Ref<DocumentOwner> to() { return context().find<DocumentOwner>("owner"); }
  std::vector<std::uint64_t>& idle_;
};

class DocumentOwnerTest : public testing::Test {
 protected:
  DocumentOwnerTest() {
    options_.types = text_types();
    front_ = world_.shard().spawn<Front>({}, idle_).value();
    tail_ = world_.shard().spawn<Tail>({}, heard_).value();
  }
  void start() {
    owner_ = world_.shard()
                 .spawn<DocumentOwner>({.name = "owner"}, "text/a", options_, journal_,
                                       Ref<DocumentsActor>(front_.address()), world_.metrics())
                 .value();
  }
  /// The owner's end and the next one's begin, as after a restart of the node.
  void restart() {
    stop(owner_.address());
    start();
    settle();
  }
  void stop(const Address& actor) {
    world_.shard().send(Envelope::make(EnvelopeKind::kStop), actor);
    world_.run();
  }
  /// Runs the actors and the journal until nothing is left to do.
  void settle() {
    do {
      journal_.run_all();
      world_.run();
    } while (journal_.pending() + journal_.flushed() > 0);
  }
  template <class M>
  Answer<typename M::Reply> ask(M message) {
    auto answer = std::make_shared<std::optional<Result<typename M::Reply>>>();
    world_.shard().ask(front_, std::move(message), 1min, [answer](auto result) { *answer = std::move(result); });
    world_.run();
    return answer;
  }
  Answer<Append::Reply> append(const std::string& key, const std::string& data) {
    return ask(Append{"text/a", key, "ada", Bytes::copy_of(data)});
  }
  /// "1", "1 again", or the error's name; "nothing" while there is none.
  static std::string outcome(const Answer<Append::Reply>& answer) {
    if (!*answer) return "nothing";
    if (!**answer) return std::string(to_string((**answer).error().code));
    return std::to_string((**answer)->seq) + ((**answer)->repeated ? " again" : "");
  }
  Follow::Reply follow(Position has = {}, std::uint64_t hash = 0) {
    const auto answer = ask(Follow{"text/a", std::move(has), hash, tail_});
    settle();
    return answer->value().value();
  }
  std::string state() { return std::string(follow().snapshot.value().view()); }

  ActorFixture world_;
  MemoryDisk disk_{1};
  MemoryJournal journal_{disk_};
  DocumentOptions options_;
  std::vector<std::uint64_t> idle_;
  std::vector<std::string> heard_;
  Ref<Front> front_;
  Ref<Tail> tail_;
  Ref<DocumentOwner> owner_;
};

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

TEST_F(DocumentOwnerTest, followers_get_what_an_unknown_append_wrote) {
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

TEST_F(DocumentOwnerTest, a_newer_writer_fences_this_one_until_it_opens_again) {
  start();
  settle();
  journal_.open("text/a", [](Result<OpenedStream>) {});
  const auto fenced = append("a", "one");
  settle();
  EXPECT_EQ(outcome(fenced), "unavailable");
  EXPECT_THAT(disk_.events("text/a"), IsEmpty());
  const auto again = append("a", "one");
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

TEST_F(DocumentOwnerTest, a_follower_gets_what_it_lacks) {
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

TEST_F(DocumentOwnerTest, a_follower_that_cannot_go_on_gets_the_state) {
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

TEST_F(DocumentOwnerTest, who_follows_between_two_batches_misses_nothing) {
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

TEST_F(DocumentOwnerTest, a_follower_that_ended_is_told_nothing) {
  start();
  follow();
  stop(tail_.address());
  append("a", "one");
  settle();
  EXPECT_EQ(world_.metric("troupe_dead_letters_total"), 0);
}

TEST_F(DocumentOwnerTest, reads_recent_events_and_old_ones_but_none_that_is_not_acknowledged) {
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
