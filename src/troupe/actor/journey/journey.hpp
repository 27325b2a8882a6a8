#pragma once

#include <cstdint>

#include "troupe/base/error.hpp"
#include "troupe/base/ids.hpp"

namespace troupe {

/// What a message carries that may pass through other nodes on its way.
struct Journey {
  /// Flows (what one sender, or one key, sends to one recipient) are numbered by so many groups: those of a group take
  /// one way together.
  static constexpr std::uint8_t kGroupBits = 6;

  NodeId from;
  NodeId to;
  std::uint64_t number = 0;  ///< Among what this shard has sent to that node; 0: order was given up.
  std::uint16_t shard = 0;   ///< That it left, of `from`.
  std::uint8_t group = 0;    ///< Of its flow.
  std::uint8_t hops = 0;     ///< Nodes passed.

  friend bool operator==(const Journey&, const Journey&) = default;
};

/// The payload of kLost, for the sender of a message that could not go on, or came too late to keep its order.
struct Lost {
  NodeId node;  ///< Where it was to go.
  Error why;
};

}  // namespace troupe
