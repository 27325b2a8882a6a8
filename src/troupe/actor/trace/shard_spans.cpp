#include "troupe/actor/actor.hpp"
#include "troupe/actor/shard.hpp"

/// Where turns become spans.
namespace troupe {

namespace {

std::string_view name_of(const ActorType& type, Envelope& envelope) {
  if (const EncodedPayload* encoded = envelope.encoded()) return type.message_name(encoded->tag);
  return envelope.type() != nullptr ? envelope.type()->name : "nothing";
}

void describe(Span* span, const ActorCell& cell, std::string_view what) {
  if (span == nullptr) return;
  span->name = fmt::format("{} {}", cell.type->name, what);
  span->actor = cell.id;
}

/// A span of the turn that handles this message; null envelope: a callback.
void describe(Span* span, const ActorCell& cell, Envelope* envelope) {
  if (span == nullptr) return;
  if (envelope == nullptr) return describe(span, cell, "callback");
  describe(span, cell, name_of(*cell.type, *envelope));
  span->kind = envelope->kind == EnvelopeKind::kAsk ? SpanKind::kServer : SpanKind::kConsumer;
  span->sender = envelope->sender;
}

void note_arrival(Span* span, const TraceStamp& stamp) {
  if (span == nullptr) return;
  span->peer = stamp.peer;
  span->waited = std::max(span->start - stamp.at, Duration::zero());
}

}  // namespace

void Shard::begin_span_of_message(const ActorCell& cell, Envelope& envelope) {
  if (!envelope.stamps->trace || !is_message(envelope.kind)) return;
  Span* const span = trace_.begin(envelope.stamps->trace->context);
  describe(span, cell, &envelope);
  note_arrival(span, *envelope.stamps->trace);
}

void Shard::begin_span_of_callback(const ActorCell& cell, const TraceContext& parent, std::string_view what) {
  describe(trace_.begin(parent), cell, what);
}

/// An answer belongs to the trace of its question, and comes below whoever gave it; where nobody did, below the asker.
void Shard::begin_span_of_answer(const ActorCell& cell, const TraceContext& asked, const Envelope& answer) {
  const TraceStamp* stamp = answer.stamps && answer.stamps->trace ? &*answer.stamps->trace : nullptr;
  if (stamp == nullptr || !stamp->context.same_trace(asked)) return begin_span_of_callback(cell, asked, "answer");
  Span* const span = trace_.begin(stamp->context);
  describe(span, cell, "answer");
  note_arrival(span, *stamp);
  if (span != nullptr) span->sender = answer.sender;
}

std::optional<TraceContext> Shard::begin_trace(const ActorCell& cell, const TraceContext* parent) {
  const bool in_turn = cell.executing;  // on_stop is none: nothing would end the span.
  if (in_turn && !trace_.is_active())
    describe(parent != nullptr ? trace_.begin(*parent) : trace_.begin_root(), cell, current_);
  return trace_.is_active() ? std::optional(trace_.current()) : std::nullopt;
}

}  // namespace troupe
