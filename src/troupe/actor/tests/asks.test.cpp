#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>

#include "troupe/actor/fixture.hpp"
#include "troupe/actor/puppet.hpp"
#include "troupe/actor/tests/answers.hpp"

// Questions and answers: each ask has one answer or one error, as a later turn, or none if the one who asked is gone.
namespace troupe {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Divide {
  static constexpr auto wire_name = "asks.divide";
  using Reply = int;
  int by = 1;
};
struct Later {
  static constexpr auto wire_name = "asks.later";
  using Reply = int;
};
struct AnswerAll {
  static constexpr auto wire_name = "asks.answer_all";
  int with = 0;
};
struct DropAll {
  static constexpr auto wire_name = "asks.drop_all";
};
struct Break {
  static constexpr auto wire_name = "asks.break";
};

/// Answers at once (Divide), or when it is told to (Later).
class Oracle : public Actor<Oracle> {
 public:
  using Messages = troupe::Messages<Divide, Later, AnswerAll, DropAll, Break>;
  Result<int> on(const Divide& divide) {
    if (divide.by == 0) return fail(ErrorCode::kInvalidArgument, "by zero");
    if (divide.by < 0) throw std::runtime_error("negative");
    return 100 / divide.by;
  }
  void on(const Later&, ReplyTo<int> reply) { waiting_.push_back(std::move(reply)); }
  void on(const AnswerAll& answer) {
    for (ReplyTo<int>& each : waiting_) {
      each(answer.with);
      each(answer.with + 1);  // Counts for nothing.
    }
  }
  void on(const DropAll&) { waiting_.clear(); }
  void on(const Break&) { throw std::runtime_error("broken"); }

 private:
  std::vector<ReplyTo<int>> waiting_;
};

Do ask_later(Ref<Oracle> oracle, Answers& answers, Duration within = 5s) {
  return Do{[=, &answers](Context& context) { context.ask(oracle, Later{}, within, answers.callback()); }};
}

TEST(Asks, a_handler_answers_with_a_value_or_an_error) {
  ActorFixture world;
  auto oracle = world.shard().spawn<Oracle>({}).value();
  EXPECT_EQ(world.ask(oracle, Divide{4}), 25);
  EXPECT_EQ(world.ask(oracle, Divide{0}).error(), (Error{ErrorCode::kInvalidArgument, "by zero"}));
}

TEST(Asks, the_answer_is_a_later_turn) {
  Answers answers;
  ActorFixture world;
  auto oracle = world.shard().spawn<Oracle>({}).value();
  auto puppet = world.shard().spawn<Puppet>({}).value();
  world.shard().tell(puppet, Do{[&](Context& context) {
                       context.ask(oracle, Divide{2}, 1s, answers.callback());
                       EXPECT_TRUE(answers.list.empty());
                     }});
  world.shard().tell(puppet,
                     Do{[&](Context&) { EXPECT_TRUE(answers.list.empty()) << "not in the same batch either"; }});
  world.run();
  EXPECT_THAT(answers.list, ElementsAre("50"));
  EXPECT_EQ(world.shard().ask_count(), 0U);
  EXPECT_EQ(world.shard().timer_count(), 0U) << "the deadline is gone with the answer";
}

TEST(Asks, an_exception_in_the_handler_is_answered_with_actor_failed) {
  ActorFixture world;
  auto oracle = world.shard().spawn<Oracle>({}).value();
  const auto answer = world.ask(oracle, Divide{-1});
  EXPECT_EQ(answer.error().code, ErrorCode::kActorFailed);
  EXPECT_THAT(answer.error().detail, HasSubstr("Oracle failed: negative"));
}

class FailsHolding : public Actor<FailsHolding> {
 public:
  using Messages = troupe::Messages<Later>;
  void on(const Later&, ReplyTo<int>) { throw std::runtime_error("while it holds the reply"); }
};

TEST(Asks, so_is_one_in_a_handler_that_was_to_answer_later) {
  ActorFixture world;
  auto actor = world.shard().spawn<FailsHolding>({}).value();
  EXPECT_EQ(world.ask(actor, Later{}).error().code, ErrorCode::kActorFailed);
}

TEST(Asks, a_reply_may_be_given_in_a_later_turn_and_counts_once) {
  Answers answers;
  ActorFixture world(2);
  auto oracle = world.shard(0).spawn<Oracle>({}).value();
  auto puppet = world.shard(1).spawn<Puppet>({}).value();
  world.shard(1).tell(puppet, ask_later(oracle, answers));
  world.shard(1).tell(puppet, ask_later(oracle, answers));
  world.run();
  EXPECT_TRUE(answers.list.empty());
  world.shard(0).tell(oracle, AnswerAll{7});
  world.run();
  EXPECT_THAT(answers.list, ElementsAre("7", "7"));
}

TEST(Asks, a_dropped_reply_is_answered_with_cancelled) {
  Answers answers;
  ActorFixture world;
  auto oracle = world.shard().spawn<Oracle>({}).value();
  auto puppet = world.shard().spawn<Puppet>({}).value();
  world.shard().tell(puppet, ask_later(oracle, answers));
  world.run();
  world.shard().tell(oracle, DropAll{});
  world.run();
  EXPECT_THAT(answers.list, ElementsAre("cancelled"));
}

TEST(Asks, an_actor_that_ends_cancels_what_it_has_not_answered) {
  Answers answers;
  ActorFixture world;
  auto oracle = world.shard().spawn<Oracle>({}).value();
  auto puppet = world.shard().spawn<Puppet>({}).value();
  world.shard().tell(puppet, ask_later(oracle, answers));
  world.run();
  world.shard().tell(oracle, Break{});
  world.run();
  EXPECT_THAT(answers.list, ElementsAre("cancelled"));
}

TEST(Asks, an_ask_told_instead_needs_no_answer) {
  ActorFixture world;
  auto oracle = world.shard().spawn<Oracle>({}).value();
  world.shard().tell(oracle, Divide{0});
  world.shard().tell(oracle, Later{});
  world.shard().tell(oracle, AnswerAll{1});
  world.run();
  EXPECT_EQ(world.metric("troupe_dead_letters_total"), 0);
}

TEST(Asks, the_deadline_comes_to_the_asker_and_a_late_answer_to_nobody) {
  Answers answers;
  ActorFixture world;
  auto oracle = world.shard().spawn<Oracle>({}).value();
  auto puppet = world.shard().spawn<Puppet>({}).value();
  world.shard().tell(puppet, ask_later(oracle, answers, 2s));
  world.advance(1999ms);
  EXPECT_TRUE(answers.list.empty());
  world.advance(1ms);
  EXPECT_THAT(answers.list, ElementsAre("timeout"));
  world.shard().tell(oracle, AnswerAll{7});
  world.run();
  EXPECT_EQ(answers.list.size(), 1U);
}

TEST(Asks, an_ask_without_end_waits) {
  Answers answers;
  ActorFixture world;
  auto oracle = world.shard().spawn<Oracle>({}).value();
  auto puppet = world.shard().spawn<Puppet>({}).value();
  world.advance(1s);
  world.shard().tell(puppet, ask_later(oracle, answers, Duration::max()));
  world.advance(1h);
  EXPECT_TRUE(answers.list.empty());
  world.shard().tell(oracle, AnswerAll{7});
  world.run();
  EXPECT_THAT(answers.list, ElementsAre("7"));
}

TEST(Asks, of_an_asker_that_ended_nothing_is_left) {
  Answers answers;
  ActorFixture world;
  auto oracle = world.shard().spawn<Oracle>({}).value();
  for (const bool fails : {false, true}) {
    auto puppet = world.shard().spawn<Puppet>({}).value();
    for (int i = 0; i < 3; ++i) world.shard().tell(puppet, ask_later(oracle, answers));
    world.run();
    EXPECT_EQ(world.shard().ask_count(), 3U);
    world.shard().tell(puppet, Do{[fails](Context& context) {
                         if (fails) throw std::runtime_error("gone");
                         context.stop();
                       }});
    world.run();
    EXPECT_EQ(world.shard().ask_count(), 0U);
    EXPECT_EQ(world.shard().timer_count(), 0U);
  }
  world.shard().tell(oracle, AnswerAll{7});
  world.advance(1min);
  EXPECT_TRUE(answers.list.empty());
}

TEST(Asks, a_restart_forgets_what_the_earlier_object_asked) {
  Answers answers;
  ActorFixture world;
  auto oracle = world.shard().spawn<Oracle>({}).value();
  auto puppet = world.shard().spawn<Puppet>({.supervision = {.on_failure = OnFailure::kRestart}}).value();
  world.shard().tell(puppet, ask_later(oracle, answers));
  world.shard().tell(puppet, Do{[](Context&) { throw std::runtime_error("again"); }});
  world.advance(1s);
  world.shard().tell(oracle, AnswerAll{7});
  world.run();
  EXPECT_TRUE(answers.list.empty());
  EXPECT_EQ(world.shard().ask_count(), 0U);
}

/// Passes a question on, and holds the reply in the callback.
class Middle : public Actor<Middle> {
 public:
  using Messages = troupe::Messages<Later, Break>;
  explicit Middle(Ref<Oracle> oracle) : oracle_(oracle) {}
  void on(const Later& question, ReplyTo<int> reply) {
    context().ask(oracle_, Later(question), 5s,
                  [reply = std::move(reply)](Result<int> answer) mutable { reply(std::move(answer)); });
  }
  void on(const Break&) { throw std::runtime_error("broken"); }

 private:
  Ref<Oracle> oracle_;
};

TEST(Asks, a_question_can_be_passed_on) {
  Answers answers;
  ActorFixture world;
  auto oracle = world.shard().spawn<Oracle>({}).value();
  auto middle = world.shard().spawn<Middle>({}, oracle).value();
  world.shard().ask(middle, Later{}, 5s, answers.callback());
  world.run();
  world.shard().tell(oracle, AnswerAll{7});
  world.run();
  EXPECT_THAT(answers.list, ElementsAre("7"));

  world.shard().ask(middle, Later{}, 5s, answers.callback());
  world.run();
  world.shard().tell(middle, Break{});
  world.run();  // Time stands still: no deadline was needed to learn it.
  EXPECT_THAT(answers.list, ElementsAre("7", "cancelled"));
}

TEST(Asks, an_empty_ref_and_a_full_mailbox_answer_too) {
  Answers answers;
  ActorFixture world;
  auto puppet = world.shard().spawn<Puppet>({}).value();
  auto oracle = world.shard().spawn<Oracle>({.mailbox_messages_max = 1}).value();
  world.shard().tell(puppet, Do{[&](Context& context) {
                       context.ask(Ref<Oracle>(), Divide{1}, 1s, answers.callback());
                       context.ask(oracle, Divide{1}, 1s, answers.callback());
                       context.ask(oracle, Divide{1}, 1s, answers.callback());
                     }});
  world.run();
  EXPECT_THAT(answers.list, testing::UnorderedElementsAre("no_such_actor", "queue_full", "100"));
}

TEST(Asks, there_is_a_bound_on_asks_under_way) {
  Answers answers;
  ActorFixture world(1, {.asks_max = 2});
  auto oracle = world.shard().spawn<Oracle>({}).value();
  auto puppet = world.shard().spawn<Puppet>({}).value();
  for (int i = 0; i < 3; ++i) world.shard().tell(puppet, ask_later(oracle, answers));
  world.shard().tell(puppet, Do{[&](Context& context) { context.completion<int>(1s, answers.callback())(5); }});
  world.run();
  EXPECT_THAT(answers.list, ElementsAre("queue_full", "queue_full"));
  world.shard().tell(oracle, AnswerAll{7});
  world.run();
  EXPECT_THAT(answers.list, ElementsAre("queue_full", "queue_full", "7", "7"));
}

/// A world whose queues, to other shards and to other nodes, answer as the test says.
struct Refusing final : ShardHost, LogSink {
  SendOutcome send_to_shard(std::uint32_t, EnvelopePtr) override { return outcome; }
  SendOutcome send_to_node(const NodeId&, EnvelopePtr) override { return outcome; }
  void inject(EnvelopePtr) override {}
  bool enabled(LogLevel) const override { return false; }
  void write(LogLevel, std::string_view, std::string_view) override {}
  SendOutcome outcome = SendOutcome::kTaken;
};

TEST(Asks, a_queue_that_refuses_the_question_fails_the_ask_at_once) {
  Answers answers;
  Refusing host;
  NameTable names;
  Metrics metrics;
  Shard shard({.shards = 2, .node = {1, 1}}, host, names, metrics, host, Random(1));
  const Ref<Oracle> elsewhere(Address{{1, 1}, ActorId::at(1, 5, 1)});
  const Ref<Oracle> far(Address{{2, 0}, ActorId::at(1, 5, 1)});
  for (const SendOutcome outcome : {SendOutcome::kFull, SendOutcome::kUnreachable, SendOutcome::kTooLarge}) {
    host.outcome = outcome;
    shard.ask(elsewhere, Divide{1}, 1s, answers.callback());
    shard.ask(far, Divide{1}, 1s, answers.callback());
  }
  EXPECT_TRUE(shard.has_ready());
  shard.run({});
  EXPECT_THAT(answers.list,
              ElementsAre("queue_full", "queue_full", "unreachable", "unreachable", "too_large", "too_large"));
}

TEST(Asks, when_the_node_goes_down_its_asks_are_unreachable) {
  Answers answers;
  ActorFixture world;
  auto puppet = world.shard().spawn<Puppet>({}).value();
  const NodeId far{99, 3};
  for (const NodeId& node : {far, NodeId{99, 0}, NodeId{99, 4}, NodeId{98, 3}}) {
    world.shard().tell(puppet, ask_later(Ref<Oracle>(Address{node, ActorId::at(0, 1, 1)}), answers));
  }
  world.run();
  world.shard().node_down(far, "no heartbeat");
  world.run();
  EXPECT_THAT(answers.list, ElementsAre("unreachable", "unreachable"));
  EXPECT_EQ(world.shard().ask_count(), 2U);
}

TEST(Asks, an_answer_counts_only_for_the_one_who_asked) {
  Answers answers;
  ActorFixture world;
  auto oracle = world.shard().spawn<Oracle>({}).value();
  auto puppet = world.shard().spawn<Puppet>({}).value();
  auto other = world.shard().spawn<Puppet>({}).value();
  world.shard().tell(puppet, ask_later(oracle, answers));
  world.run();
  for (const Ref<Puppet>& to : {other, puppet}) {
    EnvelopePtr answer = Envelope::make(EnvelopeKind::kReply, int{13});
    answer->correlation = 1;
    answer->recipient = to.address().actor;
    world.shard().deliver(std::move(answer));
    world.run();
    EXPECT_EQ(answers.list.size(), to == puppet ? 1U : 0U);
  }
}

TEST(Asks, an_answer_of_another_type_is_corrupt) {
  Answers answers;
  ActorFixture world;
  auto oracle = world.shard().spawn<Oracle>({}).value();
  world.shard().ask(oracle, Later{}, 1s, answers.callback());
  EnvelopePtr answer = Envelope::make(EnvelopeKind::kReply, std::string("thirteen"));
  answer->correlation = 1;
  answer->recipient = ActorId::at(0, 0, 1);
  world.shard().deliver(std::move(answer));
  world.run();
  EXPECT_THAT(answers.list, ElementsAre("corrupt"));
}

}  // namespace
}  // namespace troupe
