#include "troupe/document/digest.hpp"

#include <gtest/gtest.h>

namespace troupe::document {
namespace {

Event event(std::uint64_t seq, std::string key, std::string_view data) {
  return {seq, std::move(key), "whoever", Bytes::copy_of(data)};
}

// Made with xxHash alone from the bytes that docs/protocol.md names, so that a client in another language gets the
// same.
TEST(Digest, golden_values) {
  std::uint64_t hash = next_hash(0, event(1, "c7-1", R"({"type":"clear"})"));
  EXPECT_EQ(hash, 0x325554037ced7efcU);
  hash = next_hash(hash, event(2, "c7-2", R"({"type":"chat","name":"Ada","text":"hi"})"));
  EXPECT_EQ(hash, 0x551a105ca5a7bf23U);
  hash = next_hash(hash, event(3, "", ""));
  EXPECT_EQ(hash, 0xd4e1cf3bf8321741U);
}

TEST(Digest, everything_but_the_sender_counts) {
  const std::uint64_t hash = next_hash(7, event(1, "key", "data"));
  EXPECT_NE(hash, next_hash(8, event(1, "key", "data")));
  EXPECT_NE(hash, next_hash(7, event(2, "key", "data")));
  EXPECT_NE(hash, next_hash(7, event(1, "kez", "data")));
  EXPECT_NE(hash, next_hash(7, event(1, "key", "datb")));
  EXPECT_NE(hash, next_hash(7, event(1, "keyd", "ata"))) << "where the key ends counts too";
  Event other = event(1, "key", "data");
  other.from = "somebody else";
  EXPECT_EQ(hash, next_hash(7, other));
}

}  // namespace
}  // namespace troupe::document
