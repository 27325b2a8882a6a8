#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "troupe/actor/fixture.hpp"
#include "troupe/actor/puppet.hpp"

// Actors by name: one of each in a node, found from every shard, and from other nodes.
namespace troupe {
namespace {

TEST(Names, find_an_actor_from_every_shard) {
  int handled = 0;
  ActorFixture world(2);
  auto clerk = world.shard(0).spawn<Puppet>({.name = "clerk"}).value();
  const auto by_name = Ref<Puppet>::named("fixture", "clerk");
  EXPECT_EQ(world.shard(0).tell(by_name, Do{[&](Context&) { ++handled; }}), SendOutcome::kTaken);
  EXPECT_EQ(world.shard(1).tell(by_name, Do{[&](Context&) { ++handled; }}), SendOutcome::kTaken);
  world.run();
  EXPECT_EQ(handled, 2);

  auto other = world.shard(1).spawn<Puppet>({}).value();
  world.shard(1).tell(other, Do{[&](Context& context) {
                        EXPECT_EQ(context.find<Puppet>("clerk"), clerk) << "the actor itself, to be kept";
                        EXPECT_FALSE(context.find<Puppet>("nobody"));
                      }});
  world.run();
}

TEST(Names, are_taken_once_in_a_node) {
  ActorFixture world(2);
  auto clerk = world.shard(0).spawn<Puppet>({.name = "clerk"}).value();
  EXPECT_EQ(world.shard(1).spawn<Puppet>({.name = "clerk"}).error().code, ErrorCode::kNameTaken);
  EXPECT_EQ(world.shard(1).actor_count(), 0U);
  world.shard(0).tell(clerk, Do{[](Context& context) { context.stop(); }});
  world.run();
  EXPECT_TRUE(world.shard(1).spawn<Puppet>({.name = "clerk"}).has_value());
}

TEST(Names, outlive_a_restart) {
  ActorFixture world;
  auto clerk =
      world.shard().spawn<Puppet>({.name = "clerk", .supervision = {.on_failure = OnFailure::kRestart}}).value();
  world.shard().tell(clerk, Do{[](Context&) { throw 1; }});
  world.run();
  EXPECT_EQ(world.shard().spawn<Puppet>({.name = "clerk"}).error().code, ErrorCode::kNameTaken);
  int handled = 0;
  world.shard().tell(Ref<Puppet>::named("fixture", "clerk"), Do{[&](Context&) { ++handled; }});
  world.advance(1s);
  EXPECT_EQ(handled, 1);
}

TEST(Names, a_ref_to_the_actor_does_not_reach_its_successor) {
  int handled = 0;
  ActorFixture world;
  auto first = world.shard().spawn<Puppet>({.name = "clerk"}).value();
  world.shard().tell(first, Do{[](Context& context) { context.stop(); }});
  world.run();
  auto second = world.shard().spawn<Puppet>({.name = "clerk"}).value();
  EXPECT_EQ(second.address().actor.slot(), first.address().actor.slot());
  EXPECT_NE(second, first);
  EXPECT_EQ(world.shard().tell(first, Do{[&](Context&) { ++handled; }}), SendOutcome::kNoSuchActor);
  world.shard().tell(Ref<Puppet>::named("fixture", "clerk"), Do{[&](Context&) { ++handled; }});
  world.run();
  EXPECT_EQ(handled, 1);
}

TEST(Names, nobody_has_are_no_such_actor) {
  ActorFixture world;
  EXPECT_EQ(world.shard().tell(Ref<Puppet>::named("fixture", "nobody"), Do{[](Context&) {}}),
            SendOutcome::kNoSuchActor);
  EXPECT_EQ(world.metric("troupe_dead_letters_total"), 1);
}

TEST(Names, on_another_node_go_there) {
  ActorFixture world;
  world.shard().tell(Ref<Puppet>::named("elsewhere", "clerk"), Do{[](Context&) {}});
  ASSERT_EQ(world.remote().size(), 1U);
  EXPECT_EQ(world.remote()[0].first, NodeId::named("elsewhere"));
  EXPECT_EQ(world.remote()[0].second->recipient, ActorId::named("clerk"));
}

TEST(NameTable, releases_a_name_only_for_the_actor_that_has_it) {
  NameTable names;
  const ActorId name = ActorId::named("clerk");
  const ActorId first = ActorId::at(0, 1, 1);
  const ActorId second = ActorId::at(1, 1, 1);
  EXPECT_TRUE(names.claim(name, first));
  EXPECT_FALSE(names.claim(name, second));
  names.release(name, second);
  EXPECT_EQ(names.find(name), first);
  names.release(name, first);
  EXPECT_TRUE(names.find(name).is_nobody());
}

}  // namespace
}  // namespace troupe
