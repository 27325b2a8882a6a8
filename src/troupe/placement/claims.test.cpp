#include "troupe/placement/claims.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "troupe/base/random.hpp"

namespace troupe::placement {
namespace {

constexpr std::uint32_t kMany = 20'000;

std::vector<Candidate> candidates(std::size_t count, std::size_t zones = 0) {
  std::vector<Candidate> result;
  for (std::size_t i = 1; i <= count; ++i)
    result.push_back({"node-" + std::to_string(i), zones == 0 ? "" : "zone-" + std::to_string(i % zones)});
  return result;
}

const std::string& owner(std::uint32_t partition, const std::vector<Candidate>& all) {
  return all[claim(partition, all).front()].name;
}

// Data lies on disks where these say. If this test fails, the code is wrong, not the table.
TEST(Claims, place_keys_where_they_always_did) {
  std::string partitions;
  for (const char* key : {"", "canvas/lobby", "canvas/1", "map/world", "board/main", "Grüße"})
    partitions += std::to_string(partition_of(key, kPartitions)) + " ";
  EXPECT_EQ(partitions, "194 219 19 154 96 216 ");
  std::string owners;
  for (std::uint32_t i = 0; i < 40; ++i) owners += owner(i, candidates(7)).substr(5);
  EXPECT_EQ(owners, "1316141364233473452346725274621332667527");
}

TEST(Claims, do_not_depend_on_the_order_of_the_candidates) {
  Random random(1);
  const std::vector<Candidate> sorted = candidates(6, 3);
  std::vector<Candidate> shuffled = sorted;
  for (std::uint32_t i = 0; i < 500; ++i) {
    std::ranges::shuffle(shuffled, random);
    const auto here = claim(i, shuffled, 3);
    const auto there = claim(i, sorted, 3);
    for (std::size_t copy = 0; copy < 3; ++copy) EXPECT_EQ(shuffled[here[copy]].name, sorted[there[copy]].name);
  }
}

TEST(Claims, give_everything_to_a_single_node) {
  for (std::uint32_t i = 0; i < 100; ++i) EXPECT_THAT(claim(i, candidates(1), 3), testing::ElementsAre(0U));
}

// Pearson's chi-square against an even share, with the tail bound of Laurent and Massart (Annals of Statistics 28(5),
// 2000, lemma 1): for n - 1 = f degrees of freedom, f + 2 sqrt(14 f) + 28 is exceeded with probability e^-14, one in a
// million.
TEST(Claims, give_each_node_its_share) {
  for (const std::size_t count : {2U, 3U, 5U, 10U, 50U}) {
    const std::vector<Candidate> nodes = candidates(count);
    std::vector<int> owned(count);
    for (std::uint32_t i = 0; i < kMany; ++i) ++owned[claim(i, nodes).front()];
    const double share = static_cast<double>(kMany) / static_cast<double>(count);
    double chi_square = 0;
    for (const int partitions : owned) chi_square += (partitions - share) * (partitions - share) / share;
    const auto freedom = static_cast<double>(count - 1);
    EXPECT_LT(chi_square, freedom + 2 * std::sqrt(14 * freedom) + 28) << count << " nodes";
  }
}

TEST(Claims, move_only_the_partitions_of_a_node_that_goes_and_evenly) {
  const std::vector<Candidate> before = candidates(8);
  for (std::size_t gone = 0; gone < before.size(); ++gone) {
    std::vector<Candidate> after = before;
    after.erase(after.begin() + static_cast<std::ptrdiff_t>(gone));
    std::map<std::string, int> heirs;
    int moved = 0;
    for (std::uint32_t i = 0; i < kMany; ++i) {
      const std::string& old_owner = owner(i, before);
      const std::string& new_owner = owner(i, after);
      if (old_owner != before[gone].name) {
        ASSERT_EQ(new_owner, old_owner) << i << " moved without need";
      } else {
        ++heirs[new_owner];
        ++moved;
      }
    }
    EXPECT_NEAR(moved, kMany / 8, kMany / 80);
    EXPECT_EQ(heirs.size(), after.size());
    for (const auto& [heir, partitions] : heirs) EXPECT_NEAR(partitions, moved / 7, moved / 20) << heir;
  }
}

TEST(Claims, move_partitions_only_to_a_node_that_comes) {
  const std::vector<Candidate> before = candidates(4);
  const std::vector<Candidate> after = candidates(5);
  int moved = 0;
  for (std::uint32_t i = 0; i < kMany; ++i) {
    if (owner(i, before) == owner(i, after)) continue;
    EXPECT_EQ(owner(i, after), "node-5");
    ++moved;
  }
  EXPECT_NEAR(moved, kMany / 5, kMany / 50);
}

TEST(Claims, spread_copies_over_zones_and_keep_them_apart_from_each_other) {
  const std::vector<Candidate> nodes = candidates(9, 3);
  for (std::uint32_t i = 0; i < 1'000; ++i) {
    std::set<std::string> zones;
    for (const std::size_t node : claim(i, nodes, 3)) zones.insert(nodes[node].zone);
    EXPECT_EQ(zones.size(), 3U);
    const auto five = claim(i, nodes, 5);
    EXPECT_EQ(std::set(five.begin(), five.end()).size(), 5U) << "more copies than zones";
    EXPECT_EQ(five.front(), claim(i, nodes).front()) << "copies do not move the owner";
  }
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
