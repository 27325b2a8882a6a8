#include "troupe/engine/head_cache.hpp"

#include <gtest/gtest.h>

namespace troupe::engine {
namespace {

TEST(HeadCache, forgets_the_least_recently_used) {
  HeadCache cache(2);
  cache.put("a", {"epoch", 1, 10, 0});
  cache.put("b", {"epoch", 1, 20, 0});
  ASSERT_NE(cache.find("a"), nullptr);
  cache.put("c", {"epoch", 1, 30, 0});
  EXPECT_EQ(cache.size(), 2U);
  EXPECT_EQ(cache.find("b"), nullptr);
  EXPECT_EQ(cache.find("a")->last_seq, 10U);
  EXPECT_EQ(cache.find("c")->last_seq, 30U);
}

TEST(HeadCache, forgets_one_head) {
  HeadCache cache(2);
  cache.put("a", {"epoch", 1, 10, 0});
  cache.put("b", {"epoch", 1, 20, 0});
  cache.erase("a");
  cache.erase("not there");
  EXPECT_EQ(cache.find("a"), nullptr);
  EXPECT_EQ(cache.find("b")->last_seq, 20U);
  EXPECT_EQ(cache.size(), 1U);
}

TEST(HeadCache, replaces_a_head) {
  HeadCache cache(2);
  cache.put("a", {"epoch", 1, 10, 0});
  cache.put("b", {"epoch", 1, 20, 0});
  cache.put("a", {"epoch", 1, 11, 0});
  EXPECT_EQ(cache.size(), 2U);
  EXPECT_EQ(cache.find("a")->last_seq, 11U);
  cache.clear();
  EXPECT_EQ(cache.find("a"), nullptr);
}

}  // namespace
}  // namespace troupe::engine
