#include "troupe/base/hash.hpp"

#include <gtest/gtest.h>

#include <string>

namespace troupe {
namespace {

// These numbers stand on the wire and on disk: a change of any of them is a break with every other node.
TEST(Hash, golden_values) {
  EXPECT_EQ(hash64(""), 0x2d06800538d394c2U);
  EXPECT_EQ(hash64("a"), 0xe6c632b61e964e1fU);
  EXPECT_EQ(hash64("abc"), 0x78af5f94892f3950U);
}

TEST(Hash, the_seed_and_every_byte_count) {
  EXPECT_NE(hash64("abc", 1), hash64("abc"));
  std::string text(300, 'x');
  const std::uint64_t before = hash64(text);
  for (std::size_t i = 0; i < text.size(); ++i) {
    text[i] = 'y';
    EXPECT_NE(hash64(text), before);
    text[i] = 'x';
  }
  EXPECT_EQ(hash64(text), before);
}

TEST(Hash, combine_minds_the_order) {
  static_assert(combine(1, 2) != combine(2, 1));
  static_assert(combine(0, 0) != combine(0, 1));
}

}  // namespace
}  // namespace troupe
