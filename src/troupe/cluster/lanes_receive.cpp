#include <utility>

#include "troupe/actor/actor.hpp"
#include "troupe/cluster/lanes.hpp"
#include "troupe/cluster/routing.hpp"

// From a lane to the recipient's shard. Where that is another one and the queue to it is full, messages wait here, and
// their lane gets no credit for them: so the peer waits, and nothing that it sent is dropped between two threads.
namespace troupe::cluster {

namespace {

constexpr Duration kRetryAfter = 200us;

/// For a node to become known whose messages came through others; and how many such messages wait.
constexpr Duration kStrangerWait = 2s;
constexpr std::size_t kStrangersMessagesMax = 1'024;

/// Whether only the connection broke, not the peer or its rules: the link can go on.
bool breaks_alone(const link::Closed& closed) {
  const ErrorCode code = closed.error.code;
  return !closed.peer_left &&
         (code == ErrorCode::kUnreachable || code == ErrorCode::kTimeout || code == ErrorCode::kQueueFull);
}

}  // namespace

void Lanes::on_lane_message(Lane& lane, Bytes payload) {
  const auto found = links_.find(lane.owner);
  if (found == links_.end() || found->second.delivery == Delivery::kSuperseded)
    return count_dead_letter(ErrorCode::kUnreachable);
  if (found->second.delivery == Delivery::kOpen) return receive(lane, std::move(payload));
  lane.held_bytes += payload.size() + wire::kFrameHeaderBytes;
  found->second.held.emplace_back(&lane, std::move(payload));
  if (lane.held_bytes > options_.channels[0].queue_bytes_max) {
    // The peer keeps to no window, or it would have stopped long before.
    lane.link.give_up("too much was sent before the link was taken into use", lane.actions);
  }
}

void Lanes::on_lane_closed(Lane& lane, const link::Closed& closed) {
  if (breaks_alone(closed)) return lose(lane, closed.error);
  newest_.erase(lane.number);
  forget(lane.owner, closed.error);  // The link's other lanes are closed when the news has been round.
  loss_.on_link_lost(lane.owner, closed.error, closed.peer_left);
}

void Lanes::receive(Lane& lane, Bytes payload) {
  const std::size_t bytes = payload.size() + wire::kFrameHeaderBytes;
  Result<Routed> message = decode_routed(std::move(payload), options_.message_bytes_max);
  if (!message) {
    log_.warning("{} sent a message that cannot be read: {}", lane.link.peer().node, message.error().to_string());
    return count_dead_letter(ErrorCode::kCorrupt);
  }
  EnvelopePtr envelope = Envelope::make(message->kind, EncodedPayload{message->tag, std::move(message->body)},
                                        local_payload_type<EncodedPayload>);
  envelope->sender = {lane.link.peer().id(), message->sender};
  envelope->recipient = message->recipient;
  envelope->correlation = message->correlation;
  envelope->stamps = std::move(message->stamps);
  if (envelope->stamps && envelope->stamps->journey) [[unlikely]]
    return receive_passing(lane, std::move(envelope), bytes);
  if (envelope->stamps && envelope->stamps->trace) [[unlikely]]
    shard_.trace().arrived(*envelope->stamps->trace, lane.link.peer().node);
  hand_on(lane, std::move(envelope), bytes);
}

/// A message that may have passed through other nodes, or passes through this one.
void Lanes::receive_passing(Lane& lane, EnvelopePtr envelope, std::size_t bytes) {
  const Journey& journey = *envelope->stamps->journey;
  if (!journey.to.same_node(shard_.node())) {
    const std::uint16_t channel = Channel(lane.channel).id();
    EncodedPayload payload = std::move(*envelope->encoded());
    EnvelopePtr onward = Envelope::make(envelope->kind, std::move(payload), forwarded_payload_type);
    onward->sender = envelope->sender;
    onward->recipient = envelope->recipient;
    onward->correlation = envelope->correlation;
    onward->channel = channel;
    onward->stamps = std::move(envelope->stamps);
    metrics_.counter("troupe_cluster_passed_on_total", "Messages between other nodes that passed through this one")
        .add();
    return routing_.pass_on(std::move(onward));
  }
  const NodeId from = journey.from;
  envelope->sender.node = from;
  if (journey.to != shard_.node())
    return lose(*envelope, {ErrorCode::kNoSuchActor, "it was for an older life of this node"});
  if (from == lane.link.peer().id()) return hand_on(lane, std::move(envelope), bytes);
  if (routing_.life_of(from) == from) return hand_on(lane, std::move(envelope), bytes);
  if (strangers_messages_ >= kStrangersMessagesMax)
    return lose(*envelope, {ErrorCode::kQueueFull, "the recipient's node does not know the sender's yet"});
  Stranger& stranger = strangers_[from];
  if (stranger.messages.empty()) stranger.deadline = shard_.after(kStrangerWait, [this, from] { release(from); });
  stranger.messages.push_back(std::move(envelope));
  ++strangers_messages_;
}

void Lanes::release(const NodeId& node) {
  const auto found = strangers_.find(node);
  if (found == strangers_.end()) return;
  shard_.cancel(found->second.deadline);
  std::deque<EnvelopePtr> messages = std::move(found->second.messages);
  strangers_.erase(found);
  strangers_messages_ -= messages.size();
  const bool is_known = routing_.life_of(node) == node;
  for (EnvelopePtr& message : messages) {
    if (is_known) {
      shard_.deliver(std::move(message));
    } else {
      lose(*message, {ErrorCode::kUnreachable, "the recipient's node does not know the sender's"});
    }
  }
}

void Lanes::pass_on(const NodeId& neighbour, EnvelopePtr envelope) {
  const Result<void> sent = try_send(neighbour, envelope);
  if (!sent) lose(*envelope, sent.error());
}

void Lanes::lose(const Envelope& envelope, const Error& why) {
  const Journey& journey = *envelope.stamps->journey;
  shard_.lose(envelope, journey, why);
}

void Lanes::hand_on(Lane& lane, EnvelopePtr envelope, std::size_t bytes) {
  const ActorId at = shard_.find_actor(envelope->recipient);
  const std::uint32_t to = at.is_nobody() ? shard_.index() : at.shard();
  if (to == shard_.index()) return shard_.deliver(std::move(envelope));
  const bool has_room = !is_refusable(envelope->kind) || shard_.host().has_room(to);
  if (has_room && !waiting_.contains(to)) return shard_.deliver(std::move(envelope));
  lane.held_bytes += bytes;
  if (waiting_.empty()) retry_later();
  waiting_[to].push_back({lane.number, bytes, std::move(envelope)});
  if (lane.held_bytes > 2 * options_.channels[0].queue_bytes_max)
    lane.link.give_up("more was sent than there was credit for", lane.actions);
}

void Lanes::retry_later() {
  shard_.after(kRetryAfter, [this] {
    std::map<std::uint64_t, std::size_t> taken;  // Bytes, by lane number.
    for (auto each = waiting_.begin(); each != waiting_.end();) {
      auto& [to, messages] = *each;
      for (; !messages.empty() && shard_.host().has_room(to); messages.pop_front()) {
        taken[messages.front().lane] += messages.front().bytes;
        shard_.deliver(std::move(messages.front().envelope));
      }
      each = messages.empty() ? waiting_.erase(each) : std::next(each);
    }
    if (!waiting_.empty()) retry_later();
    lanes_.for_each([&](Lane& lane) {
      const auto found = taken.find(lane.number);
      if (found == taken.end()) return;
      lane.held_bytes -= found->second;
      lanes_.carry_out(lane);  // Gives credit.
    });
  });
}

}  // namespace troupe::cluster
