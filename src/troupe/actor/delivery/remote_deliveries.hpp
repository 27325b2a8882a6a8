#pragma once

#include <cstdint>

#include "troupe/actor/envelope.hpp"
#include "troupe/base/ids.hpp"
#include "troupe/base/time.hpp"

namespace troupe {

/// A shard's port to acknowledged delivery between nodes; the cluster gives it one. On the shard's thread.
class RemoteDeliveries {
 public:
  virtual ~RemoteDeliveries() = default;

  struct Request {
    std::uint64_t id = 0;  ///< For `Deliveries::finish`, once, and `Deliveries::forget`, once, perhaps from within.
    NodeId node;
    std::uint64_t flow = 0;  ///< Of this shard's: messages of one flow go to one recipient, and stay in order.
    TimePoint deadline;
    bool insist = false;  ///< `forget` comes only when it is certain that the message is not delivered any more.
  };
  virtual void send(const Request& request, EnvelopePtr envelope) = 0;

  /// An acknowledged message, or an acknowledgement, from another node to this shard.
  virtual void receive(EnvelopePtr envelope) = 0;
};

}  // namespace troupe
