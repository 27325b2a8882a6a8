#include "troupe/cluster/lanes.hpp"

#include <algorithm>
#include <utility>

#include "troupe/actor/actor.hpp"

namespace troupe::cluster {

Lanes::Lanes(LanesOptions options, Shard& shard, Network& network, LaneLoss& loss, Metrics& metrics, LogSink& log_sink)
    : options_(options),
      shard_(shard),
      network_(network),
      loss_(loss),
      log_(log_sink, "cluster"),
      metrics_(metrics),
      lanes_(shard, *this) {}

// What Links tells all shards.

void Lanes::attach(PartedLane parted) {
  Lane& lane = lanes_.adopt(std::move(parted), network_);
  std::vector<Lane*>& lanes = links_[lane.owner].lanes;
  lanes.insert(std::ranges::upper_bound(lanes, lane.index, {}, &Lane::index), &lane);
  lanes_.carry_out(lane);
}

void Lanes::use(const NodeId& node, overlay::LinkId link, std::uint16_t lanes) {
  const auto found = links_.find(link);
  peers_[node.name] = {node, link, lanes, found == links_.end() ? std::vector<Lane*>() : found->second.lanes};
}

void Lanes::deliver(const NodeId& node, overlay::LinkId link) {
  const overlay::LinkId before = std::exchange(delivered_[node.name], link);
  if (const auto earlier = links_.find(before); earlier != links_.end() && before != link)
    earlier->second.delivery = Delivery::kSuperseded;
  const auto found = links_.find(link);
  if (found == links_.end()) return;
  found->second.delivery = Delivery::kOpen;
  for (auto& [lane, payload] : std::exchange(found->second.held, {})) receive(*lane, std::move(payload));
  for (Lane* lane : std::vector(found->second.lanes)) {
    lane->held_bytes = 0;
    lanes_.carry_out(*lane);
  }
}

void Lanes::close(overlay::LinkId link, const std::string& reason, bool leaves) {
  forget(link);
  lanes_.for_each([&](Lane& lane) {
    if (lane.owner != link) return;
    leaves ? lane.link.goodbye(reason, lane.actions) : lane.link.give_up(reason, lane.actions);
    lanes_.retire(lane);
  });
}

void Lanes::forget(overlay::LinkId link) {
  links_.erase(link);
  std::erase_if(peers_, [&](const auto& each) { return each.second.link == link; });
  std::erase_if(delivered_, [&](const auto& each) { return each.second == link; });
}

// Sending.

Lane* Lanes::lane_for(const NodeId& node, std::uint64_t pair) const {
  const auto found = peers_.find(node.name);
  if (found == peers_.end() || found->second.node != node || found->second.own.empty()) return nullptr;
  return found->second.own[pair % found->second.own.size()];
}

std::uint32_t Lanes::shard_for(const NodeId& node, ActorId sender, ActorId recipient) const {
  const auto found = peers_.find(node.name);
  if (found == peers_.end() || !found->second.own.empty() || found->second.lanes == 0) return shard_.index();
  return static_cast<std::uint32_t>(pair_of(sender, recipient) % found->second.lanes) % options_.shards;
}

SendOutcome Lanes::send(const NodeId& node, const Envelope& envelope) {
  const PayloadType* type = envelope.type();
  if (type != nullptr && type->encode == nullptr) return SendOutcome::kTooLarge;
  const Routed head{.node = node,
                    .kind = envelope.kind,
                    .recipient = envelope.recipient,
                    .sender = envelope.sender.actor,
                    .correlation = envelope.correlation,
                    .tag = type == nullptr ? 0 : type->tag,
                    .body = {}};
  const Result<void> sent = send_on(head, [&](wire::Writer& writer) {
    if (type != nullptr) type->encode(envelope.payload(), writer);
  });
  return sent ? SendOutcome::kTaken : outcome_of(sent.error().code);
}

SendOutcome Lanes::send(const Routed& message) {
  const Result<void> sent = send_on(message, [&](wire::Writer& writer) { writer.raw(message.body); });
  if (sent) return SendOutcome::kTaken;
  if (message.kind == EnvelopeKind::kAsk) {
    EnvelopePtr answer = Envelope::make(EnvelopeKind::kError, sent.error());
    answer->correlation = message.correlation;
    shard_.send(std::move(answer), {shard_.node(), message.sender});
  }
  return outcome_of(sent.error().code);
}

Result<void> Lanes::send_on(const Routed& head, wire::Encoder body) {
  const std::uint64_t pair = pair_of(head.sender, head.recipient);
  Lane* lane = lane_for(head.node, pair);
  if (lane == nullptr) return refuse(head, {ErrorCode::kUnreachable, "there is no link to the node"});
  if (is_refusable(head.kind) && lane->link.waiting_bytes() > options_.lane_queue_bytes_max) {
    return refuse(head,
                  {ErrorCode::kQueueFull, "the lane to the node has its queue full (cluster.lane_queue_bytes_max)"});
  }
  const RoutedHead bytes = encode_head(head);
  const Result<void> sent = lane->link.send(
      shard_.now(), pair,
      [&](wire::Writer& writer) {
        writer.raw(bytes.bytes);
        body(writer);
      },
      lane->actions);
  if (!sent) return refuse(head, sent.error());
  lanes_.mark_dirty(*lane);
  if (lane->link.waiting_bytes() > 2 * options_.lane_queue_bytes_max) overfull_.push_back(lane->owner);
  return sent;
}

std::unexpected<Error> Lanes::refuse(const Routed& message, Error why) {
  count_dead_letter(why.code);
  if (message.kind == EnvelopeKind::kReply && why.code == ErrorCode::kTooLarge) {
    // The asker on the other node is told why, instead of waiting for an answer that cannot come.
    Routed error = message;
    error.kind = EnvelopeKind::kError;
    error.tag = payload_type<Error>.tag;
    error.body = wire::encode(Error{why.code, "the answer: " + why.detail});
    (void)send(error);
  }
  return std::unexpected(std::move(why));
}

SendOutcome Lanes::outcome_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kQueueFull: return SendOutcome::kFull;
    case ErrorCode::kTooLarge: return SendOutcome::kTooLarge;
    default: return SendOutcome::kUnreachable;
  }
}

void Lanes::count_dead_letter(ErrorCode why) {
  metrics_
      .counter("troupe_dead_letters_total", "Messages that no handler received",
               {{"reason", std::string(to_string(why))}})
      .add();
}

void Lanes::flush() {
  for (const overlay::LinkId link : std::exchange(overfull_, {})) {
    if (!links_.contains(link)) continue;
    const Error error{ErrorCode::kQueueFull, "the peer does not read: its lane's queue is over twice its bound"};
    close(link, error.to_string(), false);
    loss_.on_data_lane_lost(link, error, false);
  }
  lanes_.flush();
}

// Receiving.

void Lanes::on_lane_message(Lane& lane, Bytes payload) {
  const auto found = links_.find(lane.owner);
  if (found == links_.end() || found->second.delivery == Delivery::kSuperseded)
    return count_dead_letter(ErrorCode::kUnreachable);
  if (found->second.delivery == Delivery::kOpen) return receive(lane, std::move(payload));
  lane.held_bytes += payload.size() + wire::kFrameHeaderBytes;
  found->second.held.emplace_back(&lane, std::move(payload));
  if (lane.held_bytes > options_.lane_queue_bytes_max) {
    // The peer keeps to no window, or it would have stopped long ago.
    lane.link.give_up("too much was sent before the link was taken into use", lane.actions);
  }
}

void Lanes::receive(const Lane& lane, Bytes payload) {
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

void Lanes::on_lane_closed(Lane& lane, const link::Closed& closed) {
  forget(lane.owner);  // The link's other lanes are closed when the news has been round.
  loss_.on_data_lane_lost(lane.owner, closed.error, closed.peer_left);
}

}  // namespace troupe::cluster
