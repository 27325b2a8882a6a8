#include <utility>

#include "troupe/actor/actor.hpp"
#include "troupe/cluster/lane.hpp"
#include "troupe/cluster/lanes.hpp"

namespace troupe::cluster {

void Lanes::choose(const NodeId& node, overlay::LinkId id) {
  LinkState* link = find_link(id);
  if (link == nullptr) return;  // Lost meanwhile: its listener is told next.
  if (const auto before = chosen_.find(node.name); before != chosen_.end() && before->second != id) {
    if (LinkState* earlier = find_link(before->second)) {
      earlier->chosen = false;
      earlier->superseded = true;
    }
  }
  chosen_[node.name] = id;
  link->chosen = true;
  link->superseded = false;
  for (Lane* lane : link->data) {
    lane->held_bytes = 0;
    for (Bytes& payload : std::exchange(lane->held, {})) deliver(*lane, std::move(payload));
  }
}

SendOutcome Lanes::send(const Routed& message) {
  const auto chosen = chosen_.find(message.node.name);
  LinkState* link = chosen == chosen_.end() ? nullptr : find_link(chosen->second);
  if (link == nullptr || link->node != message.node) {
    refuse(message, ErrorCode::kUnreachable, "there is no link to the node");
    return SendOutcome::kUnreachable;
  }
  // One lane for each pair of sender and recipient, so that their order holds.
  const std::uint64_t pair = combine(message.sender.raw(), message.recipient.raw());
  Lane& lane = *link->data[pair % link->data.size()];
  const std::size_t waiting_bytes = lane.connection->unsent_bytes() + lane.unflushed_bytes;
  if (is_refusable(message.kind) && waiting_bytes > options_.lane_queue_bytes_max) {
    refuse(message, ErrorCode::kQueueFull, "the lane to the node has its queue full (cluster.lane_queue_bytes_max)");
    return SendOutcome::kFull;
  }
  const RoutedHead head = encode_head(message);
  const Result<void> sent = lane.link.send(shard_.now(), head.bytes, message.body, lane.actions);
  if (!sent) {
    refuse(message, sent.error().code, sent.error().detail);
    return sent.error().code == ErrorCode::kTooLarge ? SendOutcome::kTooLarge : SendOutcome::kUnreachable;
  }
  lane.unflushed_bytes += RoutedHead::kSize + message.body.size();
  mark_dirty(lane);
  return SendOutcome::kTaken;
}

void Lanes::refuse(const Routed& message, ErrorCode why, std::string detail) {
  count_dead_letter(why);
  if (message.kind == EnvelopeKind::kReply && why == ErrorCode::kTooLarge) {
    // The asker on the other node is told why, instead of waiting for an answer that cannot come.
    Routed error = message;
    error.kind = EnvelopeKind::kError;
    error.tag = payload_type<Error>.tag;
    error.body = wire::encode(Error{why, "the answer: " + detail});
    (void)send(error);
    return;
  }
  if (message.kind != EnvelopeKind::kAsk) return;
  EnvelopePtr answer = Envelope::make(EnvelopeKind::kError, Error{why, std::move(detail)});
  answer->correlation = message.correlation;
  shard_.send(std::move(answer), {shard_.node(), message.sender});
}

void Lanes::count_dead_letter(ErrorCode why) {
  metrics_
      .counter("troupe_dead_letters_total", "Messages that no handler received",
               {{"reason", std::string(to_string(why))}})
      .add();
}

void Lanes::send_control(const NodeId& node, const Bytes& message) {
  const auto chosen = chosen_.find(node.name);
  LinkState* link = chosen == chosen_.end() ? nullptr : find_link(chosen->second);
  if (link == nullptr) return;
  (void)link->control->link.send(shard_.now(), {}, message,
                                 link->control->actions);  // The overlay repairs what is lost.
  carry_out(*link->control);
}

void Lanes::receive(Lane& lane, const Bytes& payload) {
  LinkState* link = find_link(lane.owner);
  if (link == nullptr) return;
  if (&lane == link->control) {
    if (listener_ != nullptr) listener_->on_overlay_message(link->node, payload);
    return;
  }
  if (link->chosen) return deliver(lane, payload);
  if (link->superseded) return count_dead_letter(ErrorCode::kUnreachable);
  lane.held_bytes += payload.size() + sizeof(Bytes);
  lane.held.push_back(payload);
  if (lane.held_bytes > options_.lane_queue_bytes_max) {
    lane.link.give_up("too much was sent before the link was taken into use", lane.actions);
  }
}

void Lanes::deliver(const Lane& lane, Bytes payload) {
  Result<Routed> message = decode_routed(std::move(payload));
  if (!message) {
    log_.warning("{} sent a message that cannot be read: {}", lane.link.peer().node, message.error().to_string());
    return count_dead_letter(ErrorCode::kCorrupt);
  }
  EnvelopePtr envelope = Envelope::make(message->kind, EncodedPayload{message->tag, std::move(message->body)},
                                        local_payload_type<EncodedPayload>);
  envelope->sender = {lane.link.peer().id(), message->sender};
  envelope->recipient = message->recipient;
  envelope->correlation = message->correlation;
  shard_.deliver(std::move(envelope));
}

}  // namespace troupe::cluster
