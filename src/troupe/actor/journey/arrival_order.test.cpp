#include "troupe/actor/journey/arrival_order.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace {

const NodeId kBob{hash64("bob"), 1};

Journey numbered(std::uint64_t number, std::uint8_t group = 0, std::uint16_t shard = 0, NodeId from = kBob) {
  return {.from = from, .to = {hash64("ada"), 1}, .number = number, .shard = shard, .group = group, .hops = 2};
}

TEST(ArrivalOrder, takes_what_comes_in_order_with_gaps) {
  ArrivalOrder order;
  EXPECT_TRUE(order.accept(numbered(1)));
  EXPECT_TRUE(order.accept(numbered(2)));
  EXPECT_TRUE(order.accept(numbered(17)));
}

TEST(ArrivalOrder, refuses_what_was_overtaken_and_what_came_before) {
  ArrivalOrder order;
  EXPECT_TRUE(order.accept(numbered(3)));
  EXPECT_FALSE(order.accept(numbered(2)));
  EXPECT_FALSE(order.accept(numbered(3)));
  EXPECT_TRUE(order.accept(numbered(4)));
}

TEST(ArrivalOrder, a_message_that_gave_up_its_order_is_always_in_time) {
  ArrivalOrder order;
  EXPECT_TRUE(order.accept(numbered(3)));
  EXPECT_TRUE(order.accept(numbered(0)));
  EXPECT_TRUE(order.accept(numbered(0)));
  EXPECT_TRUE(order.accept(numbered(4)));
}

TEST(ArrivalOrder, is_kept_for_each_group_shard_and_life_by_itself) {
  ArrivalOrder order;
  EXPECT_TRUE(order.accept(numbered(9)));
  EXPECT_TRUE(order.accept(numbered(1, 1)));
  EXPECT_TRUE(order.accept(numbered(1, 0, 1)));
  EXPECT_TRUE(order.accept(numbered(1, 0, 0, {hash64("bob"), 2})));
  EXPECT_TRUE(order.accept(numbered(1, 0, 0, {hash64("eve"), 1})));
  EXPECT_FALSE(order.accept(numbered(8)));
}

TEST(ArrivalOrder, knows_from_which_shards_numbers_came) {
  ArrivalOrder order;
  EXPECT_TRUE(order.empty());
  EXPECT_FALSE(order.has_seen(kBob, 3));
  (void)order.accept(numbered(0, 0, 3));
  EXPECT_FALSE(order.has_seen(kBob, 3)) << "this one had none";
  (void)order.accept(numbered(1, 0, 3));
  EXPECT_TRUE(order.has_seen(kBob, 3));
  EXPECT_FALSE(order.has_seen(kBob, 2));
}

TEST(ArrivalOrder, forgets_a_life_that_is_over_and_no_other) {
  const NodeId later{kBob.name, 2};
  ArrivalOrder order;
  (void)order.accept(numbered(5, 0, 0));
  (void)order.accept(numbered(5, 0, 7));
  (void)order.accept(numbered(5, 0, 0, later));
  order.forget(kBob);
  EXPECT_FALSE(order.has_seen(kBob, 0));
  EXPECT_FALSE(order.has_seen(kBob, 7));
  EXPECT_TRUE(order.has_seen(later, 0));
  EXPECT_TRUE(order.accept(numbered(1)));
  order.clear();
  EXPECT_TRUE(order.empty());
}

TEST(ArrivalOrder, takes_any_group_that_a_peer_may_send) {
  ArrivalOrder order;
  EXPECT_TRUE(order.accept(numbered(1, 255)));
  EXPECT_FALSE(order.accept(numbered(1, 255)));
}

}  // namespace
}  // namespace troupe
