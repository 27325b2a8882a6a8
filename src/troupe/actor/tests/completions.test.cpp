#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <thread>

#include "troupe/actor/fixture.hpp"
#include "troupe/actor/puppet.hpp"
#include "troupe/actor/tests/answers.hpp"

// Answers from outside the actor world: each completion gives its actor one answer, or one error, as a later turn.
namespace troupe {
namespace {

using testing::ElementsAre;

TEST(Completions, a_thread_completes_and_the_actor_has_a_turn) {
  Answers answers;
  ActorFixture world;
  auto puppet = world.shard().spawn<Puppet>({}).value();
  std::thread thread;
  world.shard().tell(
      puppet, Do{[&](Context& context) {
        thread = std::thread([done = context.completion<int>(5s, answers.callback())]() mutable { done(42); });
      }});
  world.run();
  thread.join();
  world.run();
  EXPECT_THAT(answers.list, ElementsAre("42"));
  EXPECT_EQ(world.shard().ask_count(), 0U);
}

TEST(Completions, carry_errors_and_what_cannot_be_encoded) {
  ActorFixture world;
  auto puppet = world.shard().spawn<Puppet>({}).value();
  std::optional<ErrorCode> error;
  std::unique_ptr<int> value;
  world.shard().tell(puppet, Do{[&](Context& context) {
                       using Pointer = std::unique_ptr<int>;
                       context.completion<Pointer>(
                           1s, [&](Result<Pointer> result) { value = std::move(*result); })(std::make_unique<int>(3));
                       context.completion<Pointer>(1s, [&](const Result<Pointer>& result) {
                         error = result.error().code;
                       })(fail(ErrorCode::kInputOutput, "disk"));
                     }});
  world.run();
  EXPECT_EQ(*value, 3);
  EXPECT_EQ(error, ErrorCode::kInputOutput);
}

TEST(Completions, dropped_ones_are_cancelled_and_forgotten_ones_time_out) {
  Answers answers;
  ActorFixture world;
  std::optional<Completion<int>> kept;
  auto puppet = world.shard().spawn<Puppet>({}).value();
  world.shard().tell(puppet, Do{[&](Context& context) {
                       (void)context.completion<int>(1s, answers.callback());
                       kept = context.completion<int>(1s, answers.callback());
                     }});
  world.advance(2s);
  (*kept)(1);
  world.run();
  EXPECT_THAT(answers.list, ElementsAre("cancelled", "timeout"));
}

TEST(Completions, of_an_actor_that_ended_meanwhile_come_to_nothing) {
  Answers answers;
  ActorFixture world;
  std::optional<Completion<int>> kept;
  auto puppet = world.shard().spawn<Puppet>({}).value();
  world.shard().tell(puppet, Do{[&](Context& context) {
                       kept = context.completion<int>(1s, answers.callback());
                       context.stop();
                     }});
  world.run();
  (*kept)(1);
  world.run();
  EXPECT_TRUE(answers.list.empty());
  EXPECT_EQ(world.metric("troupe_dead_letters_total"), 0);
}

}  // namespace
}  // namespace troupe
