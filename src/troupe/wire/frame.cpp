#include "troupe/wire/frame.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "troupe/base/assert.hpp"

namespace troupe::wire {

std::string_view to_string(FrameType type) {
  switch (type) {
    case FrameType::kHello: return "hello";
    case FrameType::kChallenge: return "challenge";
    case FrameType::kProof: return "proof";
    case FrameType::kAccept: return "accept";
    case FrameType::kRefuse: return "refuse";
    case FrameType::kHeartbeat: return "heartbeat";
    case FrameType::kMessage: return "message";
    case FrameType::kGoodbye: return "goodbye";
    case FrameType::kChunk: return "chunk";
    case FrameType::kCredit: return "credit";
  }
  return "unknown";
}

void encode_frame_header(Writer& writer, FrameType type, std::uint32_t payload_bytes) {
  // One number, so that the writer checks its room once: size, type, flags, reserved, from the lowest byte on.
  writer.number(std::uint64_t{payload_bytes} | (std::uint64_t{static_cast<std::uint8_t>(type)} << 32U));
}

void FrameDecoder::feed(Bytes input) {
  if (error_) return;
  TROUPE_ASSERT(available() == 0);
  input_ = std::move(input);
  position_ = 0;
}

Result<std::optional<Frame>> FrameDecoder::next() {
  if (error_) return std::unexpected(*error_);
  if (!header_) {
    const std::byte* at = take_header();
    if (at == nullptr) {
      input_ = {};
      position_ = 0;
      return std::nullopt;
    }
    Result<Header> header = parse_header(at);
    if (!header) {
      error_ = header.error();
      input_ = {};
      position_ = 0;
      return std::unexpected(*error_);
    }
    header_ = *header;
  }
  std::optional<Frame> frame = take_payload(*header_);
  if (frame && frame->is_last()) header_.reset();
  if (available() == 0) {
    input_ = {};  // Lets the buffer go as soon as nobody else holds a slice of it.
    position_ = 0;
  }
  return frame;
}

/// Null if its end has not come yet.
const std::byte* FrameDecoder::take_header() {
  const std::byte* const input = input_.data() + position_;
  if (header_filled_ == 0 && available() >= kFrameHeaderBytes) {  // Nearly always.
    position_ += kFrameHeaderBytes;
    return input;
  }
  const std::size_t count = std::min(kFrameHeaderBytes - header_filled_, available());
  if (count > 0) std::memcpy(header_bytes_.data() + header_filled_, input, count);
  position_ += count;
  header_filled_ = (header_filled_ + count) % kFrameHeaderBytes;
  return header_filled_ == 0 && count > 0 ? header_bytes_.data() : nullptr;
}

bool FrameDecoder::skip(std::size_t size) {
  TROUPE_ASSERT(available() == 0 && size <= part_left());
  given_ += static_cast<std::uint32_t>(size);
  if (given_ < header_->payload_bytes) return false;
  given_ = 0;
  header_.reset();
  return true;
}

Result<FrameDecoder::Header> FrameDecoder::parse_header(const std::byte* at) const {
  std::uint64_t raw = 0;
  std::memcpy(&raw, at, sizeof(raw));
  const auto payload_bytes = static_cast<std::uint32_t>(raw);
  const auto type = static_cast<FrameType>(static_cast<std::uint8_t>(raw >> 32U));
  const auto flags = static_cast<std::uint8_t>(raw >> 40U);
  const auto reserved = static_cast<std::uint16_t>(raw >> 48U);
  const bool known = type >= FrameType::kHello && type <= FrameType::kCredit;
  if (!known || flags != 0 || reserved != 0) {
    return fail(
        ErrorCode::kCorrupt,
        fmt::format("bytes that are no frame of this protocol (type {}, flags {}, reserved {}, payload of {} bytes)",
                    static_cast<unsigned>(type), flags, reserved, payload_bytes));
  }
  if (payload_bytes > payload_bytes_max_) {
    return fail(ErrorCode::kTooLarge, fmt::format("a {} frame with a payload of {} bytes, where at most {} are allowed",
                                                  to_string(type), payload_bytes, payload_bytes_max_));
  }
  return Header{type, payload_bytes};
}

Bytes FrameDecoder::take(std::size_t size) {
  const std::size_t begin = std::exchange(position_, position_ + size);
  if (position_ < input_.size()) return input_.slice(begin, size);
  position_ = 0;
  return std::exchange(input_, {}).slice(begin, size);
}

std::optional<Frame> FrameDecoder::take_part(const Header& header) {
  const std::size_t first = std::min<std::size_t>(kFirstPartBytes, header.payload_bytes);
  if (given_ == 0 && (first_part_filled_ > 0 || available() < first)) {
    const Bytes more = take(std::min(first - first_part_filled_, available()));
    std::ranges::copy(more.span(), first_part_.data() + first_part_filled_);
    first_part_filled_ += more.size();
    if (first_part_filled_ < first) return std::nullopt;
    first_part_filled_ = 0;
    given_ = first == header.payload_bytes ? 0 : static_cast<std::uint32_t>(first);
    return Frame{header.type, Bytes::copy_of(std::span(first_part_).first(first)), 0, header.payload_bytes};
  }
  const std::uint32_t offset = given_;
  Bytes part = take(std::min<std::size_t>(header.payload_bytes - offset, available()));
  if (part.empty() && header.payload_bytes > 0) return std::nullopt;
  given_ += static_cast<std::uint32_t>(part.size());
  if (given_ == header.payload_bytes) given_ = 0;
  return Frame{header.type, std::move(part), offset, header.payload_bytes};
}

std::optional<Frame> FrameDecoder::take_payload(const Header& header) {
  if (header.type == FrameType::kChunk) return take_part(header);
  if (payload_ == nullptr) {
    if (available() >= header.payload_bytes)
      return Frame{header.type, take(header.payload_bytes), 0, header.payload_bytes};
    // Nothing is reserved on the strength of a header alone.
    if (available() == 0) return std::nullopt;
    payload_ = std::make_shared_for_overwrite<std::byte[]>(header.payload_bytes);
    payload_filled_ = 0;
  }
  const std::size_t count = std::min(header.payload_bytes - payload_filled_, available());
  if (count > 0) std::memcpy(payload_.get() + payload_filled_, input_.data() + position_, count);
  position_ += count;
  payload_filled_ += count;
  if (payload_filled_ < header.payload_bytes) return std::nullopt;
  return Frame{header.type, Bytes::adopt(std::exchange(payload_, nullptr), header.payload_bytes), 0,
               header.payload_bytes};
}

}  // namespace troupe::wire
