#include "troupe/document/document_replica.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "troupe/actor/fixture.hpp"
#include "troupe/document/digest.hpp"
#include "troupe/document/documents_actor.hpp"
#include "troupe/document/tests/document_under_test.test.hpp"

namespace troupe::document {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Stands for the documents actors of both nodes: passes on what the test asks, and keeps the replica's questions to
/// the owner for the test.
class Front : public Actor<Front> {
 public:
  struct Asked {
    Follow request;
    ReplyTo<Follow::Reply> reply;
  };
  using Messages = troupe::Messages<Open, CatchUp, GetDigest, Close, Follow, Read, Idle>;
  Front(std::deque<Asked>& asked, std::deque<ReplyTo<Read::Reply>>& reads, std::vector<std::uint64_t>& idle)
      : asked_(asked), reads_(reads), idle_(idle) {}
  void on(Open&& request, ReplyTo<Open::Reply> reply) {
    context().tell(to(), ReplicaOpen{std::move(request), std::move(reply)});
  }
  void on(CatchUp&& request, ReplyTo<CatchUp::Reply> reply) {
    context().tell(to(), ReplicaCatchUp{std::move(request), std::move(reply)});
  }
  void on(const GetDigest&, ReplyTo<GetDigest::Reply> reply) { context().tell(to(), ReplicaDigest{std::move(reply)}); }
  void on(const Close& request) { context().tell(to(), ReplicaClose{request.listener}); }
  void on(Follow&& request, ReplyTo<Follow::Reply> reply) { asked_.push_back({std::move(request), std::move(reply)}); }
  void on(Read&&, ReplyTo<Read::Reply> reply) { reads_.push_back(std::move(reply)); }
  void on(const Idle& idle) { idle_.push_back(idle.received); }

 private:
  Ref<DocumentReplica> to() { return context().find<DocumentReplica>("replica"); }
  std::deque<Asked>& asked_;
  std::deque<ReplyTo<Read::Reply>>& reads_;
  std::vector<std::uint64_t>& idle_;
};

/// Writes down what a client's session would hear.
class Session : public Actor<Session> {
 public:
  using Messages = troupe::Messages<DocumentEvents, DocumentReset, DocumentStatus>;
  explicit Session(std::vector<std::string>& heard) : heard_(heard) {}
  void on(const DocumentEvents& message) {
    for (const Event& event : message.batch->events)
      heard_.push_back(std::to_string(event.seq) + ":" + std::string(event.data.view()));
  }
  void on(const DocumentReset& reset) {
    heard_.push_back("reset " + std::to_string(reset.position.seq) + " " + std::string(reset.snapshot.view()));
  }
  void on(const DocumentStatus& status) { heard_.push_back(status.available ? "available" : "unavailable"); }

 private:
  std::vector<std::string>& heard_;
};

class DocumentReplicaTest : public testing::Test {
 protected:
  DocumentReplicaTest() {
    options_.types = text_types();
    front_ = world_.shard().spawn<Front>({}, std::ref(asked_), std::ref(reads_), idle_).value();
    replica_ = world_.shard()
                   .spawn<DocumentReplica>(
                       {.name = "replica"}, "text/a", options_, Ref<DocumentsActor>(front_.address()),
                       [this]() -> Result<Ref<DocumentsActor>> {
                         if (!owner_there_) return fail(ErrorCode::kUnreachable, "it is away");
                         return Ref<DocumentsActor>(front_.address());
                       },
                       world_.metrics())
                   .value();
    session_ = world_.shard().spawn<Session>({}, heard_).value();
    world_.run();
  }
  ~DocumentReplicaTest() override { world_.shard().stop_all(); }
  template <class M>
  Answer<typename M::Reply> ask(M message) {
    auto answer = std::make_shared<std::optional<Result<typename M::Reply>>>();
    world_.shard().ask(front_, std::move(message), 1min, [answer](auto result) { *answer = std::move(result); });
    world_.run();
    return answer;
  }
  Answer<Open::Reply> open(std::optional<Position> after = {}) {
    return ask(Open{"text/a", std::move(after), session_});
  }
  /// The owner's answer to the oldest question.
  void answer(Result<Follow::Reply> reply) {
    ASSERT_FALSE(asked_.empty());
    Front::Asked asked = std::move(asked_.front());
    asked_.pop_front();
    asked.reply(std::move(reply));
    world_.run();
  }
  static Follow::Reply state(std::uint64_t seq, const std::string& text) {
    return {{"e", seq}, seq * 100, Bytes::copy_of("text:" + text), {}};
  }
  static Follow::Reply events(std::uint64_t first, std::uint64_t last) {
    Follow::Reply reply{{"e", last}, 0, std::nullopt, {}};
    for (std::uint64_t seq = first; seq <= last; ++seq)
      reply.events.push_back(make_event(seq, "d" + std::to_string(seq)));
    return reply;
  }
  void publish(std::uint64_t first, std::uint64_t last, const std::string& epoch = "e") {
    world_.shard().tell(replica_, OwnerEvents{epoch, events(first, last).events});
    world_.run();
  }
  void reachable(bool yes) {
    world_.shard().tell(replica_, OwnerReachable{yes, "the test says so"});
    world_.run();
  }

  ActorFixture world_;
  DocumentOptions options_;
  std::deque<Front::Asked> asked_;
  std::deque<ReplyTo<Read::Reply>> reads_;
  std::vector<std::uint64_t> idle_;
  std::vector<std::string> heard_;
  bool owner_there_ = true;
  Ref<Front> front_;
  Ref<DocumentReplica> replica_;
  Ref<Session> session_;
};

TEST_F(DocumentReplicaTest, asks_the_owner_and_serves_from_what_it_has) {
  const auto opened = open();
  EXPECT_FALSE(opened->has_value());
  answer(state(2, "a,b"));
  EXPECT_EQ(opened->value()->position, (Position{"e", 2}));
  EXPECT_EQ(opened->value()->snapshot->view(), "text:a,b");
  publish(3, 4);
  EXPECT_THAT(heard_, ElementsAre("3:d3", "4:d4"));
  const auto second = open();
  EXPECT_EQ(second->value()->snapshot->view(), "text:a,b,d3,d4") << "without asking anybody";
}

TEST_F(DocumentReplicaTest, a_client_that_was_here_before_gets_the_events_it_lacks) {
  answer(state(0, ""));
  publish(1, 5);
  const auto opened = open(Position{"e", 3});
  EXPECT_FALSE(opened->value()->snapshot.has_value());
  ASSERT_TRUE(opened->value()->events);
  EXPECT_EQ(opened->value()->events->events.size(), 2U);
  EXPECT_FALSE(open(Position{"e", 5})->value()->events) << "it has all";
  EXPECT_TRUE(open(Position{"another", 3})->value()->snapshot.has_value());
}

TEST_F(DocumentReplicaTest, a_gap_is_not_shown_but_filled) {
  answer(state(0, ""));
  open();
  publish(1, 2);
  publish(4, 5);
  EXPECT_THAT(heard_, ElementsAre("1:d1", "2:d2"));
  ASSERT_EQ(asked_.size(), 1U);
  EXPECT_EQ(asked_.front().request.has, (Position{"e", 2}));
  answer(events(3, 5));
  publish(5, 6);
  EXPECT_THAT(heard_, ElementsAre("1:d1", "2:d2", "3:d3", "4:d4", "5:d5", "6:d6")) << "and none twice";
  EXPECT_EQ(world_.metric("troupe_document_gaps_total"), 3);
}

TEST_F(DocumentReplicaTest, a_batch_with_a_gap_inside_is_taken_up_to_it) {
  answer(state(0, ""));
  open();
  OwnerEvents odd{"e", events(1, 2).events};
  odd.events.push_back(make_event(9, "d9"));
  world_.shard().tell(replica_, odd);
  world_.run();
  EXPECT_THAT(heard_, ElementsAre("1:d1", "2:d2"));
  EXPECT_EQ(asked_.size(), 1U);
  EXPECT_EQ(open()->value()->snapshot->view(), "text:d1,d2");
}

TEST_F(DocumentReplicaTest, what_is_not_of_this_life_of_the_document_is_ignored) {
  answer(state(0, ""));
  open();
  publish(1, 1, "another");
  world_.shard().tell(replica_, OwnerEvents{"e", {}});
  world_.run();
  EXPECT_THAT(heard_, IsEmpty());
}

TEST_F(DocumentReplicaTest, the_hash_goes_on_from_the_snapshots) {
  answer(state(2, "a,b"));
  publish(3, 3);
  const auto digest = ask(GetDigest{"text/a"});
  EXPECT_EQ(digest->value()->position.seq, 3U);
  EXPECT_EQ(digest->value()->hash, next_hash(200, make_event(3, "d3")));
}

TEST_F(DocumentReplicaTest, a_new_state_takes_the_place_of_everything) {
  answer(state(2, "a,b"));
  open();
  world_.advance(options_.repair_interval * 2);
  answer(Follow::Reply{{"f", 1}, 7, Bytes::copy_of("text:new"), {}});
  EXPECT_THAT(heard_, ElementsAre("reset 1 text:new"));
  EXPECT_EQ(world_.metric("troupe_document_resets_total"), 1);
}

TEST_F(DocumentReplicaTest, an_answer_that_events_have_overtaken_changes_nothing) {
  answer(state(0, ""));
  open();
  world_.advance(options_.repair_interval * 2);
  publish(1, 3);
  answer(state(2, "d1,d2"));
  EXPECT_THAT(heard_, ElementsAre("1:d1", "2:d2", "3:d3"));
  EXPECT_EQ(open()->value()->snapshot->view(), "text:d1,d2,d3");
}

TEST_F(DocumentReplicaTest, asks_again_each_interval_so_that_nothing_stays_lost) {
  answer(state(0, ""));
  world_.advance(options_.repair_interval * 2);
  ASSERT_EQ(asked_.size(), 1U);
  answer(events(1, 2));
  EXPECT_EQ(open()->value()->position.seq, 2U);
}

TEST_F(DocumentReplicaTest, a_remade_link_is_asked_over_at_once_whatever_was_under_way) {
  ASSERT_EQ(asked_.size(), 1U);
  reachable(true);
  ASSERT_EQ(asked_.size(), 2U) << "the first question may be lost";
  asked_.pop_front();
  answer(state(1, "a"));
  EXPECT_EQ(open()->value()->position.seq, 1U);
}

TEST_F(DocumentReplicaTest, goes_on_serving_while_the_owner_is_away_and_says_so) {
  answer(state(1, "a"));
  open();
  reachable(false);
  EXPECT_THAT(heard_, ElementsAre("unavailable"));
  const auto opened = open();
  EXPECT_EQ(opened->value()->snapshot->view(), "text:a");
  EXPECT_THAT(heard_, ElementsAre("unavailable", "unavailable")) << "the newcomer is told too";
  reachable(true);
  answer(events(2, 2));
  EXPECT_THAT(heard_, ElementsAre("unavailable", "unavailable", "2:d2", "available"));
}

TEST_F(DocumentReplicaTest, whom_the_owner_does_not_answer_it_tells_and_tries_on) {
  const auto opened = open();
  answer(fail(ErrorCode::kUnavailable, "the disk"));
  EXPECT_EQ(opened->value().error().code, ErrorCode::kUnavailable);
  world_.advance(1s);
  EXPECT_EQ(asked_.size(), 1U);
  answer(state(1, "a"));
  EXPECT_TRUE(open()->value().has_value());
}

TEST_F(DocumentReplicaTest, an_owner_that_was_never_seen_is_unavailable_at_once) {
  answer(fail(ErrorCode::kUnreachable, ""));
  owner_there_ = false;
  world_.advance(3s);
  EXPECT_EQ(open()->value().error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(ask(GetDigest{"text/a"})->value().error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(ask(CatchUp{"text/a", {"e", 1}})->value().error().code, ErrorCode::kUnavailable);
}

TEST_F(DocumentReplicaTest, a_state_that_cannot_be_read_leaves_nobody_waiting) {
  const auto opened = open();
  answer(Follow::Reply{{"e", 1}, 1, Bytes::copy_of("garbage"), {}});
  ASSERT_TRUE(opened->has_value());
  EXPECT_EQ(opened->value().error().code, ErrorCode::kUnavailable);
}

TEST_F(DocumentReplicaTest, a_client_from_a_node_that_is_ahead_waits_until_this_one_has_caught_up) {
  answer(state(1, "a"));
  const auto opened = open(Position{"e", 2});
  EXPECT_FALSE(opened->has_value());
  answer(events(2, 3));
  EXPECT_FALSE(opened->value()->snapshot.has_value());
  EXPECT_EQ(opened->value()->events->events.size(), 1U);
}

TEST_F(DocumentReplicaTest, it_is_not_sent_back_by_an_answer_from_before_it_came) {
  answer(state(1, "a"));
  world_.advance(options_.repair_interval * 2);
  ASSERT_EQ(asked_.size(), 1U);
  const auto opened = open(Position{"e", 3});
  answer(events(2, 2));
  EXPECT_FALSE(opened->has_value()) << "the owner said so before the client came";
  answer(events(3, 3));
  ASSERT_TRUE(opened->has_value());
  EXPECT_FALSE(opened->value()->snapshot.has_value());
  EXPECT_EQ(opened->value()->position.seq, 3U);
}

TEST_F(DocumentReplicaTest, a_client_that_claims_more_than_there_is_gets_what_there_is) {
  answer(state(1, "a"));
  const auto opened = open(Position{"e", 99});
  answer(events(2, 2));
  EXPECT_EQ(opened->value()->snapshot->view(), "text:a,d2");
}

TEST_F(DocumentReplicaTest, who_missed_old_events_gets_them_from_the_owner_but_none_ahead_of_this_node) {
  answer(state(5, "five"));
  const auto caught_up = ask(CatchUp{"text/a", {"e", 2}});
  ASSERT_EQ(reads_.size(), 1U);
  reads_.front()(Read::Reply{"e", 7, events(3, 7).events});
  world_.run();
  EXPECT_EQ(caught_up->value()->events->events.size(), 3U);
  const auto again = ask(CatchUp{"text/a", {"e", 2}});
  reads_.back()(fail(ErrorCode::kUnavailable, ""));
  world_.run();
  EXPECT_EQ(again->value()->snapshot->view(), "text:five") << "if they cannot be had";
}

TEST_F(DocumentReplicaTest, asks_to_be_put_away_when_nobody_listens) {
  answer(state(1, "a"));
  open();
  for (int i = 0; i < 4; ++i) {
    world_.advance(2min);
    EXPECT_THAT(idle_, IsEmpty());
  }
  world_.shard().tell(front_, Close{"text/a", session_});
  world_.advance(options_.idle_timeout + 1min);
  ASSERT_FALSE(idle_.empty());
  EXPECT_EQ(idle_.back(), 2U) << "of Open and Close";
}

TEST_F(DocumentReplicaTest, a_listener_that_ended_is_forgotten) {
  answer(state(0, ""));
  open();
  world_.shard().send(Envelope::make(EnvelopeKind::kStop), session_.address());
  world_.run();
  publish(1, 1);
  EXPECT_EQ(world_.metric("troupe_dead_letters_total"), 0);
}

}  // namespace
}  // namespace troupe::document
