#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "troupe/base/bytes.hpp"
#include "troupe/base/error.hpp"
#include "troupe/wire/writer.hpp"

/// Frames: what a byte stream between two nodes is cut into. A frame is a header and a payload:
///
///     offset  size
///     0       4     payload size in bytes, little-endian
///     4       1     type (FrameType)
///     5       1     flags, 0 in this version
///     6       2     reserved, 0 in this version
///     8       ...   payload
///
/// A receiver that meets a type, a flag or a reserved bit that it does not know gives up: a newer node uses one only
/// after the handshake has shown that its peer's version has it.
namespace troupe::wire {

/// What a frame's payload is. The numbers cross the wire: append only, never reuse one.
enum class FrameType : std::uint8_t {
  kHello = 1,      ///< Handshake: the dialer's identity and nonce.
  kChallenge = 2,  ///< Handshake: the acceptor's identity, nonce and proof.
  kProof = 3,      ///< Handshake: the dialer's proof.
  kAccept = 4,     ///< Handshake: the acceptor is satisfied.
  kRefuse = 5,     ///< Handshake: why the sender closes now.
  kHeartbeat = 6,  ///< The sender is alive; also measures the round trip.
  kMessage = 7,    ///< A message of the layers above, opaque here.
  kGoodbye = 8,    ///< The sender leaves on purpose.
  kChunk = 9,      ///< A part of a message that is too large to go in one piece.
  kCredit = 10,    ///< How much of what came has been taken, so that more may come.
};

/// The type's name in snake_case, "unknown" for a number that has none.
std::string_view to_string(FrameType type);

inline constexpr std::size_t kFrameHeaderBytes = 8;

/// A frame as received, or a part of a chunk frame.
struct Frame {
  FrameType type{};
  Bytes payload;             ///< Or this part of it.
  std::uint32_t offset = 0;  ///< Of this part.
  std::uint32_t size = 0;    ///< Of the whole payload.

  bool is_last() const { return offset + payload.size() == size; }
};

/// Appends the header of a frame whose payload of `payload_bytes` follows. Header and payload are apart so that a large
/// payload can go to the socket as it is, without a copy.
void encode_frame_header(Writer& writer, FrameType type, std::uint32_t payload_bytes);

/// Cuts a byte stream into frames, wherever the socket has cut it into buffers.
///
/// A payload that lies within one input buffer is given as a slice of it, without a copy (and keeps that buffer alive);
/// one that lies across buffers is copied once. A chunk frame is given in parts instead, as they come, since who puts
/// chunks together copies them anyway; the first has at least kFirstPartBytes, if the frame has. What is held back is
/// at most one frame, whose size is at most the limit. Usage:
///
///     decoder.feed(input);
///     while (true) {
///       auto next = decoder.next();
///       if (!next) return close(next.error());
///       if (!*next) break;  // Needs more input.
///       handle(**next);     // May change the limit: it counts from the next header on.
///     }
class FrameDecoder {
 public:
  static constexpr std::size_t kFirstPartBytes = 16;

  explicit FrameDecoder(std::uint32_t payload_bytes_max) : payload_bytes_max_(payload_bytes_max) {}

  /// A frame whose header is read from now on may have at most this payload.
  void set_payload_bytes_max(std::uint32_t payload_bytes_max) { payload_bytes_max_ = payload_bytes_max; }

  /// Takes the next bytes of the stream. Only after `next` has asked for more, by nothing or an error; after an error,
  /// ignored.
  void feed(Bytes input);

  /// The next whole frame, or part of a chunk frame; nothing if its end has not come yet. Fails with `corrupt` on a
  /// header that is not one of ours, and with `too_large` above the limit; then it fails in the same way ever after,
  /// since there is no next header to be found.
  Result<std::optional<Frame>> next();

  /// What has not come yet of the chunk frame of which some parts were given, once `next` has asked for more: the
  /// caller may read up to so much straight to where it belongs, and then calls `skip` in place of `feed`.
  std::size_t part_left() const { return given_ == 0 ? 0 : header_->payload_bytes - given_; }
  /// `size` is at most `part_left`. True if the frame is complete.
  bool skip(std::size_t size);

 private:
  struct Header {
    FrameType type{};
    std::uint32_t payload_bytes = 0;
  };

  std::size_t available() const { return input_.size() - position_; }
  const std::byte* take_header();
  Result<Header> parse_header(const std::byte* at) const;
  std::optional<Frame> take_payload(const Header& header);
  std::optional<Frame> take_part(const Header& header);
  Bytes take(std::size_t size);

  std::uint32_t payload_bytes_max_;
  Bytes input_;               ///< The current input; empty as soon as it is used up.
  std::size_t position_ = 0;  ///< Of the first byte of `input_` that is not used yet.
  std::array<std::byte, kFrameHeaderBytes> header_bytes_{};
  std::size_t header_filled_ = 0;
  std::optional<Header> header_;          ///< Of the frame whose payload is not complete yet.
  std::shared_ptr<std::byte[]> payload_;  ///< Of that frame, if it does not lie within one input.
  std::size_t payload_filled_ = 0;
  std::array<std::byte, kFirstPartBytes> first_part_{};  ///< Of a chunk frame.
  std::size_t first_part_filled_ = 0;
  std::uint32_t given_ = 0;  ///< Of a chunk frame.
  std::optional<Error> error_;
};

}  // namespace troupe::wire
