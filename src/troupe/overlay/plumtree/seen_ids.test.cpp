#include "troupe/overlay/plumtree/seen_ids.hpp"

#include <gtest/gtest.h>

#include <map>

#include "troupe/base/random.hpp"

namespace troupe::overlay::plumtree {
namespace {

NodeId root(std::uint64_t name) { return {name, 1}; }

TEST(SeenIds, knows_an_id_for_as_long_as_it_says_and_not_for_ever) {
  Random random(5);
  SeenIds seen(1'000, 60s, 17);
  std::map<BroadcastId, TimePoint> model;
  TimePoint now{};
  for (int step = 0; step < 50'000; ++step) {
    now += Duration(random.between(0, 10'000'000));
    seen.on_tick(now);
    const BroadcastId id{root(random.below(20)), random.below(2'000)};
    const auto known = model.find(id);
    const bool is_new = seen.insert(now, id);
    EXPECT_TRUE(seen.contains(id));
    const bool was_new = known == model.end();
    EXPECT_TRUE(is_new || !was_new) << "known without having been seen";
    EXPECT_FALSE(is_new && !was_new && now - known->second < 60s) << "forgotten too early";
    EXPECT_FALSE(!is_new && !was_new && now - known->second > 121s) << "known for too long";
    if (is_new) model[id] = now;
  }
}

TEST(SeenIds, packs_the_ids_of_a_root) {
  SeenIds seen(1'000, 60s, 17);
  for (std::uint64_t i = 0; i < 6'400; ++i) EXPECT_TRUE(seen.insert({}, {root(1), i}));
  EXPECT_EQ(seen.size(), 100U);
  EXPECT_TRUE(seen.insert({}, {root(1), ~std::uint64_t{0}})) << "far ahead";
  EXPECT_TRUE(seen.insert({}, {root(1), 6'400})) << "and nothing behind it is thought to be old";
  EXPECT_TRUE(seen.insert({}, {NodeId{1, 2}, 0})) << "another life";
}

TEST(SeenIds, keeps_to_its_bound_and_knows_the_newest) {
  SeenIds seen(100, 60s, 17);
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    EXPECT_TRUE(seen.insert({}, {root(i), 0}));
    EXPECT_LE(seen.size(), 200U);
    EXPECT_TRUE(seen.contains({root(i < 100 ? 0 : i - 100), 0}));
  }
}

TEST(SeenIds, forgets_all_when_nothing_comes) {
  SeenIds seen(100, 60s, 17);
  seen.insert(TimePoint(5s), {root(1), 0});
  EXPECT_EQ(seen.next_tick(), TimePoint(65s));
  seen.on_tick(TimePoint(65s));
  EXPECT_TRUE(seen.contains({root(1), 0}));
  seen.on_tick(*seen.next_tick());
  EXPECT_EQ(seen.size(), 0U);
  EXPECT_EQ(seen.next_tick(), std::nullopt);
}

}  // namespace
}  // namespace troupe::overlay::plumtree
