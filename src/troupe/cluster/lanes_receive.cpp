#include <utility>

#include "troupe/actor/actor.hpp"
#include "troupe/cluster/lanes.hpp"

// From a lane to the recipient's shard. Where that is another one and the queue to it is full, messages wait here, and
// their lane gets no credit for them: so the peer waits, and nothing that it sent is dropped between two threads.
namespace troupe::cluster {

namespace {

constexpr Duration kRetryAfter = 200us;

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
  if (envelope->stamps && envelope->stamps->trace) [[unlikely]]
    shard_.trace().arrived(*envelope->stamps->trace, lane.link.peer().node);
  hand_on(lane, std::move(envelope), bytes);
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
