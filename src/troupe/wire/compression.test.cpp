#include "troupe/wire/compression.hpp"

#include <gtest/gtest.h>

#include <string>

#include "troupe/base/random.hpp"

namespace troupe::wire {
namespace {

Bytes repetitive(std::size_t size) {
  std::string text;
  while (text.size() < size) text += "all the world's a stage; ";
  return Bytes::copy_of(text.substr(0, size));
}

Bytes noise(std::size_t size) {
  Random random(1);
  std::string text;
  while (text.size() < size) text += static_cast<char>(random.below(256));
  return Bytes::copy_of(text);
}

class CompressionTest : public testing::TestWithParam<Compression> {};

TEST_P(CompressionTest, what_is_compressed_comes_out_again) {
  for (const std::size_t size : {kCompressedBytesMin, std::size_t{4096}, std::size_t{1} << 20U}) {
    const Bytes content = repetitive(size);
    const auto block = compress(GetParam(), content.span());
    ASSERT_TRUE(block.has_value());
    EXPECT_LT(block->size(), size / 2);
    EXPECT_EQ(decompress(*block, size).value(), content);
  }
}

TEST_P(CompressionTest, what_would_not_get_smaller_stays_as_it_is) {
  EXPECT_FALSE(compress(GetParam(), noise(4096).span()).has_value());
  EXPECT_FALSE(compress(GetParam(), repetitive(kCompressedBytesMin - 1).span()).has_value());
  EXPECT_FALSE(compress(Compression::kNone, repetitive(4096).span()).has_value());
}

TEST_P(CompressionTest, a_block_that_would_grow_above_the_bound_is_refused) {
  const Bytes block = compress(GetParam(), repetitive(4096).span()).value();
  EXPECT_TRUE(decompress(block, 4096).has_value());
  EXPECT_EQ(decompress(block, 4095).error().code, ErrorCode::kTooLarge);
}

TEST_P(CompressionTest, a_block_that_is_cut_or_changed_is_corrupt_or_gives_something_of_its_size) {
  const Bytes block = compress(GetParam(), repetitive(4096).span()).value();
  for (std::size_t size = 0; size < block.size(); ++size)
    EXPECT_FALSE(decompress(block.slice(0, size), 4096).has_value()) << size;
  for (std::size_t at = 0; at < block.size(); ++at) {
    std::string changed(block.view());
    changed[at] = static_cast<char>(changed[at] ^ 0x55);
    const auto content = decompress(Bytes::copy_of(changed), 8192);
    EXPECT_TRUE(!content || content->size() <= 8192) << at;
  }
}

INSTANTIATE_TEST_SUITE_P(All, CompressionTest, testing::Values(Compression::kLz4, Compression::kZstd),
                         [](const auto& each) { return each.param == Compression::kLz4 ? "lz4" : "zstd"; });

}  // namespace
}  // namespace troupe::wire
