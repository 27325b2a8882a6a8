#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "bench/latencies.hpp"
#include "bench/tally.hpp"

namespace troupe::bench {

struct FanoutCase {
  std::string topic;
  std::uint32_t receivers = 1;
  std::uint32_t outstanding = 1;
  std::size_t size = 100;
  Duration time{};
};

struct FanoutResult {
  Tally events;      ///< Until the last of them has reached the last client.
  Tally deliveries;  ///< Events, once for each client that got them.
  Latencies own;     ///< From the send to the sender's own event.
  Latencies others;  ///< From the send to a receiver's event.
};

/// Connects a sender and its receivers to the node at "host:port", joins all of them, and lets the sender send. All
/// clients are in this thread. Throws std::exception.
FanoutResult fan_out(const std::string& address, const FanoutCase& of);

}  // namespace troupe::bench
