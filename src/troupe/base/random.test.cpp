#include "troupe/base/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

namespace troupe {
namespace {

TEST(Random, gives_the_numbers_of_splitmix64_on_every_platform) {
  Random random(1234567);
  EXPECT_EQ(random.next(), 6457827717110365317U);
  EXPECT_EQ(random.next(), 3203168211198807973U);
  EXPECT_EQ(random.next(), 9817491932198370423U);
}

TEST(Random, below_stays_below_and_reaches_every_number) {
  Random random(1);
  std::array<int, 7> seen{};
  for (int i = 0; i < 7000; ++i) ++seen.at(random.below(7));
  for (const int count : seen) EXPECT_NEAR(count, 1000, 150);
  EXPECT_EQ(random.below(1), 0U);
}

TEST(Random, between_includes_both_ends_and_takes_the_widest_range) {
  Random random(2);
  bool low = false;
  bool high = false;
  for (int i = 0; i < 200; ++i) {
    const auto number = random.between(-2, 2);
    ASSERT_GE(number, -2);
    ASSERT_LE(number, 2);
    low |= number == -2;
    high |= number == 2;
  }
  EXPECT_TRUE(low && high);
  EXPECT_EQ(random.between(5, 5), 5);

  using Limits = std::numeric_limits<std::int64_t>;
  int negative = 0;
  for (int i = 0; i < 1000; ++i) negative += random.between(Limits::min(), Limits::max()) < 0 ? 1 : 0;
  EXPECT_NEAR(negative, 500, 100);
  EXPECT_GE(random.between(-1, Limits::max()), -1);
}

TEST(Random, fractions_and_chances_are_fair) {
  Random random(3);
  double sum = 0;
  int hits = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double fraction = random.fraction();
    ASSERT_GE(fraction, 0);
    ASSERT_LT(fraction, 1);
    sum += fraction;
    hits += random.chance(0.25) ? 1 : 0;
    ASSERT_FALSE(random.chance(0));
    ASSERT_TRUE(random.chance(1));
  }
  EXPECT_NEAR(sum / 10'000, 0.5, 0.02);
  EXPECT_NEAR(hits, 2500, 200);
}

TEST(Random, a_fork_goes_its_own_way_from_the_same_seed) {
  Random first(4);
  Random second(4);
  Random fork = first.fork();
  EXPECT_EQ(fork.next(), second.fork().next());
  EXPECT_EQ(first.next(), second.next());
  EXPECT_NE(fork.next(), first.next());
}

TEST(Random, shuffles) {
  std::vector<int> numbers{1, 2, 3, 4, 5, 6, 7, 8, 9};
  std::shuffle(numbers.begin(), numbers.end(), Random(5));
  EXPECT_FALSE(std::is_sorted(numbers.begin(), numbers.end()));
}

}  // namespace
}  // namespace troupe
