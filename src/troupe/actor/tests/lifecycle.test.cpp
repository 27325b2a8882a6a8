#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "troupe/actor/fixture.hpp"
#include "troupe/actor/puppet.hpp"

// Stopping: who may stop whom, when, and what an actor can still do while it goes.
namespace troupe {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Lifecycle, stop_takes_effect_after_the_turn_and_the_rest_of_the_mailbox_is_lost) {
  int turns = 0;
  ActorFixture world;
  auto puppet = world.shard().spawn<Puppet>({}).value();
  for (int i = 0; i < 3; ++i) {
    world.shard().tell(puppet, Do{[&](Context& context) {
                         context.stop();
                         ++turns;
                       }});
  }
  world.run();
  EXPECT_EQ(turns, 1);
  EXPECT_EQ(world.metric("troupe_dead_letters_total"), 2);
  EXPECT_EQ(world.metric("troupe_actors"), 0);
}

TEST(Lifecycle, a_stop_from_another_comes_after_what_is_in_the_mailbox) {
  int turns = 0;
  ActorFixture world(2);
  auto puppet = world.shard(0).spawn<Puppet>({}).value();
  auto other = world.shard(1).spawn<Puppet>({}).value();
  world.shard(0).tell(puppet, Do{[&](Context&) { ++turns; }});
  world.shard(1).tell(other, Do{[&](Context& context) {
                        context.stop(puppet.address());
                        context.tell(puppet, Do{[&](Context&) { ++turns; }});
                      }});
  world.run();
  EXPECT_EQ(turns, 1);
  EXPECT_EQ(world.shard(0).actor_count(), 0U);
}

TEST(Lifecycle, stopping_an_actor_over_and_over_takes_one_place_in_its_mailbox) {
  ActorFixture world;
  auto puppet = world.shard().spawn<Puppet>({}).value();
  auto other = world.shard().spawn<Puppet>({}).value();
  world.shard().tell(other, Do{[&](Context& context) {
                       for (int i = 0; i < 1000; ++i) context.stop(puppet.address());
                     }});
  world.run();
  EXPECT_EQ(world.shard().actor_count(), 1U);
}

TEST(Lifecycle, a_child_may_stop_its_parent_and_ends_with_it) {
  std::vector<std::string> events;
  ActorFixture world;
  auto parent = world.shard().spawn<Puppet>({}, "parent", events).value();
  world.shard().tell(parent, Do{[&](Context& context) {
                       auto child = context.spawn<Puppet>("child", events);
                       context.tell(child, Do{[parent](Context& inner) { inner.stop(parent.address()); }});
                     }});
  world.run();
  EXPECT_THAT(events, ElementsAre("start parent", "start child", "stop child", "stop parent"));
}

TEST(Lifecycle, a_message_to_itself_in_the_last_turn_is_a_dead_letter) {
  ActorFixture world;
  auto puppet = world.shard().spawn<Puppet>({}).value();
  world.shard().tell(puppet, Do{[&](Context& context) {
                       context.tell(puppet, Do{[](Context&) { FAIL(); }});
                       context.stop();
                     }});
  world.run();
  EXPECT_EQ(world.metric("troupe_dead_letters_total"), 1);
}

/// Tries in its last turn, and in its destructor, all that would need a later one.
class Clinging : public Actor<Clinging> {
 public:
  using Messages = troupe::Messages<Do>;
  Clinging(Ref<Puppet> friend_of, std::vector<std::string>& events) : friend_(friend_of), events_(events) {}
  ~Clinging() override { cling(); }
  void on_stop() override {
    cling();
    EXPECT_EQ(context().spawn_with<Puppet>({}).error().code, ErrorCode::kStopping);
    context().tell(friend_, Do{[&events = events_](Context&) { events.push_back("farewell"); }});
  }
  void on(Do order) { order.action(context()); }

 private:
  void cling() {
    EXPECT_FALSE(context().after(1s, [this] { events_.push_back("timer"); }));
    EXPECT_FALSE(context().every(1s, [this] { events_.push_back("timer"); }));
    context().monitor(friend_, [this](const Down&) { events_.push_back("down"); });
    context().link(friend_.address());
    context().trap_exits([this](const Exit&) { events_.push_back("exit"); });
    context().completion<int>(1s, [this](Result<int>) { events_.push_back("completion"); })(1);
    EXPECT_FALSE(context().spawn<Puppet>("child", events_));
  }
  Ref<Puppet> friend_;
  std::vector<std::string>& events_;
};

TEST(Lifecycle, an_actor_that_ends_can_still_tell_but_begins_nothing_new) {
  std::vector<std::string> events;
  ActorFixture world;
  auto other = world.shard().spawn<Puppet>({}).value();
  auto clinging = world.shard().spawn<Clinging>({}, other, events).value();
  world.shard().tell(clinging, Do{[](Context& context) { context.stop(); }});
  world.advance(10s);
  world.shard().tell(other, Do{[](Context&) { throw std::runtime_error("a link would feel it"); }});
  world.advance(10s);
  EXPECT_THAT(events, ElementsAre("farewell"));
  EXPECT_EQ(world.shard().actor_count(), 0U);
  EXPECT_EQ(world.shard().timer_count(), 0U);
  EXPECT_EQ(world.shard().ask_count(), 0U);
}

TEST(Lifecycle, the_destructor_of_a_restarted_object_leaves_nothing_to_the_new_one) {
  std::vector<std::string> events;
  ActorFixture world;
  auto other = world.shard().spawn<Puppet>({}).value();
  auto clinging = world.shard()
                      .spawn<Clinging>({.supervision = {.on_failure = OnFailure::kRestart}}, other, std::ref(events))
                      .value();
  world.shard().tell(clinging, Do{[](Context&) { throw std::runtime_error("again"); }});
  world.advance(10s);
  world.shard().tell(other, Do{[](Context& context) { context.stop(); }});
  world.advance(10s);
  EXPECT_THAT(events, ElementsAre());
  EXPECT_EQ(world.shard().actor_count(), 1U);
}

class FailsToStop : public Actor<FailsToStop> {
 public:
  using Messages = troupe::Messages<Do>;
  void on_stop() override { throw std::runtime_error("no"); }
  void on(Do order) { order.action(context()); }
};

TEST(Lifecycle, a_failing_on_stop_is_logged_and_the_actor_ends_all_the_same) {
  ActorFixture world;
  auto actor = world.shard().spawn<FailsToStop>({.supervision = {.on_failure = OnFailure::kRestart}}).value();
  world.shard().tell(actor, Do{[](Context& context) { context.stop(); }});
  world.run();
  EXPECT_EQ(world.shard().actor_count(), 0U);
  EXPECT_THAT(world.log_lines().at(0), HasSubstr("failed while it stopped: no"));
}

/// Has one child, which has one, and so on.
class Chain : public Actor<Chain> {
 public:
  using Messages = troupe::Messages<Do>;
  explicit Chain(int below) : below_(below) {}
  void on_start() override {
    if (below_ > 0) context().spawn<Chain>(below_ - 1);
  }
  void on(Do order) { order.action(context()); }

 private:
  int below_;
};

TEST(Lifecycle, a_family_may_be_deeper_than_the_stack) {
  ActorFixture world;
  auto root = world.shard().spawn<Chain>({}, 50'000).value();
  world.run();
  EXPECT_EQ(world.shard().actor_count(), 50'001U);
  world.shard().tell(root, Do{[](Context& context) { context.stop(); }});
  world.run();
  EXPECT_EQ(world.shard().actor_count(), 0U);
}

class Phoenix : public Actor<Phoenix> {
 public:
  using Messages = troupe::Messages<Do>;
  void on_stop() override { outcome = context().shard().spawn<Phoenix>({}).error().code; }
  void on(Do order) { order.action(context()); }
  static inline ErrorCode outcome{};
};

TEST(Lifecycle, a_shard_that_stops_ends_all_families_and_takes_no_new_actor) {
  std::vector<std::string> events;
  ActorFixture world;
  auto parent = world.shard().spawn<Puppet>({}, "parent", events).value();
  world.shard().tell(parent, Do{[&](Context& context) { context.spawn<Puppet>("child", events); }});
  world.shard().spawn<Phoenix>({}).value();
  world.run();
  world.shard().tell(parent, Do{[](Context&) { FAIL(); }});
  world.shard().stop_all();
  EXPECT_THAT(events, ElementsAre("start parent", "start child", "stop child", "stop parent"));
  EXPECT_EQ(Phoenix::outcome, ErrorCode::kStopping);
  EXPECT_EQ(world.shard().actor_count(), 0U);
  EXPECT_FALSE(world.shard().has_ready());
}

}  // namespace
}  // namespace troupe
