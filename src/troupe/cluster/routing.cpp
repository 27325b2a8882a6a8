#include "troupe/cluster/routing.hpp"

#include "troupe/actor/shard.hpp"
#include "troupe/cluster/lanes.hpp"

namespace troupe::cluster {

void Routing::remove(const NodeId& node) {
  const auto found = routes_.find(node.name);
  if (found != routes_.end() && found->second == node.incarnation) routes_.erase(found);
  paused_.forget(node);
}

std::optional<NodeId> Routing::life_of(const NodeId& node) const {
  const auto route = routes_.find(node.name);
  if (route == routes_.end() || lanes_.empty()) return std::nullopt;
  if (node.incarnation != 0 && node.incarnation != route->second) return std::nullopt;
  return NodeId{node.name, route->second};
}

SendOutcome Routing::send(const NodeId& node, EnvelopePtr envelope) {
  const auto to = life_of(node);
  if (!to) return SendOutcome::kUnreachable;
  Lanes& own = *lanes_[shard_];
  const bool refusable = is_refusable(envelope->kind);
  if (refusable && paused_.contains(*to, envelope->recipient, own.now())) return SendOutcome::kFull;
  const std::uint32_t shard = own.shard_for(*to, *envelope);
  if (shard != shard_) {
    ShardTask task = [lanes = lanes_[shard].get(), to = *to, envelope = std::move(envelope)](Shard&) mutable {
      lanes->send_for(to, std::move(envelope));
    };
    return host_.send_to_shard(shard, Envelope::make(refusable ? EnvelopeKind::kRefusableTask : EnvelopeKind::kTask,
                                                     std::move(task), local_payload_type<ShardTask>));
  }
  const SendOutcome outcome = own.send(*to, std::move(envelope));
  // A watch that is lost with its link is set again with the next one, or ends with the node: it is not refused.
  return refusable ? outcome : SendOutcome::kTaken;
}

void Routing::pause(const NodeId& node, const Pause& pause) {
  if (!lanes_.empty() && life_of(node)) paused_.set(node, pause, lanes_[shard_]->now());
}

SendOutcome Routing::room_for(const Address& to, ActorId sender, const Via& via) const {
  const auto node = life_of(to.node);
  if (!node) return SendOutcome::kUnreachable;
  if (paused_.contains(*node, to.actor, lanes_[shard_]->now())) return SendOutcome::kFull;
  EnvelopePtr like = Envelope::make(EnvelopeKind::kTell);
  like->sender.actor = sender;
  like->recipient = to.actor;
  like->channel = via.channel.id();
  like->key = via.key.hash();
  return lanes_[shard_]->room_for(*node, *like);
}

}  // namespace troupe::cluster
