#include "troupe/base/assert.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace {

TEST(AssertDeathTest, names_the_condition_and_aborts_in_every_build) {
  const int one = 1;
  TROUPE_ASSERT(one == 1);
  EXPECT_DEATH(TROUPE_ASSERT(one == 2), "assertion failed: one == 2 .*assert.test.cpp");
}

}  // namespace
}  // namespace troupe
