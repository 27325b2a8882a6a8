#include "troupe/crdt/grow_only_counter.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "troupe/base/random.hpp"

namespace troupe::crdt {
namespace {

constexpr NodeId kAlice{1, 10};
constexpr NodeId kBob{2, 20};
constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

/// Of up to eight writers in up to three lives each.
GrowOnlyCounter draw(Random& random) {
  GrowOnlyCounter counter;
  for (std::uint64_t writers = random.below(12); writers > 0; --writers) {
    counter.increment({random.below(8), 1 + random.below(3)}, random.chance(0.1) ? kMost : random.below(300));
  }
  return counter;
}

GrowOnlyCounter merged(GrowOnlyCounter a, const GrowOnlyCounter& b) {
  a.merge(b);
  return a;
}

TEST(GrowOnlyCounter, counts_what_all_have_counted) {
  GrowOnlyCounter here;
  GrowOnlyCounter there;
  here.increment(kAlice);
  here.increment(kAlice, 4);
  there.increment(kBob, 2);
  EXPECT_TRUE(here.merge(there));
  EXPECT_EQ(here.value(), 7U);
  EXPECT_EQ(here.count_of(kAlice), 5U);
  EXPECT_EQ(here.count_of(kBob), 2U);
  EXPECT_EQ(there.count_of(kAlice), 0U);
}

TEST(GrowOnlyCounter, says_whether_a_merge_brought_news) {
  GrowOnlyCounter here;
  here.increment(kAlice);
  GrowOnlyCounter there = here;
  EXPECT_FALSE(here.merge(there));
  EXPECT_FALSE(here.merge({}));
  there.increment(kAlice);
  EXPECT_TRUE(here.merge(there));
  EXPECT_FALSE(here.merge(there));
  there.increment(kBob);
  EXPECT_TRUE(here.merge(there));
}

TEST(GrowOnlyCounter, a_new_life_of_a_node_does_not_repeat_the_counts_of_the_one_before) {
  GrowOnlyCounter others;
  others.increment(kAlice, 5);
  GrowOnlyCounter restarted;
  restarted.increment({kAlice.name, kAlice.incarnation + 1}, 3);
  others.merge(restarted);
  EXPECT_EQ(others.value(), 8U);
}

TEST(GrowOnlyCounter, stops_at_the_greatest_number) {
  GrowOnlyCounter counter;
  counter.increment(kAlice, kMost);
  counter.increment(kAlice);
  EXPECT_EQ(counter.count_of(kAlice), kMost);
  counter.increment(kBob);
  EXPECT_EQ(counter.value(), kMost);
}

TEST(GrowOnlyCounter, nothing_counted_is_no_component) {
  GrowOnlyCounter counter;
  counter.increment(kAlice, 0);
  EXPECT_EQ(counter, GrowOnlyCounter());
}

TEST(GrowOnlyCounter, merging_knows_no_order_and_no_repetition) {
  Random random(1);
  for (int i = 0; i < 2'000; ++i) {
    const GrowOnlyCounter a = draw(random);
    const GrowOnlyCounter b = draw(random);
    const GrowOnlyCounter c = draw(random);
    ASSERT_EQ(merged(a, b), merged(b, a));
    ASSERT_EQ(merged(merged(a, b), c), merged(a, merged(b, c)));
    ASSERT_EQ(merged(a, a), a);
    ASSERT_EQ(merged(merged(a, b), b), merged(a, b));
    ASSERT_GE(merged(a, b).value(), std::max(a.value(), b.value()));
  }
}

TEST(GrowOnlyCounter, replicas_that_heard_of_all_increments_are_equal_and_count_each_once) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Random random(seed);
    std::vector<GrowOnlyCounter> replicas(2 + random.below(6));
    std::uint64_t counted = 0;
    for (int step = 0; step < 300; ++step) {
      const std::uint64_t at = random.below(replicas.size());
      if (random.chance(0.5)) {
        replicas[at].increment({at, 1});
        ++counted;
      } else {
        replicas[at].merge(replicas[random.below(replicas.size())]);
      }
      ASSERT_LE(replicas[at].value(), counted);
    }
    GrowOnlyCounter all;
    for (const GrowOnlyCounter& replica : replicas) all.merge(replica);
    for (GrowOnlyCounter& replica : replicas) {
      replica.merge(all);
      ASSERT_EQ(replica, all) << "seed " << seed;
    }
    ASSERT_EQ(all.value(), counted) << "seed " << seed;
  }
}

TEST(GrowOnlyCounter, travels) {
  Random random(1);
  for (int i = 0; i < 1'000; ++i) {
    const GrowOnlyCounter counter = draw(random);
    const auto decoded = wire::decode<GrowOnlyCounter>(wire::encode(counter));
    ASSERT_TRUE(decoded);
    ASSERT_EQ(*decoded, counter);
  }
}

TEST(GrowOnlyCounter, refuses_what_no_counter_says) {
  const auto encoded = [](std::initializer_list<std::pair<NodeId, std::uint64_t>> components) {
    wire::Writer writer;
    writer.varint(components.size());
    for (const auto& [node, count] : components) {
      writer.number(node.name);
      writer.varint(node.incarnation);
      writer.varint(count);
    }
    return writer.finish();
  };
  EXPECT_TRUE(wire::decode<GrowOnlyCounter>(encoded({{kAlice, 1}, {kBob, 1}})));
  EXPECT_FALSE(wire::decode<GrowOnlyCounter>(encoded({{kBob, 1}, {kAlice, 1}})));
  EXPECT_FALSE(wire::decode<GrowOnlyCounter>(encoded({{kAlice, 1}, {kAlice, 1}})));
  EXPECT_FALSE(wire::decode<GrowOnlyCounter>(encoded({{kAlice, 0}})));
  const Bytes whole = encoded({{kAlice, 1}, {kBob, 1}});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(wire::decode<GrowOnlyCounter>(whole.slice(0, size))) << size;
  }
}

}  // namespace
}  // namespace troupe::crdt
