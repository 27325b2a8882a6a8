#include "troupe/cluster/delivery/strong_delivery.hpp"

#include <algorithm>
#include <utility>

#include "troupe/actor/actor.hpp"
#include "troupe/actor/delivery/deliveries.hpp"

namespace troupe::cluster {

namespace {

using Verdict = link::AcknowledgedReceiver::Verdict;

/// A recipient's mailbox may stay full until nearly the deadline: the word of that has to reach the sender before it.
Duration with_time_to_answer(Duration remaining) { return remaining - std::min<Duration>(remaining / 8, 1s); }

Delivery to_delivery(const link::AcknowledgedActions::Outcome& outcome) {
  switch (outcome.fate) {
    case link::Fate::kDelivered: return Delivery::delivered();
    case link::Fate::kRefused: return Delivery::refused({outcome.why, "it was not delivered"});
    case link::Fate::kUnknown: break;
  }
  return Delivery::unknown({outcome.why, outcome.why == ErrorCode::kTimeout
                                             ? "it was sent, and no word came in time"
                                             : "it was sent, and its node is down or lives anew"});
}

ErrorCode to_error(SendOutcome outcome) {
  switch (outcome) {
    case SendOutcome::kFull: return ErrorCode::kQueueFull;
    case SendOutcome::kTooLarge: return ErrorCode::kTooLarge;
    default: return ErrorCode::kUnreachable;
  }
}

}  // namespace

StrongDelivery::StrongDelivery(const StrongDeliveryOptions& options, Shard& shard, Routing& routing, Metrics& metrics,
                               LogSink& log_sink)
    : options_(options),
      shard_(shard),
      routing_(routing),
      log_(log_sink, "delivery"),
      receiver_(options.protocol),
      retransmissions_(metrics.counter("troupe_delivery_retransmissions_total", "Acknowledged messages sent again")),
      duplicates_(metrics.counter("troupe_delivery_duplicates_total",
                                  "Acknowledged messages that had come before, and were dropped")),
      early_(metrics.counter("troupe_delivery_early_total",
                             "Acknowledged messages that came before an earlier one of their flow, and were dropped")),
      no_room_(metrics.counter("troupe_delivery_no_room_total",
                               "Acknowledged messages that came and found no room, and come again")),
      bytes_(metrics.gauge("troupe_delivery_store_bytes", "Acknowledged messages kept to be sent again",
                           {{"shard", std::to_string(shard.index())}})) {}

// Sending.

void StrongDelivery::send(const Request& request, EnvelopePtr envelope) {
  const auto node = routing_.life_of(request.node);
  if (!node) return refuse(request.id, ErrorCode::kUnreachable, "its node is not known, or down");
  const PayloadType* type = envelope->type();
  if (type->encode == nullptr) return refuse(request.id, ErrorCode::kTooLarge, "it stays inside its node");
  wire::Writer writer;
  type->encode(envelope->payload(), writer);
  Stored stored{.id = request.id,
                .tag = type->tag,
                .body = writer.finish(),
                .sender = envelope->sender.actor,
                .recipient = envelope->recipient,
                .channel = envelope->channel,
                .key = envelope->key,
                .stamps = envelope->stamps ? std::move(*envelope->stamps) : Stamps()};
  if (stored_bytes_ + stored.body.size() > options_.bytes_max)
    return refuse(request.id, ErrorCode::kQueueFull, "the store of acknowledged messages is full (bytes_max)");
  Peer& peer = peer_of(*node);
  const std::uint64_t number = ++last_number_;
  stored_bytes_ += stored.body.size();
  bytes_.set(static_cast<std::int64_t>(stored_bytes_));
  stored_.emplace(number, std::move(stored));
  link::AcknowledgedActions actions;
  if (!peer.sender.submit(shard_.now(), {number, request.flow, request.deadline, request.insist}, actions)) {
    release(stored_.at(number));
    stored_.erase(number);
    return refuse(request.id, ErrorCode::kQueueFull, "too many messages to its node have no outcome (messages_max)");
  }
  carry_out(*node, peer, std::move(actions));
}

void StrongDelivery::refuse(std::uint64_t id, ErrorCode why, const char* detail) {
  shard_.deliveries().finish(id, Delivery::refused({why, detail}));
  shard_.deliveries().forget(id);
}

StrongDelivery::Peer& StrongDelivery::peer_of(const NodeId& node) {
  std::unique_ptr<Peer>& peer = peers_[node];
  if (!peer) peer = std::make_unique<Peer>(options_.protocol, shard_.random().fork());
  return *peer;
}

/// What was forgotten comes last: it may release others, which are sent from within.
void StrongDelivery::carry_out(const NodeId& node, Peer& peer, link::AcknowledgedActions actions) {
  std::vector<std::uint64_t> forgotten;
  while (true) {
    for (const auto& outcome : actions.outcomes) tell(outcome);
    forgotten.insert(forgotten.end(), actions.forgotten.begin(), actions.forgotten.end());
    for (const auto& notice : actions.notices) send_acknowledgement(node, notice.shard, {{}, {}, notice.low});
    link::AcknowledgedActions more;
    for (const auto& each : actions.transmits) {
      const SendOutcome outcome = transmit(node, each);
      if (outcome != SendOutcome::kTaken) peer.sender.on_not_sent(each.number, to_error(outcome), shard_.now(), more);
    }
    if (more.outcomes.empty() && more.forgotten.empty() && more.transmits.empty()) break;
    actions = std::move(more);
  }
  retransmissions_.add(peer.sender.retransmissions() - peer.retransmissions);
  peer.retransmissions = peer.sender.retransmissions();
  arm(node, peer);
  for (const std::uint64_t number : forgotten) forget(number);
}

SendOutcome StrongDelivery::transmit(const NodeId& node, const link::AcknowledgedActions::Transmit& transmit) {
  const auto found = stored_.find(transmit.number);
  if (found == stored_.end()) return SendOutcome::kTaken;  // Forgotten in the same breath.
  const Stored& stored = found->second;
  EnvelopePtr envelope =
      Envelope::make(EnvelopeKind::kTell, EncodedPayload{stored.tag, stored.body}, forwarded_payload_type);
  envelope->sender = {shard_.node(), stored.sender};
  envelope->recipient = stored.recipient;
  envelope->channel = stored.channel;
  envelope->key = stored.key;
  envelope->stamps = std::make_unique<Stamps>(stored.stamps);
  envelope->stamps->delivery = transmit.stamp;
  return routing_.send(node, std::move(envelope));
}

void StrongDelivery::tell(const link::AcknowledgedActions::Outcome& outcome) {
  const auto found = stored_.find(outcome.number);
  if (found == stored_.end()) return;
  release(found->second);
  shard_.deliveries().finish(found->second.id, to_delivery(outcome));
}

void StrongDelivery::forget(std::uint64_t number) {
  const auto found = stored_.find(number);
  if (found == stored_.end()) return;
  const std::uint64_t id = found->second.id;
  release(found->second);
  stored_.erase(found);
  shard_.deliveries().forget(id);
}

/// It is not sent again, at most cancelled.
void StrongDelivery::release(Stored& stored) {
  stored_bytes_ -= stored.body.size();
  bytes_.set(static_cast<std::int64_t>(stored_bytes_));
  stored.body = Bytes();
}

void StrongDelivery::arm(const NodeId& node, Peer& peer) {
  // A timer that is set is left to fire early: most messages are answered long before they are due.
  const TimePoint due = peer.sender.next_tick();
  if (peer.timer_due <= due) return;
  shard_.cancel(peer.timer);
  peer.timer_due = due;
  peer.timer = shard_.after(due - shard_.now(), [this, node] { on_timer(node); });
}

void StrongDelivery::on_timer(const NodeId& node) {
  const auto found = peers_.find(node);
  if (found == peers_.end()) return;
  Peer& peer = *found->second;
  peer.timer_due = TimePoint::max();
  link::AcknowledgedActions actions;
  peer.sender.on_tick(shard_.now(), actions);
  carry_out(node, peer, std::move(actions));
}

// Members.

void StrongDelivery::node_up(const NodeId& node) {
  std::vector<NodeId> earlier;
  for (auto each = peers_.lower_bound({node.name, 0}); each != peers_.end() && each->first.same_node(node); ++each) {
    if (each->first != node) earlier.push_back(each->first);
  }
  for (const NodeId& each : earlier) node_gone(each);
}

void StrongDelivery::node_gone(const NodeId& node) {
  receiver_.on_node_gone(shard_.now(), node);
  const Duration deadline_max = shard_.deliver_within_max();
  shard_.after(deadline_max, [this, deadline_max] { receiver_.forget_gone(shard_.now(), deadline_max); });
  const auto found = peers_.find(node);
  if (found == peers_.end()) return;
  const std::unique_ptr<Peer> peer = std::move(found->second);
  peers_.erase(found);
  link::AcknowledgedActions actions;
  peer->sender.on_peer_gone(actions);
  carry_out(node, *peer, std::move(actions));
  shard_.cancel(peer->timer);
}

void StrongDelivery::be_reborn() {
  receiver_.forget_all();
  while (!peers_.empty()) node_gone(peers_.begin()->first);
}

void StrongDelivery::node_reconnected(const NodeId& node) {
  const auto found = peers_.find(node);
  if (found == peers_.end()) return;
  link::AcknowledgedActions actions;
  found->second->sender.on_reconnected(shard_.now(), actions);
  carry_out(node, *found->second, std::move(actions));
}

// Receiving.

void StrongDelivery::receive(EnvelopePtr envelope) {
  if (envelope->kind == EnvelopeKind::kAcknowledge) return on_acknowledgement(*envelope);
  if (envelope->kind == EnvelopeKind::kTell) on_message(std::move(envelope));
}

void StrongDelivery::on_message(EnvelopePtr envelope) {
  const wire::DeliveryStamp stamp = *envelope->stamps->delivery;
  envelope->stamps->delivery.reset();
  if (!envelope->stamps->trace) envelope->stamps.reset();
  const Source source{envelope->sender.node, envelope->sender.actor.shard()};
  const EncodedPayload* encoded = envelope->encoded();
  const std::size_t bytes = encoded != nullptr ? encoded->body.size() : 0;
  Placements& placements = shard_.deliveries().placements();
  const bool has_room =
      waiting_bytes_ + bytes <= options_.bytes_max && placements.waiting() < options_.protocol.remembered_max;
  switch (receiver_.on_message(source, stamp, has_room)) {
    case Verdict::kDeliver: break;
    case Verdict::kDuplicate: return duplicates_.add();
    case Verdict::kEarly: return early_.add();
    case Verdict::kNoRoom: return no_room_.add();
    default: return;
  }
  waiting_bytes_ += bytes;
  const std::uint64_t flow =
      combine(stamp.flow, combine(combine(source.node.name, source.node.incarnation), source.shard));
  const Duration remaining = std::clamp(stamp.remaining, Duration::zero(), shard_.deliver_within_max());
  const TimePoint deadline = later(shard_.now(), with_time_to_answer(remaining));
  placements.place(flow, std::move(envelope), deadline,
                   [this, source, bytes, number = stamp.number](const Result<void>& placed) {
                     waiting_bytes_ -= bytes;
                     receiver_.on_outcome(source, number, placed);
                   });
}

void StrongDelivery::on_acknowledgement(Envelope& envelope) {
  const EncodedPayload* encoded = envelope.encoded();
  if (encoded == nullptr) return;
  const auto acknowledgement = wire::decode<wire::Acknowledgement>(encoded->body);
  if (!acknowledgement) return log_.warning("an acknowledgement that cannot be decoded; it is dropped");
  const Source from{envelope.sender.node, envelope.sender.actor.shard()};
  acknowledgement->low != 0 ? receiver_.on_low(from, acknowledgement->low) : on_answers(from, *acknowledgement);
}

void StrongDelivery::on_answers(const Source& from, const wire::Acknowledgement& answers) {
  const auto found = peers_.find(from.node);
  // Nothing waits for an answer any more: the peer may forget all.
  if (found == peers_.end()) return send_acknowledgement(from.node, from.shard, {{}, {}, last_number_ + 1});
  link::AcknowledgedActions actions;
  for (const std::uint64_t number : answers.delivered) {
    found->second->sender.on_answer(shard_.now(), from.shard, number, link::Fate::kDelivered, {}, actions);
  }
  for (const auto& [number, why] : answers.refused)
    found->second->sender.on_answer(shard_.now(), from.shard, number, link::Fate::kRefused, why, actions);
  carry_out(from.node, *found->second, std::move(actions));
}

void StrongDelivery::flush() {
  if (!receiver_.has_answers()) return;
  for (auto& [source, answers] : receiver_.take_answers())
    send_acknowledgement(source.node, source.shard, std::move(answers));
}

/// From shard to shard, so without an actor. It has room reserved on its lane.
void StrongDelivery::send_acknowledgement(const NodeId& node, std::uint32_t shard,
                                          wire::Acknowledgement acknowledgement) {
  EnvelopePtr envelope = Envelope::make(EnvelopeKind::kAcknowledge, std::move(acknowledgement));
  envelope->sender = {shard_.node(), ActorId::at(shard_.index(), 0, 1)};
  envelope->recipient = ActorId::at(shard, 0, 1);
  (void)routing_.send(node, std::move(envelope));
}

}  // namespace troupe::cluster
