#pragma once

#include <array>
#include <cstddef>
#include <memory>

#include "troupe/actor/envelope.hpp"
#include "troupe/base/bytes.hpp"
#include "troupe/base/error.hpp"
#include "troupe/base/ids.hpp"
#include "troupe/wire/compression.hpp"
#include "troupe/wire/writer.hpp"

namespace troupe::cluster {

/// A message on its way out, encoded on its sender's shard, or in, before its recipient's shard decodes it.
struct Routed {
  NodeId node;
  EnvelopeKind kind = EnvelopeKind::kTell;
  ActorId recipient;
  ActorId sender;
  std::uint64_t correlation = 0;
  std::uint64_t tag = 0;  ///< Of the payload's type; 0 if there is none.
  Bytes body;             ///< The encoded payload.
  std::unique_ptr<Stamps> stamps;
};

/// The header of a message on a data lane, before the body (docs/wire.md).
struct RoutedHead {
  static constexpr std::size_t kSize = 34;
  // Flags, in the second byte.
  static constexpr std::byte kHasStamps{1};     ///< Stamps stand between head and body.
  static constexpr std::byte kIsCompressed{2};  ///< What stands after the head is a block of wire::compress.
  std::array<std::byte, kSize> bytes;
};

/// Encoded stamps with their length are at most as large as this; larger ones are `corrupt`.
inline constexpr std::size_t kStampsBytesMax = 4096;

RoutedHead encode_head(const Routed& message);
/// What stands before the body: the header, and the stamps if there are some.
void write_head(wire::Writer& writer, const RoutedHead& head, const Stamps* stamps);

/// The whole message; what stands after the header is compressed, if that makes it smaller.
void write_routed(wire::Writer& writer, const RoutedHead& head, const Stamps* stamps, wire::Encoder body,
                  wire::Compression compression);

/// Reads header, stamps and body; the kinds that never cross the wire, and input that is too short, are `corrupt`.
/// Stamps and body have together at most `bytes_max`, also where they were compressed, or are `too_large`.
Result<Routed> decode_routed(Bytes payload, std::size_t bytes_max = 64U << 20U);

}  // namespace troupe::cluster
