#pragma once

#include <array>
#include <cstddef>

#include "troupe/actor/envelope.hpp"
#include "troupe/base/bytes.hpp"
#include "troupe/base/error.hpp"
#include "troupe/base/ids.hpp"

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
};

/// The header of a message on a data lane, before the body (docs/wire.md).
struct RoutedHead {
  static constexpr std::size_t kSize = 34;
  std::array<std::byte, kSize> bytes;
};

RoutedHead encode_head(const Routed& message);

/// Reads header and body; the kinds that never cross the wire, and input that is too short, are `corrupt`.
Result<Routed> decode_routed(Bytes payload);

}  // namespace troupe::cluster
