#include "troupe/actor/shard.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>

#include "troupe/actor/fixture.hpp"

namespace troupe {
namespace {

struct Add {
  static constexpr auto wire_name = "counter.add";
  int by = 0;
};
struct Get {
  static constexpr auto wire_name = "counter.get";
  using Reply = int;
};
struct Fail {
  static constexpr auto wire_name = "counter.fail";
};
struct Stop {
  static constexpr auto wire_name = "counter.stop";
};

class Counter : public Actor<Counter> {
 public:
  using Messages = troupe::Messages<Add, Get, Fail, Stop>;
  explicit Counter(int start = 0) : total_(start) {}
  void on(const Add& add) { total_ += add.by; }
  int on(const Get&) { return total_; }
  void on(const Fail&) { throw std::runtime_error("told to fail"); }
  void on(const Stop&) { context().stop(); }

 private:
  int total_ = 0;
};

struct Unhandled {
  static constexpr auto wire_name = "counter.unhandled";
};
template <class A, class M>
concept CanTell = requires(Shard& shard, Ref<A> ref, M message) { shard.tell(ref, message); };
static_assert(CanTell<Counter, Add>);
static_assert(!CanTell<Counter, Unhandled>, "a message that the actor does not handle must not compile");

TEST(Shard, messages_arrive_in_the_order_in_which_they_were_sent) {
  ActorFixture world;
  auto counter = world.shard().spawn<Counter>({}, 40).value();
  world.shard().tell(counter, Add{2});
  EXPECT_EQ(world.ask(counter, Get{}), 42);
}

TEST(Shard, an_actor_that_throws_ends_alone_and_its_asker_is_told) {
  ActorFixture world;
  auto first = world.shard().spawn<Counter>({}).value();
  auto second = world.shard().spawn<Counter>({}, 7).value();
  world.shard().tell(first, Fail{});
  world.run();
  const auto answer = world.ask(first, Get{});
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, ErrorCode::kNoSuchActor);
  EXPECT_EQ(world.ask(second, Get{}), 7);
  EXPECT_EQ(world.metric("troupe_actor_failures_total"), 1);
  EXPECT_EQ(world.metric("troupe_dead_letters_total"), 1);
}

TEST(Shard, a_full_mailbox_refuses_and_says_so) {
  ActorFixture world;
  auto counter = world.shard().spawn<Counter>({.mailbox_messages_max = 2}).value();
  EXPECT_EQ(world.shard().tell(counter, Add{1}), SendOutcome::kTaken);
  EXPECT_EQ(world.shard().tell(counter, Add{1}), SendOutcome::kTaken);
  EXPECT_EQ(world.shard().tell(counter, Add{1}), SendOutcome::kFull);
  EXPECT_EQ(world.ask(counter, Get{}).error().code, ErrorCode::kQueueFull);
  EXPECT_EQ(world.ask(counter, Get{}), 2);
}

/// Handles its messages and notes who had a turn.
class Turner : public Actor<Turner> {
 public:
  using Messages = troupe::Messages<Add>;
  Turner(char name, std::string& turns) : name_(name), turns_(turns) {}
  void on(const Add&) { turns_ += name_; }

 private:
  char name_;
  std::string& turns_;
};

TEST(Shard, a_busy_actor_gives_way_after_a_batch) {
  std::string turns;
  ActorFixture world(1, {.turn_messages = 3});
  auto busy = world.shard().spawn<Turner>({}, 'b', turns).value();
  auto other = world.shard().spawn<Turner>({}, 'o', turns).value();
  for (int i = 0; i < 7; ++i) world.shard().tell(busy, Add{});
  for (int i = 0; i < 2; ++i) world.shard().tell(other, Add{});
  world.run();
  EXPECT_EQ(turns, "bbboobbbb");
}

TEST(Shard, run_gives_as_many_turns_as_it_was_told_to) {
  std::string turns;
  ActorFixture world;
  for (const char name : {'a', 'b', 'c'})
    world.shard().tell(world.shard().spawn<Turner>({}, name, turns).value(), Add{});
  EXPECT_TRUE(world.step());
  EXPECT_EQ(turns, "a");
  EXPECT_TRUE(world.shard().has_ready());
  EXPECT_TRUE(world.step());
  EXPECT_FALSE(world.step());
  EXPECT_EQ(turns, "abc");
}

EnvelopePtr task(ShardTask work) {
  return Envelope::make(EnvelopeKind::kTask, std::move(work), local_payload_type<ShardTask>);
}

TEST(Shard, runs_tasks_and_sees_them_before) {
  ActorFixture world;
  int ran = 0;
  world.shard().deliver(task([&](Shard& shard) { ran += shard.index() == 0 ? 1 : 0; }));
  EXPECT_TRUE(world.shard().has_ready()) << "a driver must not sleep now";
  EXPECT_FALSE(world.step());
  EXPECT_EQ(ran, 1);
}

TEST(Shard, a_task_that_posts_itself_again_does_not_keep_the_actors_waiting) {
  ActorFixture world;
  auto counter = world.shard().spawn<Counter>({}).value();
  int tasks = 0;
  std::function<void(Shard&)> again = [&](Shard& shard) {
    ++tasks;
    shard.deliver(task(again));
  };
  world.shard().deliver(task(again));
  world.shard().tell(counter, Stop{});
  EXPECT_TRUE(world.step());
  EXPECT_EQ(world.shard().actor_count(), 0U);
  EXPECT_EQ(tasks, 1);
}

class Slow : public Actor<Slow> {
 public:
  using Messages = troupe::Messages<Add, Stop>;
  void on(const Add&) {
    context().spawn<Counter>();
    seen();
  }
  void on(const Stop&) { context().stop(); }
  void on_stop() override { seen(); }

 private:
  void seen() {
    const TurnProbe& probe = context().shard().probe();
    EXPECT_EQ(probe.count % 2, 1U);
    EXPECT_EQ(probe.actor, &Slow::actor_type());
    EXPECT_EQ(probe.message,
              context().sender().actor.is_nobody() && probe.message == nullptr ? nullptr : &payload_type<Add>);
  }
};

TEST(Shard, a_watchdog_sees_what_runs_even_after_nested_code) {
  ActorFixture world;
  auto slow = world.shard().spawn<Slow>({}).value();
  world.shard().tell(slow, Add{});
  world.shard().tell(slow, Stop{});
  world.run();
  EXPECT_EQ(world.shard().probe().count % 2, 0U);
  EXPECT_GT(world.shard().probe().count, 0U);
}

TEST(Shard, dead_letters_are_counted_by_their_reason) {
  ActorFixture world;
  auto counter = world.shard().spawn<Counter>({}).value();
  world.shard().tell(counter, Stop{});
  world.shard().tell(counter, Add{1});
  world.run();
  EXPECT_EQ(world.shard().tell(counter, Add{1}), SendOutcome::kNoSuchActor);
  EXPECT_EQ(world.shard().tell(Ref<Counter>(), Add{1}), SendOutcome::kNoSuchActor);
  bool found = false;
  for (const MetricSample& sample : world.metrics().samples()) {
    if (sample.name != "troupe_dead_letters_total") continue;
    found = true;
    EXPECT_EQ(sample.labels.at("reason"), "no_such_actor");
    EXPECT_EQ(sample.value, 3);
  }
  EXPECT_TRUE(found);
}

TEST(Shard, a_callback_that_was_never_run_may_still_send_as_it_goes) {
  struct Farewell {
    Shard& shard;
    Ref<Counter> to;
    ~Farewell() { shard.tell(to, Add{1}); }
  };
  ActorFixture world;
  auto counter = world.shard().spawn<Counter>({}).value();
  auto farewell = std::make_shared<Farewell>(world.shard(), counter);
  world.shard().after(1h, [farewell] {});
  world.shard().ask(Ref<Counter>(Address{{9, 9}, ActorId::at(0, 1, 1)}), Get{}, 1h, [farewell](Result<int>) {});
}

}  // namespace
}  // namespace troupe
