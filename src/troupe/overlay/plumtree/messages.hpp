#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "troupe/base/bytes.hpp"
#include "troupe/base/error.hpp"
#include "troupe/base/hash.hpp"
#include "troupe/base/ids.hpp"
#include "troupe/base/time.hpp"

/// What two neighbours' Plumtrees say to each other. Numbers are little-endian:
///
///     gossip:                     u8 kind | header (length, then its fields) | payload
///     announcement, graft, prune: u8 kind | (root, varint count, count x (varint sequence, varint hops))...
///
/// The payload stands last, so that it is a slice of what came. The lists are written for size: in a stable network
/// they are most of what travels. A newer node may append fields to the header, and send new kinds.
namespace troupe::overlay::plumtree {

/// One broadcast: the node that began it, and how many it had begun before in this life.
struct BroadcastId {
  NodeId root;
  std::uint64_t sequence = 0;
  friend auto operator<=>(const BroadcastId&, const BroadcastId&) = default;
};

inline std::uint64_t hash_of(NodeId node, std::uint64_t seed) {
  return combine(combine(node.name ^ seed, node.incarnation), seed);
}
inline std::uint64_t hash_of(const BroadcastId& id, std::uint64_t seed) {
  return combine(hash_of(id.root, seed), id.sequence);
}

enum class Kind : std::uint8_t {
  kGossip = 1,    ///< GOSSIP: a broadcast, whole.
  kAnnounce = 2,  ///< IHAVE: broadcasts that the sender has.
  kGraft = 3,     ///< GRAFT: push to me what this root sends from now on, and these broadcasts now.
  kPrune = 4,     ///< PRUNE: from now on only announce to me what this root sends.
};

struct Gossip {
  BroadcastId id;
  std::uint16_t hops = 0;  ///< Links travelled when it arrives; the paper's round.
  /// For how long nodes have kept it on its way (in ms on the wire): bounds its life, whoever hands it on again.
  Duration age{};
  Bytes payload;
};

/// A broadcast in a list, or, without a sequence, the tree of a root.
struct Mention {
  NodeId root;
  std::optional<std::uint64_t> sequence;
  std::uint16_t hops = 0;  ///< In an announcement: what the gossip's would be.
  friend bool operator==(const Mention&, const Mention&) = default;
};

/// The kind that it claims to be; anything may follow.
Kind kind_of(const Bytes& message);

/// One piece: the payload is copied.
Bytes encode_gossip(const Gossip& gossip);

/// `corrupt` if it is none. The payload is a slice of the message.
Result<Gossip> decode_gossip(const Bytes& message);

/// The payload of a message that `encode_gossip` gave: a slice.
Bytes payload_of(const Bytes& message, std::size_t payload_bytes);

/// `kind` is not gossip. Neighbouring mentions of one root share its name.
Bytes encode_list(Kind kind, std::span<const Mention> mentions);

/// `corrupt` if it is none, or longer than `mentions_max`.
Result<std::vector<Mention>> decode_list(const Bytes& message, std::size_t mentions_max);

}  // namespace troupe::overlay::plumtree
