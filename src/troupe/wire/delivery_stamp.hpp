#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "troupe/base/error.hpp"
#include "troupe/base/time.hpp"

/// What acknowledged delivery says on the wire (link/delivery/acknowledged.hpp). Structs of messages: append only.
namespace troupe::wire {

/// What an acknowledged message carries beside its payload.
struct DeliveryStamp {
  std::uint64_t number = 0;    ///< Among those of its sender's shard, from 1, growing.
  std::uint64_t low = 0;       ///< Of the lower numbers to this node, the sender has the outcome of each.
  std::uint64_t previous = 0;  ///< The message of the same flow that has to be there before; 0: none.
  std::uint64_t flow = 0;      ///< Messages of one flow stay in order.
  Duration remaining{};        ///< Until the sender's deadline.
  bool cancel = false;         ///< Instead of the message: it is no longer to be delivered. What has become of it?

  friend bool operator==(const DeliveryStamp&, const DeliveryStamp&) = default;
};

/// From one shard to another: what became of messages, or how far their sender is.
struct Acknowledgement {
  static constexpr std::string_view wire_name = "troupe.acknowledgement";
  std::vector<std::uint64_t> delivered;
  std::vector<std::pair<std::uint64_t, ErrorCode>> refused;  ///< And why.
  std::uint64_t low = 0;  ///< From the sender of messages: as in the stamp. 0: this is from their receiver.
};

}  // namespace troupe::wire
