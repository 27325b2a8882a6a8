#include "troupe/actor/shard.hpp"

#include <gtest/gtest.h>

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

TEST(Shard, a_restarted_actor_keeps_its_address_and_mailbox_and_begins_anew) {
  ActorFixture world;
  SpawnOptions options;
  options.supervision.on_failure = OnFailure::kRestart;
  auto counter = world.shard().spawn<Counter>(options, 5).value();
  world.shard().tell(counter, Add{10});
  world.shard().tell(counter, Fail{});
  world.shard().tell(counter, Add{1});
  world.run();
  EXPECT_EQ(world.ask(counter, Get{}), 6);  // The ask waits out the pause.
}

class Watching : public Actor<Watching> {
 public:
  using Messages = troupe::Messages<Get>;
  explicit Watching(Address target, std::vector<Down>& downs) : target_(target), downs_(downs) {}
  void on_start() override {
    context().monitor(target_, [this](const Down& down) { downs_.push_back(down); });
  }
  int on(const Get&) { return 0; }

 private:
  Address target_;
  std::vector<Down>& downs_;
};

TEST(Shard, a_monitor_reports_the_end_across_shards_once) {
  ActorFixture world(2);
  std::vector<Down> downs;
  auto counter = world.shard(0).spawn<Counter>({}).value();
  world.shard(1).spawn<Watching>({}, counter.address(), downs).value();
  world.run();
  world.shard(0).tell(counter, Fail{});
  world.run();
  ASSERT_EQ(downs.size(), 1U);
  EXPECT_EQ(downs[0].reason, EndReason::kFailed);
  EXPECT_EQ(downs[0].detail, "told to fail");
  EXPECT_EQ(downs[0].actor, counter.address());
}

}  // namespace
}  // namespace troupe
