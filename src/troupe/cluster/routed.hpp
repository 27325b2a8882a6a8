#pragma once

#include "troupe/actor/envelope.hpp"
#include "troupe/base/bytes.hpp"
#include "troupe/base/ids.hpp"

namespace troupe::cluster {

/// A message on its way out, encoded on its sender's shard and handed to the shard that has the lane: the payload
/// (local_payload_type<Routed>) of a kTask envelope between shards of one node.
struct Routed {
  NodeId node;
  EnvelopeKind kind = EnvelopeKind::kTell;
  std::uint64_t lane_hash = 0;  ///< Chooses among the channel's lanes.
  Bytes head;                   ///< The envelope's header as it stands on the wire.
  Bytes body;                   ///< The encoded payload.
};

}  // namespace troupe::cluster
