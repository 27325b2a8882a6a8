#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "troupe/actor/fixture.hpp"
#include "troupe/actor/puppet.hpp"

// An actor's timers: turns of its own, and gone with it.
namespace troupe {
namespace {

using testing::ElementsAre;

TEST(Timers, after_runs_once_and_every_until_it_is_cancelled) {
  std::vector<std::string> fired;
  TimerId tick;
  ActorFixture world;
  auto puppet = world.shard().spawn<Puppet>({}).value();
  world.shard().tell(puppet, Do{[&](Context& context) {
                       context.after(1500ms, [&] { fired.emplace_back("once"); });
                       tick = context.every(1s, [&] { fired.emplace_back("tick"); });
                     }});
  world.advance(3s);
  EXPECT_THAT(fired, ElementsAre("tick", "once", "tick", "tick"));
  world.shard().tell(puppet, Do{[&](Context& context) {
                       EXPECT_TRUE(context.cancel(tick));
                       EXPECT_FALSE(context.cancel(tick));
                     }});
  world.advance(10s);
  EXPECT_EQ(fired.size(), 4U);
}

TEST(Timers, see_the_time_of_their_turn) {
  ActorFixture world;
  auto puppet = world.shard().spawn<Puppet>({}).value();
  world.advance(5s);
  world.shard().tell(puppet, Do{[&](Context& context) {
                       const TimePoint start = context.now();
                       context.after(2s, [&context, start] {
                         EXPECT_EQ(context.now(), start + 2s);
                         EXPECT_EQ(context.sender(), Address()) << "a callback has no sender";
                       });
                     }});
  world.advance(5s);
}

TEST(Timers, end_with_their_actor) {
  int fired = 0;
  ActorFixture world;
  for (const bool fails : {false, true}) {
    auto puppet = world.shard().spawn<Puppet>({}).value();
    world.shard().tell(puppet, Do{[&, fails](Context& context) {
                         context.every(1s, [&] { ++fired; });
                         context.after(1s, [&] { ++fired; });
                         if (fails) throw std::runtime_error("gone");
                         context.stop();
                       }});
  }
  world.run();
  EXPECT_EQ(world.shard().timer_count(), 0U);
  world.advance(10s);
  EXPECT_EQ(fired, 0);
}

TEST(Timers, end_when_their_actor_restarts) {
  int fired = 0;
  ActorFixture world;
  auto puppet = world.shard().spawn<Puppet>({.supervision = {.on_failure = OnFailure::kRestart}}).value();
  world.shard().tell(puppet, Do{[&](Context& context) {
                       context.every(1s, [&] {
                         if (++fired == 2) throw std::runtime_error("in the callback");
                       });
                     }});
  world.advance(10s);
  EXPECT_EQ(fired, 2);
  EXPECT_EQ(world.shard().actor_count(), 1U);
  EXPECT_EQ(world.shard().timer_count(), 0U);
}

TEST(Timers, of_two_actors_that_are_due_together_one_may_end_the_other) {
  ActorFixture world;
  int fired = 0;
  auto parent = world.shard().spawn<Puppet>({}).value();
  world.shard().tell(parent, Do{[&](Context& context) {
                       context.after(1s, [&context] { context.stop(); });
                       context.tell(context.spawn<Puppet>(),
                                    Do{[&](Context& inner) { inner.after(1s, [&] { ++fired; }); }});
                     }});
  world.advance(2s);
  EXPECT_EQ(fired, 0);
  EXPECT_EQ(world.shard().actor_count(), 0U);
}

TEST(Timers, cannot_be_cancelled_by_another_actor) {
  int fired = 0;
  TimerId id;
  ActorFixture world;
  auto owner = world.shard().spawn<Puppet>({}).value();
  auto other = world.shard().spawn<Puppet>({}).value();
  world.shard().tell(owner, Do{[&](Context& context) { id = context.after(1s, [&] { ++fired; }); }});
  world.shard().tell(other, Do{[&](Context& context) { EXPECT_FALSE(context.cancel(id)); }});
  world.advance(1s);
  EXPECT_EQ(fired, 1);
}

TEST(Timers, of_no_delay_take_turns_with_the_rest_of_the_shard) {
  int spins = 0;
  int handled = 0;
  ActorFixture world;
  auto puppet = world.shard().spawn<Puppet>({}).value();
  std::function<void(Context&)> spin = [&](Context& context) {
    ++spins;
    context.after(-1s, [&spin, &context] { spin(context); });
  };
  world.shard().tell(puppet, Do{[&](Context& context) { spin(context); }});
  for (int i = 0; i < 10; ++i) {
    world.shard().tell(puppet, Do{[&](Context&) { ++handled; }});
    world.step();
  }
  EXPECT_EQ(handled, 10);
  EXPECT_EQ(spins, 10);
}

TEST(Timers, an_interval_of_nothing_is_a_programmers_error) {
  ActorFixture world;
  auto puppet = world.shard().spawn<Puppet>({}).value();
  world.shard().tell(puppet,
                     Do{[](Context& context) { EXPECT_THROW(context.every(0s, [] {}), std::invalid_argument); }});
  world.run();
}

}  // namespace
}  // namespace troupe
