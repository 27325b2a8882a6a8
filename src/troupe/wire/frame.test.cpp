#include "troupe/wire/frame.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "troupe/base/random.hpp"

namespace troupe::wire {
namespace {

constexpr std::uint32_t kLimit = 1000;

Bytes frame(FrameType type, std::string_view payload) {
  Writer writer;
  encode_frame_header(writer, type, static_cast<std::uint32_t>(payload.size()));
  writer.raw(std::as_bytes(std::span(payload)));
  return writer.finish();
}

Bytes joined(std::initializer_list<Bytes> pieces) {
  Writer writer;
  for (const Bytes& piece : pieces) writer.raw(piece.span());
  return writer.finish();
}

/// "message:abc heartbeat: !too_large": what the decoder gives for an input, up to the end of the input or the error.
std::string next_frames(FrameDecoder& decoder) {
  std::string text;
  while (true) {
    const auto next = decoder.next();
    if (!next) return text.append("!").append(to_string(next.error().code));
    if (!*next) return text;
    const Frame& frame = **next;  // A chunk frame may come in parts.
    if (frame.offset == 0) text.append(to_string(frame.type)).append(":");
    text.append(frame.payload.view()).append(frame.is_last() ? " " : "");
  }
}

std::string fed(FrameDecoder& decoder, const Bytes& input) {
  decoder.feed(input);
  return next_frames(decoder);
}

TEST(Frame, the_header_is_size_type_and_zeros) {
  Writer writer;
  encode_frame_header(writer, FrameType::kMessage, 0x01020304);
  EXPECT_EQ(writer.finish().view(), std::string_view("\x04\x03\x02\x01\x07\0\0\0", 8));
}

TEST(Frame, the_numbers_of_the_types_never_change) {
  EXPECT_EQ(static_cast<int>(FrameType::kHello), 1);
  EXPECT_EQ(static_cast<int>(FrameType::kChallenge), 2);
  EXPECT_EQ(static_cast<int>(FrameType::kProof), 3);
  EXPECT_EQ(static_cast<int>(FrameType::kAccept), 4);
  EXPECT_EQ(static_cast<int>(FrameType::kRefuse), 5);
  EXPECT_EQ(static_cast<int>(FrameType::kHeartbeat), 6);
  EXPECT_EQ(static_cast<int>(FrameType::kMessage), 7);
  EXPECT_EQ(static_cast<int>(FrameType::kGoodbye), 8);
  EXPECT_EQ(static_cast<int>(FrameType::kChunk), 9);
  EXPECT_EQ(static_cast<int>(FrameType::kCredit), 10);
}

TEST(FrameDecoder, gives_all_frames_of_one_input) {
  FrameDecoder decoder(kLimit);
  const Bytes input =
      joined({frame(FrameType::kHello, "a"), frame(FrameType::kAccept, ""), frame(FrameType::kMessage, "bcd")});
  EXPECT_EQ(fed(decoder, input), "hello:a accept: message:bcd ");
  EXPECT_EQ(fed(decoder, {}), "");
}

TEST(FrameDecoder, a_payload_within_one_input_is_a_slice_of_it) {
  FrameDecoder decoder(kLimit);
  const Bytes input = joined({frame(FrameType::kMessage, "first"), frame(FrameType::kMessage, "second")});
  decoder.feed(input);
  EXPECT_EQ((*decoder.next())->payload.data(), input.data() + kFrameHeaderBytes);
  EXPECT_EQ((*decoder.next())->payload.data(), input.data() + 2 * kFrameHeaderBytes + 5);
}

TEST(FrameDecoder, a_payload_after_a_header_that_was_cut_is_still_a_slice) {
  FrameDecoder decoder(kLimit);
  const Bytes whole = frame(FrameType::kMessage, "payload");
  EXPECT_EQ(fed(decoder, whole.slice(0, 8)), "");
  const Bytes rest = whole.slice(8, 7);
  decoder.feed(rest);
  EXPECT_EQ((*decoder.next())->payload.data(), rest.data());
}

TEST(FrameDecoder, every_cut_in_two_gives_the_same_frames) {
  const Bytes input =
      joined({frame(FrameType::kHello, "a"), frame(FrameType::kAccept, ""), frame(FrameType::kMessage, "bcd")});
  for (std::size_t cut = 0; cut <= input.size(); ++cut) {
    FrameDecoder decoder(kLimit);
    const std::string first = fed(decoder, input.slice(0, cut));
    EXPECT_EQ(first + fed(decoder, input.slice(cut, input.size())), "hello:a accept: message:bcd ") << "cut at " << cut;
  }
}

TEST(FrameDecoder, every_size_of_pieces_gives_the_same_frames) {
  const Bytes input = joined({frame(FrameType::kMessage, std::string(300, 'x')), frame(FrameType::kGoodbye, "why")});
  for (std::size_t piece = 1; piece < input.size(); ++piece) {
    FrameDecoder decoder(kLimit);
    std::string text;
    for (std::size_t at = 0; at < input.size(); at += piece) text += fed(decoder, input.slice(at, piece));
    EXPECT_EQ(text, "message:" + std::string(300, 'x') + " goodbye:why ") << "pieces of " << piece;
  }
}

TEST(FrameDecoder, the_rest_of_a_chunk_frame_may_be_read_elsewhere) {
  FrameDecoder decoder(kLimit);
  const Bytes input = joined({frame(FrameType::kChunk, "sixteen bytes, and more"), frame(FrameType::kMessage, "abc")});
  EXPECT_EQ(fed(decoder, input.slice(0, kFrameHeaderBytes + 15)), "");
  EXPECT_EQ(decoder.part_left(), 0U) << "its first part is not given yet";
  EXPECT_EQ(fed(decoder, input.slice(kFrameHeaderBytes + 15, 2)), "chunk:sixteen bytes, an");
  EXPECT_EQ(decoder.part_left(), 6U);
  EXPECT_FALSE(decoder.skip(4));
  EXPECT_EQ(decoder.part_left(), 2U);
  EXPECT_TRUE(decoder.skip(2));
  EXPECT_EQ(decoder.part_left(), 0U);
  EXPECT_EQ(fed(decoder, input.slice(kFrameHeaderBytes + 23, input.size())), "message:abc ");
  EXPECT_EQ(decoder.part_left(), 0U);
}

TEST(FrameDecoder, lets_go_of_an_input_that_is_used_up) {
  std::shared_ptr<std::byte[]> buffer(new std::byte[64]());
  const Bytes whole = frame(FrameType::kMessage, "abc");
  std::memcpy(buffer.get(), whole.data(), whole.size());
  FrameDecoder decoder(kLimit);
  decoder.feed(Bytes::adopt(buffer, whole.size()));
  {
    const auto message = decoder.next();
    EXPECT_EQ(buffer.use_count(), 2) << "ours and the payload's";
  }
  EXPECT_EQ(buffer.use_count(), 1);

  decoder.feed(Bytes::adopt(buffer, whole.size() - 1));
  EXPECT_FALSE(decoder.next()->has_value());
  EXPECT_EQ(buffer.use_count(), 1) << "an incomplete payload is copied";
}

TEST(FrameDecoder, the_limit_itself_is_allowed_and_one_more_is_not) {
  FrameDecoder decoder(kLimit);
  EXPECT_EQ(fed(decoder, frame(FrameType::kMessage, std::string(kLimit, 'x'))),
            "message:" + std::string(kLimit, 'x') + " ");
  decoder.feed(frame(FrameType::kMessage, std::string(kLimit + 1, 'x')));
  const auto next = decoder.next();
  ASSERT_FALSE(next.has_value());
  EXPECT_EQ(next.error().to_string(),
            "too_large: a message frame with a payload of 1001 bytes, where at most 1000 are allowed");
}

TEST(FrameDecoder, fails_on_the_header_of_a_large_frame_without_waiting_for_it) {
  FrameDecoder decoder(kLimit);
  Writer writer;
  encode_frame_header(writer, FrameType::kMessage, std::numeric_limits<std::uint32_t>::max());
  EXPECT_EQ(fed(decoder, writer.finish()), "!too_large");
}

TEST(FrameDecoder, a_new_limit_counts_from_the_next_header_on) {
  FrameDecoder decoder(10);
  decoder.feed(joined({frame(FrameType::kAccept, ""), frame(FrameType::kMessage, std::string(500, 'x'))}));
  EXPECT_EQ((*decoder.next())->type, FrameType::kAccept);
  decoder.set_payload_bytes_max(kLimit);
  EXPECT_EQ(next_frames(decoder), "message:" + std::string(500, 'x') + " ");
}

TEST(FrameDecoder, an_unknown_type_flag_or_reserved_bit_is_corrupt) {
  for (const auto& [header, text] : std::vector<std::pair<std::string_view, std::string_view>>{
           {{"\x01\0\0\0\0\0\0\0", 8}, "(type 0, flags 0, reserved 0, payload of 1 bytes)"},
           {{"\x01\0\0\0\x0b\0\0\0", 8}, "(type 11, flags 0, reserved 0, payload of 1 bytes)"},
           {{"\x01\0\0\0\xff\0\0\0", 8}, "(type 255, flags 0, reserved 0, payload of 1 bytes)"},
           {{"\x01\0\0\0\x07\x01\0\0", 8}, "(type 7, flags 1, reserved 0, payload of 1 bytes)"},
           {{"\x01\0\0\0\x07\0\x01\0", 8}, "(type 7, flags 0, reserved 1, payload of 1 bytes)"},
           {{"\x01\0\0\0\x07\0\0\x80", 8}, "(type 7, flags 0, reserved 32768, payload of 1 bytes)"},
           {"GET / HT", "(type 47, flags 32, reserved 21576, payload of 542393671 bytes)"}}) {
    FrameDecoder decoder(kLimit);
    decoder.feed(Bytes::copy_of(header));
    const auto next = decoder.next();
    ASSERT_FALSE(next.has_value()) << text;
    EXPECT_EQ(next.error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(next.error().detail, "bytes that are no frame of this protocol " + std::string(text));
  }
}

TEST(FrameDecoder, stays_failed) {
  FrameDecoder decoder(kLimit);
  EXPECT_EQ(fed(decoder, joined({frame(FrameType::kHello, "x"), Bytes::copy_of("GET / HTTP/1.1\r\n"),
                                 frame(FrameType::kHello, "y")})),
            "hello:x !corrupt");
  EXPECT_EQ(next_frames(decoder), "!corrupt");
  EXPECT_EQ(fed(decoder, frame(FrameType::kHello, "z")), "!corrupt");
}

TEST(FrameDecoder, random_frames_in_random_cuts_come_out_as_they_went_in) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Random random(seed);
    std::string expected;
    Writer stream;
    for (std::uint64_t frames = random.below(20); frames > 0; --frames) {
      const auto type = static_cast<FrameType>(1 + random.below(10));
      const std::string payload(random.below(random.chance(0.5) ? 20 : kLimit + 1),
                                static_cast<char>('a' + random.below(26)));
      expected.append(to_string(type)).append(":").append(payload).append(" ");
      stream.raw(frame(type, payload).span());
    }
    const Bytes input = stream.finish();
    FrameDecoder decoder(kLimit);
    std::string text;
    for (std::size_t at = 0; at < input.size();) {
      const std::size_t piece = 1 + random.below(random.chance(0.5) ? 10 : 2000);
      text += fed(decoder, input.slice(at, piece));
      at += piece;
    }
    EXPECT_EQ(text, expected) << "seed " << seed;
  }
}

}  // namespace
}  // namespace troupe::wire
