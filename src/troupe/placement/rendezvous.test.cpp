#include "troupe/placement/rendezvous.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include "troupe/base/random.hpp"

namespace troupe::placement {
namespace {

constexpr int kKeys = 20'000;

std::vector<std::string> names(std::size_t count) {
  std::vector<std::string> result;
  for (std::size_t i = 1; i <= count; ++i) result.push_back("node-" + std::to_string(i));
  return result;
}

std::string key(int i) { return "canvas/room-" + std::to_string(i); }

// Data lies on disks where these say. If this test fails, the code is wrong, not the table.
TEST(Rendezvous, places_keys_where_it_always_did) {
  const std::vector<std::string> three{"a", "b", "c"};
  const std::map<std::string, std::string> expected{
      {"", "b"},          {"canvas/lobby", "b"}, {"canvas/1", "b"}, {"canvas/2", "c"},
      {"map/world", "a"}, {"board/main", "c"},   {"Grüße", "c"},
  };
  for (const auto& [key, node] : expected) EXPECT_EQ(owner(key, three), node) << key;

  std::string owners;
  for (int i = 0; i < 40; ++i) owners += std::to_string(owner_index(key(i), names(7)) + 1);
  EXPECT_EQ(owners, "2724711511677732614556324463244356521527");
}

TEST(Rendezvous, does_not_depend_on_the_order_of_the_nodes) {
  Random random(1);
  const std::vector<std::string> sorted = names(6);
  std::vector<std::string> shuffled = sorted;
  for (int i = 0; i < 500; ++i) {
    std::ranges::shuffle(shuffled, random);
    EXPECT_EQ(owner(key(i), shuffled), owner(key(i), sorted));
    EXPECT_EQ(shuffled[owner_index(key(i), shuffled)], owner(key(i), shuffled));
  }
}

TEST(Rendezvous, gives_everything_to_a_single_node) {
  const std::vector<std::string> one{"only"};
  for (int i = 0; i < 100; ++i) EXPECT_EQ(owner(key(i), one), "only");
}

// Pearson's chi-square against an even share, with the tail bound of Laurent and Massart (Annals of Statistics 28(5),
// 2000, lemma 1): for n - 1 = f degrees of freedom, f + 2 sqrt(14 f) + 28 is exceeded with probability e^-14, one in a
// million.
TEST(Rendezvous, gives_each_node_its_share) {
  for (const std::size_t count : {2U, 3U, 5U, 10U, 50U}) {
    const std::vector<std::string> nodes = names(count);
    std::vector<int> owned(count);
    for (int i = 0; i < kKeys; ++i) ++owned[owner_index(key(i), nodes)];
    const double share = static_cast<double>(kKeys) / static_cast<double>(count);
    double chi_square = 0;
    for (const int keys : owned) chi_square += (keys - share) * (keys - share) / share;
    const auto freedom = static_cast<double>(count - 1);
    EXPECT_LT(chi_square, freedom + 2 * std::sqrt(14 * freedom) + 28) << count << " nodes";
  }
}

TEST(Rendezvous, moves_only_the_keys_of_a_node_that_is_removed_and_evenly) {
  const std::vector<std::string> before = names(8);
  for (std::size_t gone = 0; gone < before.size(); ++gone) {
    std::vector<std::string> after = before;
    after.erase(after.begin() + static_cast<std::ptrdiff_t>(gone));
    std::map<std::string, int> heirs;
    int moved = 0;
    for (int i = 0; i < kKeys; ++i) {
      const std::string& old_owner = owner(key(i), before);
      const std::string& new_owner = owner(key(i), after);
      if (old_owner != before[gone]) {
        ASSERT_EQ(new_owner, old_owner) << key(i) << " moved without need";
      } else {
        ++heirs[new_owner];
        ++moved;
      }
    }
    EXPECT_NEAR(moved, kKeys / 8, kKeys / 80);
    EXPECT_EQ(heirs.size(), after.size());
    for (const auto& [heir, keys] : heirs) EXPECT_NEAR(keys, moved / 7, moved / 20) << heir;
  }
}

TEST(Rendezvous, moves_keys_only_to_a_node_that_is_added) {
  const std::vector<std::string> before = names(4);
  const std::vector<std::string> after = names(5);
  int moved = 0;
  for (int i = 0; i < kKeys; ++i) {
    if (owner(key(i), before) == owner(key(i), after)) continue;
    EXPECT_EQ(owner(key(i), after), "node-5");
    ++moved;
  }
  EXPECT_NEAR(moved, kKeys / 5, kKeys / 50);
}

TEST(SetDigest, depends_on_the_set_alone) {
  using Names = std::vector<std::string>;
  const std::uint64_t digest = set_digest(Names{"a", "b", "c"});
  EXPECT_EQ(set_digest(Names{"c", "a", "b"}), digest);
  EXPECT_EQ(set_digest(Names{"a", "b", "b", "c", "a"}), digest);
  EXPECT_NE(set_digest(Names{"a", "b"}), digest);
  EXPECT_NE(set_digest(Names{"a", "bc"}), digest);
  EXPECT_NE(set_digest(Names{"ab", "c"}), digest);
  EXPECT_NE(set_digest(Names{"a", "b", "c", ""}), digest);
  EXPECT_NE(set_digest(Names{}), set_digest(Names{""}));
  EXPECT_EQ(digest, 2'054'612'065'354'783'885U) << "nodes of two versions would take each other for misconfigured";
}

}  // namespace
}  // namespace troupe::placement
