#include "troupe/cluster/routing.hpp"

#include "troupe/actor/shard.hpp"
#include "troupe/cluster/lanes.hpp"

namespace troupe::cluster {

void Routing::remove(const NodeId& node) {
  const auto found = routes_.find(node.name);
  if (found != routes_.end() && found->second == node.incarnation) routes_.erase(found);
}

bool Routing::reaches(const NodeId& node) const {
  const auto found = routes_.find(node.name);
  return found != routes_.end() && (node.incarnation == 0 || node.incarnation == found->second);
}

SendOutcome Routing::send(const NodeId& node, EnvelopePtr envelope) {
  const auto route = routes_.find(node.name);
  if (route == routes_.end() || lanes_.empty()) return SendOutcome::kUnreachable;
  if (node.incarnation != 0 && node.incarnation != route->second) return SendOutcome::kUnreachable;
  const NodeId to{node.name, route->second};
  Lanes& own = *lanes_[shard_];
  const std::uint32_t shard = own.shard_for(to, envelope->sender.actor, envelope->recipient);
  if (shard != shard_) return send_from(shard, to, *envelope);
  const SendOutcome outcome = own.send(to, *envelope);
  // A watch that is lost with its link is set again with the next one, or ends with the node: it is not refused.
  return is_refusable(envelope->kind) ? outcome : SendOutcome::kTaken;
}

/// This shard has no lane to the node: another one has to send it.
SendOutcome Routing::send_from(std::uint32_t shard, const NodeId& node, const Envelope& envelope) {
  Routed message{.node = node,
                 .kind = envelope.kind,
                 .recipient = envelope.recipient,
                 .sender = envelope.sender.actor,
                 .correlation = envelope.correlation};
  if (const PayloadType* type = envelope.type()) {
    if (type->encode == nullptr) return SendOutcome::kTooLarge;
    wire::Writer writer(type->size + 64);
    type->encode(envelope.payload(), writer);
    message.tag = type->tag;
    message.body = writer.finish();
  }
  ShardTask task = [lanes = lanes_[shard].get(), message = std::move(message)](Shard&) { (void)lanes->send(message); };
  return host_.send_to_shard(
      shard, Envelope::make(is_refusable(envelope.kind) ? EnvelopeKind::kRefusableTask : EnvelopeKind::kTask,
                            std::move(task), local_payload_type<ShardTask>));
}

}  // namespace troupe::cluster
