#include "troupe/cluster/line_budget.hpp"

#include <gtest/gtest.h>

namespace troupe::cluster {
namespace {

TEST(LineBudget, so_many_lines_a_period_and_the_next_one_tells_what_was_left_out) {
  LineBudget budget(2, 10s);
  const TimePoint begin(5s);
  EXPECT_EQ(budget.take(begin), 0U);
  EXPECT_EQ(budget.take(begin + 1s), 0U);
  EXPECT_EQ(budget.take(begin + 2s), std::nullopt);
  EXPECT_EQ(budget.take(begin + 10s - 1ns), std::nullopt);
  EXPECT_EQ(budget.take(begin + 10s), 2U);
  EXPECT_EQ(budget.take(begin + 11s), 0U);
  EXPECT_EQ(budget.take(begin + 19s), std::nullopt);
  EXPECT_EQ(budget.take(begin + 100s), 1U);
}

}  // namespace
}  // namespace troupe::cluster
