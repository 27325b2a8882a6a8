#include "troupe/cluster/routed.hpp"

#include <gtest/gtest.h>

#include "troupe/wire/writer.hpp"

namespace troupe::cluster {
namespace {

Bytes joined(const RoutedHead& head, std::string_view body) {
  wire::Writer writer;
  writer.raw(head.bytes);
  writer.raw(std::as_bytes(std::span(body)));
  return writer.finish();
}

Routed question() {
  return {.kind = EnvelopeKind::kAsk,
          .recipient = ActorId::named("counter"),
          .sender = ActorId::at(1, 2, 3),
          .correlation = 7,
          .tag = 0x1122334455667788,
          .body = {},
          .stamps = nullptr};
}

Stamps traced() {
  const TraceContext context{.trace_high = 1, .trace_low = 2, .span = 3, .flags = 1, .depth = 4};
  return {.trace = TraceStamp{.context = context, .peer = {}}};
}

Bytes with_stamps(const Stamps& stamps, std::string_view body) {
  wire::Writer writer;
  write_head(writer, encode_head(question()), &stamps);
  writer.raw(std::as_bytes(std::span(body)));
  return writer.finish();
}

TEST(Routed, comes_out_as_it_went_in) {
  const auto read = decode_routed(joined(encode_head(question()), "body"));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->kind, EnvelopeKind::kAsk);
  EXPECT_EQ(read->recipient, ActorId::named("counter"));
  EXPECT_EQ(read->sender, ActorId::at(1, 2, 3));
  EXPECT_EQ(read->correlation, 7U);
  EXPECT_EQ(read->tag, 0x1122334455667788U);
  EXPECT_EQ(read->body.view(), "body");
}

TEST(Routed, the_head_is_as_docs_wire_says) {
  Routed message{.kind = EnvelopeKind::kReply,
                 .recipient = ActorId::from_raw(1),
                 .sender = ActorId::from_raw(2),
                 .correlation = 3,
                 .tag = 4,
                 .body = {},
                 .stamps = nullptr};
  const RoutedHead head = encode_head(message);
  std::array<int, RoutedHead::kSize> expected{};
  expected[0] = 2;   // kind
  expected[2] = 1;   // recipient, little-endian
  expected[10] = 2;  // sender
  expected[18] = 3;  // correlation
  expected[26] = 4;  // tag
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_EQ(static_cast<int>(head.bytes[i]), expected[i]) << "byte " << i;
}

TEST(Routed, a_body_may_be_empty) {
  const auto read = decode_routed(joined(encode_head(question()), ""));
  ASSERT_TRUE(read.has_value());
  EXPECT_TRUE(read->body.empty());
}

TEST(Routed, shorter_than_its_head_is_corrupt) {
  const Bytes whole = joined(encode_head(question()), "");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto read = decode_routed(whole.slice(0, size));
    ASSERT_FALSE(read.has_value()) << size;
    EXPECT_EQ(read.error().code, ErrorCode::kCorrupt);
  }
}

TEST(Routed, kinds_that_stay_inside_a_node_are_corrupt) {
  for (int kind = 0; kind < 256; ++kind) {
    Routed message = question();
    message.kind = static_cast<EnvelopeKind>(kind);
    EXPECT_EQ(decode_routed(joined(encode_head(message), "")).has_value(), kind <= 13) << kind;
  }
}

TEST(Routed, flags_of_a_newer_node_are_ignored) {
  RoutedHead head = encode_head(question());
  head.bytes[1] = std::byte{0xfc};
  EXPECT_TRUE(decode_routed(joined(head, "")).has_value());
}

TEST(Routed, stamps_come_out_as_they_went_in) {
  const auto read = decode_routed(with_stamps(traced(), "body"));
  ASSERT_TRUE(read.has_value());
  ASSERT_NE(read->stamps, nullptr);
  EXPECT_EQ(*read->stamps, traced());
  EXPECT_EQ(read->recipient, ActorId::named("counter"));
  EXPECT_EQ(read->body.view(), "body");
}

TEST(Routed, a_message_without_stamps_has_none) {
  wire::Writer writer;
  write_head(writer, encode_head(question()), nullptr);
  EXPECT_EQ(writer.size(), RoutedHead::kSize);
  const auto read = decode_routed(writer.finish());
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->stamps, nullptr);
}

TEST(Routed, stamps_are_as_docs_wire_says) {
  const Bytes message = with_stamps(traced(), "");
  const std::vector<int> expected{33, 0, 0, 0,              // length of the stamps
                                  1,                        // a trace
                                  26, 0, 0, 0,              // its length
                                  1,  0, 0, 0, 0, 0, 0, 0,  // trace id, upper half
                                  2,  0, 0, 0, 0, 0, 0, 0,  // trace id, lower half
                                  3,  0, 0, 0, 0, 0, 0, 0,  // span
                                  1,  4,                    // flags, depth
                                  0,                        // no delivery
                                  0};                       // no journey
  ASSERT_EQ(message.size(), RoutedHead::kSize + expected.size());
  EXPECT_EQ(message.span()[1], std::byte{1});
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_EQ(static_cast<int>(message.span()[RoutedHead::kSize + i]), expected[i]) << "byte " << i;
}

TEST(Routed, stamps_that_are_cut_short_are_corrupt) {
  const Bytes whole = with_stamps(traced(), "");
  for (std::size_t size = RoutedHead::kSize; size < whole.size(); ++size)
    EXPECT_FALSE(decode_routed(whole.slice(0, size)).has_value()) << size;
}

TEST(Routed, stamps_of_a_newer_node_may_be_longer_up_to_a_bound) {
  const auto sized = [](std::size_t size) {
    wire::Writer writer;
    RoutedHead head = encode_head(question());
    head.bytes[1] = RoutedHead::kHasStamps;
    writer.raw(head.bytes);
    writer.number(static_cast<std::uint32_t>(size));
    writer.raw(std::vector<std::byte>(size));
    writer.raw(std::as_bytes(std::span("body", 4)));
    return decode_routed(writer.finish());
  };
  const auto largest = sized(kStampsBytesMax - sizeof(std::uint32_t));
  ASSERT_TRUE(largest.has_value());
  EXPECT_EQ(*largest->stamps, Stamps());
  EXPECT_EQ(largest->body.view(), "body");
  EXPECT_FALSE(sized(kStampsBytesMax - sizeof(std::uint32_t) + 1).has_value());
}

Bytes compressed(const Stamps* stamps, std::string_view body, wire::Compression compression) {
  wire::Writer writer;
  const auto write = [body](wire::Writer& to) { to.raw(std::as_bytes(std::span(body))); };
  write_routed(writer, encode_head(question()), stamps, write, compression);
  return writer.finish();
}

TEST(Routed, a_compressed_message_comes_out_as_it_went_in) {
  const std::string body(5'000, 'x');
  const Stamps stamps = traced();
  for (const auto compression : {wire::Compression::kLz4, wire::Compression::kZstd}) {
    for (const Stamps* with : {static_cast<const Stamps*>(nullptr), &stamps}) {
      const Bytes message = compressed(with, body, compression);
      EXPECT_LT(message.size(), 500U);
      const auto read = decode_routed(message);
      ASSERT_TRUE(read.has_value());
      EXPECT_EQ(read->recipient, ActorId::named("counter"));
      EXPECT_EQ(read->body.view(), body);
      EXPECT_EQ(read->stamps != nullptr, with != nullptr);
    }
  }
}

TEST(Routed, what_does_not_get_smaller_goes_as_it_is) {
  EXPECT_EQ(compressed(nullptr, "body", wire::Compression::kLz4), joined(encode_head(question()), "body"));
}

TEST(Routed, a_compressed_message_that_would_grow_above_the_bound_is_refused) {
  const Bytes message = compressed(nullptr, std::string(5'000, 'x'), wire::Compression::kZstd);
  EXPECT_TRUE(decode_routed(message, 5'000).has_value());
  EXPECT_EQ(decode_routed(message, 4'999).error().code, ErrorCode::kTooLarge);
}

}  // namespace
}  // namespace troupe::cluster
