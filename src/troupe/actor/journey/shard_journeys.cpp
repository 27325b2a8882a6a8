#include "troupe/actor/actor.hpp"
#include "troupe/actor/shard.hpp"

// Messages that came through other nodes, and the news of those that did not.
namespace troupe {

bool Shard::is_in_order(Envelope& envelope) {
  if (envelope.stamps && envelope.stamps->journey) return arrivals_.accept(*envelope.stamps->journey);
  const NodeId& from = envelope.sender.node;
  if (from.same_node(options_.node) || !arrivals_.has_seen(from, envelope.sender.actor.shard())) return true;
  // It left before its sender began to number, and was overtaken.
  envelope.need_stamps().journey = Journey{.from = from, .to = options_.node};
  return false;
}

void Shard::lose(const Envelope& envelope, const Journey& journey, const Error& why) {
  count_dead_letter(why.code);
  const Address sender{journey.from, envelope.sender.actor};
  if (envelope.kind == EnvelopeKind::kAsk) {
    EnvelopePtr answer = Envelope::make(EnvelopeKind::kError, why);
    answer->correlation = envelope.correlation;
    send(std::move(answer), sender);
  } else if (envelope.kind == EnvelopeKind::kTell && !envelope.is_for_deliveries() && !sender.actor.is_nobody()) {
    // What is delivered with an outcome is sent again, and tells by itself.
    send(Envelope::make(EnvelopeKind::kLost, Lost{journey.to, why}), sender);
  }
}

void Shard::handle_lost(Envelope& envelope) {
  EncodedPayload* encoded = envelope.encoded();
  if (encoded == nullptr) return;
  const auto lost = wire::decode<Lost>(encoded->body);
  if (!lost) return;
  messages_lost(lost->node, lost->why,
                [&](ActorId sender, ActorId, const Via&) { return sender == envelope.recipient; });
}

}  // namespace troupe
