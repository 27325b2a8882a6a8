#include <gtest/gtest.h>

#include "troupe/actor/fixture.hpp"
#include "troupe/actor/puppet.hpp"

// A node that goes on in a new life, because the others had declared it down.
namespace troupe {
namespace {

ShardOptions in_life(std::uint64_t incarnation) { return {.node = {hash64("ada"), incarnation}}; }

TEST(Lives, what_means_this_node_in_any_of_its_lives_is_here) {
  ActorFixture world(1, in_life(5));
  EXPECT_TRUE(world.shard().is_here({hash64("ada"), 5}));
  EXPECT_TRUE(world.shard().is_here({hash64("ada"), 0})) << "whichever is alive";
  EXPECT_FALSE(world.shard().is_here({hash64("ada"), 4})) << "of an earlier process";
  EXPECT_FALSE(world.shard().is_here({hash64("ada"), 6}));
  EXPECT_FALSE(world.shard().is_here({hash64("bob"), 5}));
  world.shard().be_reborn(8);
  EXPECT_EQ(world.shard().node(), (NodeId{hash64("ada"), 8}));
  for (const std::uint64_t incarnation : {0U, 5U, 6U, 8U})
    EXPECT_TRUE(world.shard().is_here({hash64("ada"), incarnation})) << incarnation;
  for (const std::uint64_t incarnation : {4U, 9U})
    EXPECT_FALSE(world.shard().is_here({hash64("ada"), incarnation})) << incarnation;
}

TEST(Lives, actors_live_on_and_older_refs_to_them_still_work) {
  int handled = 0;
  ActorFixture world(2, in_life(5));
  const auto clerk = world.shard(0).spawn<Puppet>({.name = "clerk"}).value();
  for (std::uint32_t i = 0; i < 2; ++i) world.shard(i).be_reborn(6);
  const Ref<Puppet> older{Address{{hash64("ada"), 5}, clerk.address().actor}};
  const Ref<Puppet> newer{Address{{hash64("ada"), 6}, clerk.address().actor}};
  for (std::uint32_t i = 0; i < 2; ++i) {
    for (const auto& ref : {older, newer, Ref<Puppet>::named("ada", "clerk")})
      EXPECT_EQ(world.shard(i).tell(ref, Do{[&](Context&) { ++handled; }}), SendOutcome::kTaken);
  }
  world.run();
  EXPECT_EQ(handled, 6);
  EXPECT_TRUE(world.remote().empty());
}

TEST(Lives, what_is_meant_for_an_earlier_process_of_this_name_reaches_nobody) {
  ActorFixture world(1, in_life(5));
  const auto clerk = world.shard().spawn<Puppet>({}).value();
  world.shard().be_reborn(6);
  const Ref<Puppet> earlier{Address{{hash64("ada"), 4}, clerk.address().actor}};
  const SendOutcome outcome =
      world.shard().tell(earlier, Do{[](Context&) { ADD_FAILURE() << "an actor of this process"; }});
  EXPECT_EQ(outcome, SendOutcome::kNoSuchActor);
  world.run();
}

}  // namespace
}  // namespace troupe
