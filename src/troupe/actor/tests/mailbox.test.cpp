#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "troupe/actor/fixture.hpp"
#include "troupe/actor/puppet.hpp"

// Mailboxes at their bound, and who has room all the same.
namespace troupe {
namespace {

using testing::ElementsAre;

Do nothing() {
  return Do{[](Context&) {}};
}

TEST(Mailbox, takes_exactly_as_many_messages_as_its_bound) {
  ActorFixture world;
  auto puppet = world.shard().spawn<Puppet>({.mailbox_messages_max = 3}).value();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(world.shard().tell(puppet, nothing()), SendOutcome::kTaken);
  EXPECT_EQ(world.shard().tell(puppet, nothing()), SendOutcome::kFull);
  EXPECT_EQ(world.metric("troupe_mailbox_refusals_total"), 1);
  EXPECT_EQ(world.metric("troupe_dead_letters_total"), 0) << "its sender knows";
  world.run();
  EXPECT_EQ(world.shard().tell(puppet, nothing()), SendOutcome::kTaken);
}

TEST(Mailbox, has_the_shards_bound_unless_its_own_is_given) {
  ActorFixture world(1, {.mailbox_messages_max = 2});
  auto puppet = world.shard().spawn<Puppet>({}).value();
  for (int i = 0; i < 2; ++i) EXPECT_EQ(world.shard().tell(puppet, nothing()), SendOutcome::kTaken);
  EXPECT_EQ(world.shard().tell(puppet, nothing()), SendOutcome::kFull);
}

TEST(Mailbox, gives_room_back_before_the_message_is_handled) {
  ActorFixture world;
  auto puppet = world.shard().spawn<Puppet>({.mailbox_messages_max = 1}).value();
  int handled = 0;
  world.shard().tell(puppet, Do{[&](Context& context) {
                       EXPECT_EQ(context.tell(puppet, Do{[&](Context&) { ++handled; }}), SendOutcome::kTaken);
                       EXPECT_EQ(context.tell(puppet, Do{[&](Context&) { ++handled; }}), SendOutcome::kFull);
                     }});
  world.run();
  EXPECT_EQ(handled, 1);
}

TEST(Mailbox, a_full_one_on_another_shard_makes_dead_letters) {
  ActorFixture world(2);
  auto puppet = world.shard(0).spawn<Puppet>({.mailbox_messages_max = 1}).value();
  auto sender = world.shard(1).spawn<Puppet>({}).value();
  world.shard(1).tell(sender, Do{[&](Context& context) {
                        for (int i = 0; i < 3; ++i) EXPECT_EQ(context.tell(puppet, nothing()), SendOutcome::kTaken);
                      }});
  world.run();
  EXPECT_EQ(world.metric("troupe_mailbox_refusals_total"), 2);
  EXPECT_EQ(world.metric("troupe_dead_letters_total"), 2);
}

TEST(Mailbox, that_is_full_has_reserved_room_for_all_but_messages) {
  std::vector<std::string> events;
  ActorFixture world;
  auto watched = world.shard().spawn<Puppet>({}).value();
  auto other = world.shard().spawn<Puppet>({}).value();
  auto puppet = world.shard().spawn<Puppet>({.mailbox_messages_max = 1}).value();
  world.shard().tell(puppet, Do{[&](Context& context) {
                       context.after(1s, [&] { events.emplace_back("timer"); });
                       context.completion<int>(5s, [&](Result<int>) { events.emplace_back("answer"); })(1);
                       context.monitor(watched, [&](const Down&) { events.emplace_back("down"); });
                     }});
  world.shard().run(world.now(), 3);
  EXPECT_EQ(world.shard().tell(puppet, Do{[&](Context&) { events.emplace_back("message"); }}), SendOutcome::kTaken);
  EXPECT_EQ(world.shard().tell(puppet, nothing()), SendOutcome::kFull);
  world.shard().tell(watched, Do{[](Context& context) { context.stop(); }});
  world.advance(1s);
  EXPECT_THAT(events, testing::UnorderedElementsAre("message", "answer", "down", "timer"));

  EXPECT_EQ(world.shard().tell(puppet, nothing()), SendOutcome::kTaken);
  EXPECT_EQ(world.shard().tell(puppet, nothing()), SendOutcome::kFull);
  world.shard().tell(other, Do{[&](Context& context) { context.stop(puppet.address()); }});
  world.run();
  EXPECT_EQ(world.shard().actor_count(), 1U) << "the stop was taken as well";
}

TEST(Mailbox, of_a_restarting_actor_fills_up_and_is_kept) {
  int handled = 0;
  ActorFixture world;
  auto puppet = world.shard()
                    .spawn<Puppet>({.mailbox_messages_max = 2, .supervision = {.on_failure = OnFailure::kRestart}})
                    .value();
  world.shard().tell(puppet, Do{[](Context&) { throw 1; }});
  world.run();
  for (const auto expected : {SendOutcome::kTaken, SendOutcome::kTaken, SendOutcome::kFull}) {
    EXPECT_EQ(world.shard().tell(puppet, Do{[&](Context&) { ++handled; }}), expected);
  }
  world.run();
  EXPECT_EQ(handled, 0);
  world.advance(1s);
  EXPECT_EQ(handled, 2);
}

TEST(Mailbox, there_is_a_bound_on_actors_too) {
  ActorFixture world(1, {.actors_max = 2});
  auto first = world.shard().spawn<Puppet>({}).value();
  EXPECT_TRUE(world.shard().spawn<Puppet>({}).has_value());
  EXPECT_EQ(world.shard().spawn<Puppet>({}).error().code, ErrorCode::kQueueFull);
  world.shard().tell(first, Do{[](Context& context) {
                       EXPECT_FALSE(context.spawn<Puppet>()) << "an empty ref";
                       context.stop();
                     }});
  world.run();
  EXPECT_TRUE(world.shard().spawn<Puppet>({}).has_value());
}

TEST(EnvelopeQueue, is_first_in_first_out_and_frees_what_is_left) {
  EnvelopeQueue queue;
  EXPECT_EQ(queue.pop(), nullptr);
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 3; ++i)
      queue.push(Envelope::make(EnvelopeKind::kReply, std::string(100, static_cast<char>('a' + i))));
    std::vector<char> popped;
    while (!queue.empty()) popped.push_back(queue.pop()->get<std::string>()->front());
    EXPECT_THAT(popped, ElementsAre('a', 'b', 'c'));
  }
  queue.push(Envelope::make(EnvelopeKind::kReply, std::string(100, 'z')));
}

TEST(Envelope, knows_its_payload_by_type_and_no_other) {
  EnvelopePtr envelope = Envelope::make(EnvelopeKind::kReply, std::string("text"));
  EXPECT_EQ(*envelope->get<std::string>(), "text");
  EXPECT_EQ(envelope->get<int>(), nullptr);
  EXPECT_EQ(envelope->get<std::string>(local_payload_type<std::string>), nullptr) << "that one stays in the node";
  EXPECT_EQ(Envelope::make(EnvelopeKind::kStop)->type(), nullptr);
}

}  // namespace
}  // namespace troupe
