#include "troupe/base/bytes.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace {

TEST(Bytes, copies_once_and_then_shares) {
  std::string text = "to be or not to be";
  const Bytes bytes = Bytes::copy_of(text);
  text = "overwritten";
  const Bytes shared = bytes;  // NOLINT(performance-unnecessary-copy-initialization): the copy is the subject.
  EXPECT_EQ(shared.view(), "to be or not to be");
  EXPECT_EQ(shared.data(), bytes.data());
}

TEST(Bytes, empty_ones_have_no_buffer) {
  for (const Bytes& bytes : {Bytes(), Bytes::copy_of(""), Bytes().slice(3, 5)}) {
    EXPECT_TRUE(bytes.empty());
    EXPECT_EQ(bytes.view(), "");
    EXPECT_TRUE(bytes.span().empty());
    EXPECT_EQ(bytes, Bytes());
  }
}

TEST(Bytes, a_slice_is_cut_to_what_is_there) {
  const Bytes bytes = Bytes::copy_of("0123456789");
  EXPECT_EQ(bytes.slice(2, 3).view(), "234");
  EXPECT_EQ(bytes.slice(2, 3).slice(1, 100).view(), "34");
  EXPECT_EQ(bytes.slice(8, 100).view(), "89");
  EXPECT_EQ(bytes.slice(8, ~std::size_t{0}).view(), "89");
  EXPECT_TRUE(bytes.slice(10, 1).empty());
  EXPECT_TRUE(bytes.slice(~std::size_t{0}, 1).empty());
}

TEST(Bytes, a_slice_keeps_the_buffer_alive) {
  Bytes slice;
  {
    const Bytes whole = Bytes::copy_of(std::string(1000, 'x') + "end");
    slice = whole.slice(1000, 3);
  }
  EXPECT_EQ(slice.view(), "end");
}

TEST(Bytes, adopts_a_buffer_of_which_only_a_part_is_content) {
  auto buffer = std::make_shared<std::byte[]>(8);
  buffer[0] = std::byte{'a'};
  const std::byte* place = buffer.get();
  const Bytes bytes = Bytes::adopt(std::move(buffer), 1);
  EXPECT_EQ(bytes.view(), "a");
  EXPECT_EQ(bytes.data(), place);
}

TEST(Bytes, are_equal_by_content) {
  EXPECT_EQ(Bytes::copy_of("same"), Bytes::copy_of("the same").slice(4, 4));
  EXPECT_NE(Bytes::copy_of("same"), Bytes::copy_of("samE"));
  EXPECT_NE(Bytes::copy_of("same"), Bytes::copy_of("sam"));
}

}  // namespace
}  // namespace troupe
