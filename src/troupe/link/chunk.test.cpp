#include "troupe/link/chunk.hpp"

#include <gtest/gtest.h>

#include <string>

namespace troupe::link {
namespace {

/// A chunk frame that came in one part.
wire::Frame whole(const Bytes& payload) {
  return {wire::FrameType::kChunk, payload, 0, static_cast<std::uint32_t>(payload.size())};
}

wire::Frame chunk(std::uint32_t stream, std::size_t offset, std::size_t total, std::string_view content) {
  wire::Writer writer;
  ChunkHead{stream, offset, total}.write(writer);
  writer.raw(std::as_bytes(std::span(content)));
  return whole(writer.finish());
}

std::string outcome(const Result<std::optional<Bytes>>& result) {
  if (!result) return std::string(to_string(result.error().code));
  return *result ? std::string((*result)->view()) : "more";
}

TEST(Reassembly, puts_several_messages_together_at_once) {
  Reassembly reassembly(100);
  EXPECT_EQ(outcome(reassembly.add(chunk(1, 0, 6, "abc"))), "more");
  EXPECT_EQ(outcome(reassembly.add(chunk(2, 0, 4, "12"))), "more");
  EXPECT_EQ(reassembly.open_bytes(), 10U);
  EXPECT_EQ(outcome(reassembly.add(chunk(1, 3, 6, "def"))), "abcdef");
  EXPECT_EQ(outcome(reassembly.add(chunk(2, 2, 4, "34"))), "1234");
  EXPECT_EQ(reassembly.open_bytes(), 0U);
}

TEST(Reassembly, a_chunk_out_of_place_is_corrupt) {
  const auto after = [](const wire::Frame& second) {
    Reassembly reassembly(100);
    EXPECT_EQ(outcome(reassembly.add(chunk(1, 0, 6, "abc"))), "more");
    return outcome(reassembly.add(second));
  };
  EXPECT_EQ(after(chunk(1, 4, 6, "ef")), "corrupt") << "a gap";
  EXPECT_EQ(after(chunk(1, 2, 6, "cd")), "corrupt") << "again";
  EXPECT_EQ(after(chunk(1, 3, 7, "def")), "corrupt") << "another total";
  EXPECT_EQ(after(chunk(1, 3, 6, "defg")), "corrupt") << "too much";
  EXPECT_EQ(after(chunk(1, 0, 6, "abc")), "corrupt") << "begun twice";
  EXPECT_EQ(after(chunk(2, 3, 6, "def")), "corrupt") << "never begun";
  EXPECT_EQ(after(chunk(1, 3, 6, "")), "corrupt") << "nothing in it";
  EXPECT_EQ(after(whole(Bytes::copy_of("short"))), "corrupt");
}

TEST(Reassembly, takes_a_chunk_in_parts_as_they_come) {
  const wire::Frame frame = chunk(1, 0, 8, "abcdef");
  const auto part = [&frame](std::uint32_t offset, std::size_t size) {
    return wire::Frame{frame.type, frame.payload.slice(offset, size), offset, frame.size};
  };
  for (const std::size_t first : {12U, 13U, 17U}) {
    Reassembly reassembly(100);
    EXPECT_EQ(outcome(reassembly.add(part(0, first))), "more");
    EXPECT_EQ(outcome(reassembly.add(part(static_cast<std::uint32_t>(first), 18))), "more");
    EXPECT_EQ(outcome(reassembly.add(chunk(1, 6, 8, "gh"))), "abcdefgh");
  }
}

TEST(Reassembly, holds_at_most_its_bound) {
  Reassembly reassembly(10);
  EXPECT_EQ(outcome(reassembly.add(chunk(1, 0, 11, "a"))), "too_large");
  EXPECT_EQ(outcome(reassembly.add(chunk(1, 0, 10, "a"))), "more");
  EXPECT_EQ(outcome(reassembly.add(chunk(2, 0, 1, "a"))), "too_large");
}

TEST(WriteRange, takes_any_part_of_several_pieces) {
  const std::vector<Bytes> pieces{Bytes::copy_of("abc"), Bytes::copy_of(""), Bytes::copy_of("defg"),
                                  Bytes::copy_of("h")};
  const std::string whole = "abcdefgh";
  for (std::size_t offset = 0; offset <= whole.size(); ++offset) {
    for (std::size_t size = 0; offset + size <= whole.size(); ++size) {
      wire::Writer writer;
      write_range(writer, pieces, offset, size);
      EXPECT_EQ(writer.finish().view(), whole.substr(offset, size));
    }
  }
}

}  // namespace
}  // namespace troupe::link
