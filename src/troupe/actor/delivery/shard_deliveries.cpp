#include <algorithm>

#include "troupe/actor/actor.hpp"
#include "troupe/actor/delivery/deliveries.hpp"
#include "troupe/actor/shard.hpp"

namespace troupe {

void Shard::start_delivery(ActorCell& sender, EnvelopePtr envelope, const Address& to, const DeliverOptions& options,
                           AnswerCallback callback) {
  if (sender.state != ActorState::kLive) return;
  if (trace_.is_active()) [[unlikely]]
    trace_.stamp(*envelope);
  const Duration within = std::clamp(options.within, Duration::zero(), options_.deliver_within_max);
  // The outcome comes as the answer of an ask does, which has no deadline of its own: `deliveries_` has it.
  const std::uint64_t correlation =
      callback ? open_ask(&sender, options_.node, Duration::max(), std::move(callback)) : 0;
  deliveries_->start(
      {.sender = sender.id, .to = to, .correlation = correlation, .deadline = due_in(within), .causal = options.causal},
      std::move(envelope));
}

/// A part of acknowledged delivery, from another node. A message goes to the recipient's shard, and one to a name to
/// the shard that the name says, so that it always meets the shard that knows whether it was there before.
void Shard::take_delivery(EnvelopePtr envelope) {
  const ActorId to = envelope->recipient;
  const auto shard = static_cast<std::uint32_t>(to.is_named() ? to.raw() % options_.shards : to.shard());
  if (shard >= options_.shards) return;  // A peer made it up.
  if (shard != options_.index) {
    host_.send_to_shard(shard, std::move(envelope));  // If there is no room, it comes again.
  } else if (RemoteDeliveries* remote = deliveries_->remote()) {
    remote->receive(std::move(envelope));
  }
}

ActorId Shard::find_actor(ActorId actor) const {
  const ActorId at = actor.is_named() ? names_.find(actor) : actor;
  return at.shard() < options_.shards ? at : ActorId();
}

Placement Shard::put(EnvelopePtr& envelope, ActorId to) {
  ActorCell* cell = find_cell(to);
  if (cell == nullptr) return Placement::kGone;
  if (cell->mailbox_messages >= cell->mailbox_messages_max || !has_room(*cell, remote_size(*envelope)))
    return Placement::kFull;
  envelope->recipient = to;
  enqueue(*cell, std::move(envelope));
  return Placement::kPlaced;
}

void Shard::post(std::uint32_t shard, ShardTask task) {
  EnvelopePtr envelope = Envelope::make(EnvelopeKind::kTask, std::move(task), local_payload_type<ShardTask>);
  if (shard == options_.index) return deliver(std::move(envelope));
  host_.send_to_shard(shard, std::move(envelope));
}

}  // namespace troupe
