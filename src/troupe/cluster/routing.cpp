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
  if (!reaches(node) || (shard_ == lanes_shard_ && !lanes_)) return SendOutcome::kUnreachable;
  Routed message{.node = {node.name, routes_[node.name]},
                 .kind = envelope->kind,
                 .recipient = envelope->recipient,
                 .sender = envelope->sender.actor,
                 .correlation = envelope->correlation};
  if (const PayloadType* type = envelope->type()) {
    if (type->encode == nullptr) return SendOutcome::kTooLarge;
    wire::Writer writer(type->size + 64);
    type->encode(envelope->payload(), writer);
    message.tag = type->tag;
    message.body = writer.finish();
  }
  const EnvelopeKind kind = message.kind;
  if (shard_ == lanes_shard_) {
    const SendOutcome outcome = lanes_->send(message);
    // A watch that is lost with its link is set again with the next one, or ends with the node: it is not refused.
    return is_refusable(kind) ? outcome : SendOutcome::kTaken;
  }
  ShardTask task = [&lanes = lanes_, message = std::move(message)](Shard&) {
    if (lanes) lanes->send(message);  // Else the node has stopped.
  };
  return host_.send_to_shard(lanes_shard_,
                             Envelope::make(is_refusable(kind) ? EnvelopeKind::kRefusableTask : EnvelopeKind::kTask,
                                            std::move(task), local_payload_type<ShardTask>));
}

}  // namespace troupe::cluster
