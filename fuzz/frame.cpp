// LINK: troupe::wire
//
// The frame decoder, fed any bytes in any cuts: whole, and in pieces, must give the same frames and the same error.
#include <cstddef>
#include <cstdint>
#include <string>

#include "troupe/base/assert.hpp"
#include "troupe/wire/frame.hpp"

namespace {

using troupe::Bytes;
using troupe::wire::Frame;
using troupe::wire::FrameDecoder;

constexpr std::uint32_t kPayloadBytesMax = 4096;

/// Every frame and the error as text, with the input cut into pieces of `piece` bytes.
std::string frames_of(const Bytes& input, std::size_t piece) {
  FrameDecoder decoder(kPayloadBytesMax);
  std::string text;
  for (std::size_t at = 0; at < input.size(); at += piece) {
    decoder.feed(input.slice(at, piece));
    while (true) {
      const auto next = decoder.next();
      if (!next) return text.append("!").append(next.error().to_string());
      if (!*next) break;
      TROUPE_ASSERT((*next)->payload.size() <= kPayloadBytesMax);
      const Frame& frame = **next;  // Or a part of one.
      if (frame.offset == 0) text.append(to_string(frame.type)).append(":");
      TROUPE_ASSERT(frame.offset > 0 || frame.is_last() || frame.payload.size() >= FrameDecoder::kFirstPartBytes);
      text.append(frame.payload.view()).append(frame.is_last() ? "\n" : "");
    }
  }
  return text;
}

}  // namespace

// The first byte is the size of the pieces.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes input = Bytes::copy_of(std::as_bytes(std::span(data + 1, size - 1)));
  TROUPE_ASSERT(frames_of(input, size) == frames_of(input, std::size_t{1} + data[0]));
  return 0;
}
