#include "troupe/cluster/routing.hpp"

#include "troupe/actor/shard.hpp"
#include "troupe/cluster/lanes.hpp"

namespace troupe::cluster {

void Routing::add(const NodeId& node, const NodeId& next_hop) {
  Route& route = routes_[node.name];
  if (route.incarnation != node.incarnation) route = {.incarnation = node.incarnation};
  route.next_hop = next_hop;
}

void Routing::remove(const NodeId& node) {
  const auto found = routes_.find(node.name);
  if (found != routes_.end() && found->second.incarnation == node.incarnation) routes_.erase(found);
  paused_.forget(node);
}

std::optional<NodeId> Routing::life_of(const NodeId& node) const {
  const auto route = routes_.find(node.name);
  if (route == routes_.end() || lanes_.empty()) return std::nullopt;
  if (node.incarnation != 0 && node.incarnation != route->second.incarnation) return std::nullopt;
  return NodeId{node.name, route->second.incarnation};
}

std::optional<NodeId> Routing::next_hop(const NodeId& node) const {
  if (!life_of(node)) return std::nullopt;
  return routes_.at(node.name).next_hop;
}

SendOutcome Routing::send(const NodeId& node, EnvelopePtr envelope) {
  const auto found = routes_.find(node.name);
  if (found == routes_.end() || lanes_.empty()) return SendOutcome::kUnreachable;
  Route& route = found->second;
  if (node.incarnation != 0 && node.incarnation != route.incarnation) return SendOutcome::kUnreachable;
  const NodeId to{node.name, route.incarnation};
  if (is_refusable(envelope->kind) && paused_.contains(to, envelope->recipient, lanes_[shard_]->now()))
    return SendOutcome::kFull;
  if (numbers_all_ || route.next_hop != to) [[unlikely]]
    route.is_numbered = true;
  if (route.is_numbered) [[unlikely]]
    prepare(to, route, *envelope);
  return send_over(route.next_hop, std::move(envelope));
}

/// For the journey. The number is the shard's own, so messages of a group that another shard sends over its lane (this
/// one has none of the channel) still keep their order.
void Routing::prepare(const NodeId& to, Route& route, Envelope& envelope) {
  const Lanes& own = *lanes_[shard_];
  Journey journey{.from = own.node(), .to = to, .shard = static_cast<std::uint16_t>(shard_)};
  journey.group = Lanes::group_of(envelope);
  if (own.keeps_order(route.next_hop, envelope)) journey.number = ++route.sent;
  envelope.need_stamps().journey = journey;
}

SendOutcome Routing::send_over(const NodeId& neighbour, EnvelopePtr envelope) {
  Lanes& own = *lanes_[shard_];
  const bool refusable = is_refusable(envelope->kind);
  const std::uint32_t shard = own.shard_for(neighbour, *envelope);
  if (shard != shard_) {
    ShardTask task = [lanes = lanes_[shard].get(), neighbour, envelope = std::move(envelope)](Shard&) mutable {
      lanes->send_for(neighbour, std::move(envelope));
    };
    return host_.send_to_shard(shard, Envelope::make(refusable ? EnvelopeKind::kRefusableTask : EnvelopeKind::kTask,
                                                     std::move(task), local_payload_type<ShardTask>));
  }
  const SendOutcome outcome = own.send(neighbour, std::move(envelope));
  // A watch that is lost with its link is set again with the next one, or ends with the node: it is not refused.
  return refusable ? outcome : SendOutcome::kTaken;
}

void Routing::pass_on(EnvelopePtr envelope) {
  Journey& journey = *envelope->stamps->journey;
  Lanes& own = *lanes_[shard_];
  const auto next = next_hop(journey.to);
  const bool has_hops = ++journey.hops < own.hops_max();
  if (!next || !has_hops) {
    const char* why = has_hops ? "a node on the way knows no way on" : "it passed too many nodes (cluster.hops_max)";
    return own.lose(*envelope, {ErrorCode::kUnreachable, why});
  }
  const std::uint32_t shard = own.shard_for(*next, *envelope);
  if (shard == shard_) return own.pass_on(*next, std::move(envelope));
  if (is_refusable(envelope->kind) && !host_.has_room(shard))
    return own.lose(*envelope, {ErrorCode::kQueueFull, "the queue between two shards of a node on the way is full"});
  ShardTask task = [lanes = lanes_[shard].get(), next = *next, envelope = std::move(envelope)](Shard&) mutable {
    lanes->pass_on(next, std::move(envelope));
  };
  host_.send_to_shard(shard, Envelope::make(EnvelopeKind::kTask, std::move(task), local_payload_type<ShardTask>));
}

void Routing::pause(const NodeId& node, const Pause& pause) {
  if (!lanes_.empty() && life_of(node)) paused_.set(node, pause, lanes_[shard_]->now());
}

SendOutcome Routing::room_for(const Address& to, ActorId sender, const Via& via) const {
  const auto node = life_of(to.node);
  if (!node) return SendOutcome::kUnreachable;
  if (paused_.contains(*node, to.actor, lanes_[shard_]->now())) return SendOutcome::kFull;
  const NodeId neighbour = routes_.at(node->name).next_hop;
  EnvelopePtr like = Envelope::make(EnvelopeKind::kTell);
  like->sender.actor = sender;
  like->recipient = to.actor;
  like->channel = via.channel.id();
  like->key = via.key.hash();
  return lanes_[shard_]->room_for(neighbour, *like);
}

}  // namespace troupe::cluster
