#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "troupe/actor/fixture.hpp"
#include "troupe/actor/puppet.hpp"

// What becomes of an actor that fails, and of its family.
namespace troupe {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Add {
  static constexpr auto wire_name = "supervision.add";
  int by = 0;
};
struct Get {
  static constexpr auto wire_name = "supervision.get";
  using Reply = int;
};
struct Fail {
  static constexpr auto wire_name = "supervision.fail";
};

class Counter : public Actor<Counter> {
 public:
  using Messages = troupe::Messages<Add, Get, Fail>;
  explicit Counter(int start = 0) : total_(start) {}
  void on(const Add& add) { total_ += add.by; }
  int on(const Get&) { return total_; }
  void on(const Fail&) { throw std::runtime_error("told to fail"); }

 private:
  int total_ = 0;
};

SpawnOptions restarting(Supervision rule = {}) {
  rule.on_failure = OnFailure::kRestart;
  rule.backoff_jitter = 0;
  return {.supervision = rule};
}

Do failing() {
  return Do{[](Context&) { throw std::runtime_error("told to fail"); }};
}

TEST(Supervision, the_rule_is_to_stop_unless_another_is_given) {
  ActorFixture world;
  auto counter = world.shard().spawn<Counter>({}).value();
  world.shard().tell(counter, Fail{});
  world.run();
  EXPECT_EQ(world.shard().actor_count(), 0U);
  EXPECT_EQ(world.metric("troupe_actor_failures_total"), 1);
  EXPECT_EQ(world.metric("troupe_actor_restarts_total"), 0);
  EXPECT_THAT(world.log_lines().at(0), HasSubstr("Counter failed: told to fail (it stops)"));
}

TEST(Supervision, a_restarted_actor_keeps_its_address_and_mailbox_and_begins_anew) {
  ActorFixture world;
  auto counter = world.shard().spawn<Counter>(restarting(), 5).value();
  world.shard().tell(counter, Add{10});
  world.shard().tell(counter, Fail{});
  world.shard().tell(counter, Add{1});
  world.run();
  EXPECT_EQ(world.ask(counter, Get{}), 6);  // The ask waits out the pause.
  EXPECT_EQ(world.metric("troupe_actor_restarts_total"), 1);
}

TEST(Supervision, the_pause_doubles_up_to_its_maximum) {
  ActorFixture world;
  auto counter = world.shard().spawn<Counter>(restarting({.backoff_initial = 100ms, .backoff_max = 300ms})).value();
  for (const Duration pause : {100ms, 200ms, 300ms, 300ms}) {
    world.shard().tell(counter, Fail{});
    world.run();
    EXPECT_EQ(world.shard().next_timer(), world.now() + pause);
    world.advance(pause);
  }
}

TEST(Supervision, jitter_makes_a_pause_longer_by_up_to_its_fraction) {
  ActorFixture world;
  SpawnOptions options = restarting({.backoff_initial = 100ms});
  options.supervision.backoff_jitter = 0.5;
  for (int i = 0; i < 20; ++i) {
    auto counter = world.shard().spawn<Counter>(options).value();
    world.shard().tell(counter, Fail{});
    world.run();
    const Duration pause = world.shard().next_timer() - world.now();
    EXPECT_GE(pause, 100ms);
    EXPECT_LE(pause, 150ms);
    world.advance(pause);
  }
}

TEST(Supervision, an_endless_pause_is_one_that_does_not_overflow) {
  ActorFixture world;
  SpawnOptions options = restarting({.backoff_initial = Duration::max(), .backoff_max = Duration::max()});
  options.supervision.backoff_jitter = 1;
  options.supervision.restarts_within = Duration::max();
  auto counter = world.shard().spawn<Counter>(options).value();
  world.advance(1s);
  world.shard().tell(counter, Fail{});
  world.advance(24h);
  EXPECT_EQ(world.shard().actor_count(), 1U);
}

TEST(Supervision, too_many_restarts_within_the_time_end_the_actor) {
  ActorFixture world;
  auto counter = world.shard().spawn<Counter>(restarting({.restarts_max = 2, .restarts_within = 60s})).value();
  for (int i = 0; i < 2; ++i) {
    world.shard().tell(counter, Fail{});
    world.advance(10s);
    EXPECT_EQ(world.ask(counter, Get{}), 0);
  }
  world.shard().tell(counter, Fail{});
  world.advance(10s);
  EXPECT_EQ(world.ask(counter, Get{}).error().code, ErrorCode::kNoSuchActor);
}

TEST(Supervision, restarts_of_long_ago_do_not_count) {
  ActorFixture world;
  auto counter = world.shard().spawn<Counter>(restarting({.restarts_max = 1, .restarts_within = 60s})).value();
  for (int i = 0; i < 5; ++i) {
    world.shard().tell(counter, Fail{});
    world.advance(61s);
  }
  EXPECT_EQ(world.ask(counter, Get{}), 0);
}

TEST(Supervision, a_rule_that_restarts_without_end_is_refused) {
  ActorFixture world;
  const auto refused = world.shard().spawn<Counter>(restarting({.when_exhausted = OnFailure::kRestart}));
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
}

struct NotCopyable {
  NotCopyable() = default;
  NotCopyable(NotCopyable&&) = default;
};
class Owner : public Actor<Owner> {
 public:
  using Messages = troupe::Messages<Get>;
  explicit Owner(NotCopyable) {}
  int on(const Get&) { return 1; }
};

TEST(Supervision, an_actor_made_from_what_cannot_be_copied_cannot_restart) {
  ActorFixture world;
  EXPECT_EQ(world.shard().spawn<Owner>(restarting(), NotCopyable{}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(world.shard().spawn<Owner>({}, NotCopyable{}).has_value());
}

class FailsAtFirst : public Actor<FailsAtFirst> {
 public:
  using Messages = troupe::Messages<Get>;
  explicit FailsAtFirst(int& attempts) : attempts_(attempts) {
    if (++attempts < 3) throw std::runtime_error("not yet");
  }
  int on(const Get&) { return attempts_; }

 private:
  int& attempts_;
};

TEST(Supervision, a_constructor_that_throws_is_a_failure_like_any_other) {
  int attempts = 0;
  ActorFixture world;
  auto actor = world.shard().spawn<FailsAtFirst>(restarting(), std::ref(attempts)).value();
  EXPECT_EQ(world.ask(actor, Get{}, 5s), 3);

  attempts = 0;
  auto stopped = world.shard().spawn<FailsAtFirst>({.name = "first"}, attempts).value();
  EXPECT_EQ(world.ask(stopped, Get{}).error().code, ErrorCode::kNoSuchActor);
  EXPECT_TRUE(world.shard().spawn<Counter>({.name = "first"}).has_value()) << "the name is free again";
}

class TalksTooEarly : public Actor<TalksTooEarly> {
 public:
  using Messages = troupe::Messages<Get>;
  TalksTooEarly() { context().stop(); }
  int on(const Get&) { return 0; }
};

TEST(Supervision, using_the_context_in_the_constructor_fails_the_actor_and_nothing_else) {
  ActorFixture world;
  auto actor = world.shard().spawn<TalksTooEarly>({}).value();
  EXPECT_EQ(world.ask(actor, Get{}).error().code, ErrorCode::kNoSuchActor);
  EXPECT_THAT(world.log_lines().at(0), HasSubstr("no context in its constructor"));
}

class FailsToStart : public Actor<FailsToStart> {
 public:
  using Messages = troupe::Messages<Get>;
  explicit FailsToStart(int& stops) : stops_(stops) {}
  void on_start() override { throw 42; }
  void on_stop() override { ++stops_; }
  int on(const Get&) { return 0; }

 private:
  int& stops_;
};

TEST(Supervision, a_failing_start_ends_the_actor_without_on_stop) {
  int stops = 0;
  ActorFixture world;
  auto actor = world.shard().spawn<FailsToStart>({}, stops).value();
  EXPECT_EQ(world.ask(actor, Get{}).error().code, ErrorCode::kNoSuchActor);
  EXPECT_EQ(stops, 0);
  EXPECT_THAT(world.log_lines().at(0), HasSubstr("not a std::exception"));
}

TEST(Supervision, an_exception_in_a_callback_fails_the_actor) {
  ActorFixture world;
  auto puppet = world.shard().spawn<Puppet>({}).value();
  world.shard().tell(puppet, Do{[](Context& context) { context.after(1s, [] { throw std::runtime_error("late"); }); }});
  world.advance(1s);
  EXPECT_EQ(world.shard().actor_count(), 0U);
}

TEST(Supervision, children_end_before_their_parent_when_it_stops) {
  std::vector<std::string> events;
  ActorFixture world;
  auto parent = world.shard().spawn<Puppet>({}, "parent", events).value();
  world.shard().tell(parent, Do{[&](Context& context) {
                       auto child = context.spawn<Puppet>("child", events);
                       context.tell(child, Do{[&](Context& inner) { inner.spawn<Puppet>("grandchild", events); }});
                     }});
  world.run();
  world.shard().tell(parent, Do{[](Context& context) { context.stop(); }});
  world.run();
  EXPECT_THAT(events, ElementsAre("start parent", "start child", "start grandchild", "stop grandchild", "stop child",
                                  "stop parent"));
  EXPECT_EQ(world.shard().actor_count(), 0U);
}

TEST(Supervision, children_end_when_their_parent_restarts) {
  std::vector<std::string> events;
  ActorFixture world;
  auto parent = world.shard().spawn<Puppet>(restarting(), "parent", std::ref(events)).value();
  world.shard().tell(parent, Do{[&](Context& context) { context.spawn<Puppet>("child", events); }});
  world.run();
  world.shard().tell(parent, failing());
  world.advance(1s);
  EXPECT_THAT(events, ElementsAre("start parent", "start child", "stop child", "start parent"));
}

TEST(Supervision, escalation_fails_the_parent_in_the_childs_place) {
  std::vector<std::string> events;
  ActorFixture world;
  auto parent = world.shard().spawn<Puppet>(restarting(), "parent", std::ref(events)).value();
  world.shard().tell(parent, Do{[](Context& context) {
                       auto child =
                           context.spawn_with<Puppet>({.supervision = {.on_failure = OnFailure::kEscalate}}).value();
                       context.tell(child, failing());
                     }});
  world.advance(1s);
  EXPECT_THAT(events, ElementsAre("start parent", "start parent"));
  EXPECT_EQ(world.shard().actor_count(), 1U);
  EXPECT_THAT(world.log_lines().at(1), HasSubstr("its child troupe::Puppet failed: told to fail (it restarts)"));
}

class Broken : public Actor<Broken> {
 public:
  using Messages = troupe::Messages<Get>;
  Broken() { throw std::runtime_error("broken"); }
  int on(const Get&) { return 0; }
};
const SpawnOptions kEscalating{.supervision = {.on_failure = OnFailure::kEscalate}};

TEST(Supervision, a_child_that_escalates_in_its_constructor_fails_the_parent_after_its_turn) {
  ActorFixture world;
  bool finished = false;
  auto parent = world.shard().spawn<Puppet>({}).value();
  world.shard().tell(parent, Do{[&](Context& context) {
                       EXPECT_TRUE(context.spawn_with<Broken>(kEscalating).has_value());
                       finished = true;
                     }});
  world.run();
  EXPECT_TRUE(finished);
  EXPECT_EQ(world.shard().actor_count(), 0U);
}

TEST(Supervision, an_escalation_in_a_turn_that_fails_anyway_does_not_fail_the_next_one) {
  ActorFixture world;
  auto parent = world.shard().spawn<Puppet>(restarting()).value();
  world.shard().tell(parent, Do{[&](Context& context) {
                       EXPECT_TRUE(context.spawn_with<Broken>(kEscalating).has_value());
                       throw std::runtime_error("both");
                     }});
  world.advance(10s);
  EXPECT_EQ(world.metric("troupe_actor_restarts_total"), 1);
}

TEST(Supervision, when_restarts_are_exhausted_the_rule_may_escalate) {
  ActorFixture world;
  auto parent = world.shard().spawn<Puppet>({}).value();
  world.shard().tell(parent, Do{[](Context& context) {
                       auto options = restarting({.restarts_max = 0, .when_exhausted = OnFailure::kEscalate});
                       context.tell(context.spawn_with<Puppet>(options).value(), failing());
                     }});
  world.run();
  EXPECT_EQ(world.shard().actor_count(), 0U);
}

TEST(Supervision, an_actor_that_asked_to_stop_is_not_restarted) {
  ActorFixture world;
  auto puppet = world.shard().spawn<Puppet>(restarting()).value();
  world.shard().tell(puppet, Do{[](Context& context) {
                       context.stop();
                       throw std::runtime_error("on the way out");
                     }});
  world.run();
  EXPECT_EQ(world.shard().actor_count(), 0U);
  EXPECT_EQ(world.metric("troupe_actor_restarts_total"), 0);
}

TEST(Supervision, a_parent_may_end_while_its_child_waits_for_its_restart) {
  ActorFixture world;
  auto parent = world.shard().spawn<Puppet>({}).value();
  world.shard().tell(
      parent, Do{[](Context& context) { context.tell(context.spawn_with<Puppet>(restarting()).value(), failing()); }});
  world.run();
  EXPECT_EQ(world.shard().actor_count(), 2U);
  world.shard().tell(parent, Do{[](Context& context) { context.stop(); }});
  world.advance(1min);
  EXPECT_EQ(world.shard().actor_count(), 0U);
}

}  // namespace
}  // namespace troupe
