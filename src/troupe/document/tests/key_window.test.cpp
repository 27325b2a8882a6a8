#include "troupe/document/key_window.hpp"

#include <gtest/gtest.h>

namespace troupe::document {
namespace {

TEST(KeyWindow, knows_the_seq_of_each_key) {
  KeyWindow keys(10);
  keys.add("a", 1);
  keys.add("b", 2);
  EXPECT_EQ(keys.find("a"), 1U);
  EXPECT_EQ(keys.find("b"), 2U);
  EXPECT_EQ(keys.find("c"), std::nullopt);
}

TEST(KeyWindow, the_first_seq_of_a_key_counts) {
  KeyWindow keys(10);
  keys.add("a", 1);
  keys.add("a", 2);
  EXPECT_EQ(keys.find("a"), 1U);
  EXPECT_EQ(keys.entries().size(), 1U);
}

TEST(KeyWindow, forgets_the_oldest_beyond_its_bound) {
  KeyWindow keys(2);
  for (std::uint64_t seq = 1; seq <= 3; ++seq) keys.add(std::to_string(seq), seq);
  EXPECT_EQ(keys.find("1"), std::nullopt);
  EXPECT_EQ(keys.entries(), (std::vector<std::pair<std::string, std::uint64_t>>{{"2", 2}, {"3", 3}}));
  keys.add("1", 4);
  EXPECT_EQ(keys.find("1"), 4U) << "a forgotten key is a new one";
}

TEST(KeyWindow, comes_back_from_its_entries) {
  KeyWindow keys(2);
  for (std::uint64_t seq = 1; seq <= 3; ++seq) keys.add(std::to_string(seq), seq);
  KeyWindow again(2);
  for (const auto& [key, seq] : keys.entries()) again.add(key, seq);
  EXPECT_EQ(again.entries(), keys.entries());
  again.clear();
  EXPECT_EQ(again.find("3"), std::nullopt);
  EXPECT_TRUE(again.entries().empty());
}

}  // namespace
}  // namespace troupe::document
