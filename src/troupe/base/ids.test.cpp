#include "troupe/base/ids.hpp"

#include <gtest/gtest.h>

#include <unordered_set>

namespace troupe {
namespace {

TEST(ActorId, gives_back_what_it_was_made_of) {
  constexpr ActorId id = ActorId::at(ActorId::kShardsMax - 1, ActorId::kSlotsMax - 1, ActorId::kGenerationMax);
  static_assert(id.shard() == ActorId::kShardsMax - 1);
  static_assert(id.slot() == ActorId::kSlotsMax - 1);
  static_assert(id.generation() == ActorId::kGenerationMax);
  static_assert(!id.is_named() && !id.is_nobody());
  static_assert(ActorId::from_raw(id.raw()) == id);
  static_assert(ActorId::at(3, 5, 7).raw() == (3ULL << 53U) + (5ULL << 24U) + 7, "the layout crosses the wire");
}

TEST(ActorId, zero_is_nobody_and_no_actor_has_generation_zero) {
  static_assert(ActorId().is_nobody());
  static_assert(ActorId::next_generation(1) == 2);
  static_assert(ActorId::next_generation(ActorId::kGenerationMax) == 1);
  static_assert(!ActorId::at(0, 0, ActorId::next_generation(ActorId::kGenerationMax)).is_nobody());
}

TEST(ActorId, a_name_is_no_slot) {
  const ActorId named = ActorId::named("clerk");
  EXPECT_TRUE(named.is_named());
  EXPECT_EQ(named, ActorId::named("clerk"));
  EXPECT_NE(named, ActorId::named("Clerk"));
  EXPECT_EQ(named.raw(), hash64("clerk") | (1ULL << 63U));
}

TEST(NodeId, the_same_node_in_another_life_is_the_same_node_and_another_id) {
  const NodeId earlier{hash64("a"), 1};
  const NodeId later{hash64("a"), 2};
  EXPECT_TRUE(earlier.same_node(later));
  EXPECT_NE(earlier, later);
  EXPECT_EQ(NodeId::named("a"), (NodeId{hash64("a"), 0}));
}

TEST(Address, can_be_a_key) {
  std::unordered_set<Address> addresses;
  for (std::uint64_t node = 0; node < 10; ++node) {
    for (std::uint32_t slot = 0; slot < 10; ++slot) addresses.insert({{node, 1}, ActorId::at(0, slot, 1)});
  }
  EXPECT_EQ(addresses.size(), 100U);
}

}  // namespace
}  // namespace troupe
