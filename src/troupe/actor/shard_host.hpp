#pragma once

#include <cstdint>

#include "troupe/actor/context.hpp"
#include "troupe/actor/envelope.hpp"

namespace troupe {

/// What a shard needs from its world. The runtime gives each shard a thread, queues and sockets; the simulator turns
/// them by hand. Called on the shard's own thread, except `inject`.
class ShardHost {
 public:
  virtual ~ShardHost() = default;

  /// Hands the envelope to another shard of this node. A refusable one is refused with kFull when the queue is full;
  /// others always go. What is not taken is destroyed, here and in `send_to_node`: the shard that made an ask then
  /// answers it.
  virtual SendOutcome send_to_shard(std::uint32_t shard, EnvelopePtr envelope) = 0;

  /// Hands the envelope to another node.
  virtual SendOutcome send_to_node(const NodeId& node, EnvelopePtr envelope) = 0;

  /// Whether a message from this actor of the shard to that one of another node would find room: kTaken, kFull or
  /// kUnreachable.
  virtual SendOutcome room_for(const Address& to, ActorId sender, const Via& via) const {
    (void)to, (void)sender, (void)via;
    return SendOutcome::kTaken;  // A world of one node.
  }

  /// Whether `send_to_shard` to that other shard would take one more that it may refuse.
  virtual bool has_room(std::uint32_t shard) const {
    (void)shard;
    return true;
  }

  /// An actor of another node has, or has no longer, more messages in its mailbox than it can take for long.
  virtual void on_pause(const NodeId& node, const Pause& pause) { (void)node, (void)pause; }

  /// Delivers to this shard, from any thread.
  virtual void inject(EnvelopePtr envelope) = 0;
};

/// Carries non-actor work to a shard's thread: the payload of a kTask envelope.
using ShardTask = std::move_only_function<void(Shard&)>;

}  // namespace troupe
