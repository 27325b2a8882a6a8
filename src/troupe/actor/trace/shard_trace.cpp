#include "troupe/actor/trace/shard_trace.hpp"

#include <utility>

#include "troupe/actor/shard.hpp"
#include "troupe/actor/trace/traceparent.hpp"

namespace troupe {

std::string_view to_string(SpanKind kind) {
  switch (kind) {
    case SpanKind::kInternal: return "internal";
    case SpanKind::kServer: return "server";
    case SpanKind::kConsumer: return "consumer";
  }
  return "unknown";
}

ShardTrace::ShardTrace(Shard& shard, const TraceOptions& options, Metrics& metrics, LogSink& log_sink)
    : shard_(shard),
      options_(options),
      log_(log_sink, "trace"),
      spans_(metrics.counter("troupe_trace_spans_total", "Spans recorded")),
      cut_(metrics.counter("troupe_trace_cut_total",
                           "Turns not traced because they were deeper than trace.depth_max")) {}

void ShardTrace::stamp(Envelope& envelope) const {
  if (envelope.kind > EnvelopeKind::kError) return;  // Signals and watches cause no work of their own.
  Stamps& stamps = envelope.need_stamps();
  if (!stamps.trace) stamps.trace = TraceStamp{current_, now(), {}};
}

void ShardTrace::stamp_answer(Envelope& answer, const TraceContext& asked) const {
  if (active_ && current_.same_trace(asked)) return stamp(answer);
  answer.need_stamps().trace = TraceStamp{asked, now(), {}};
}

void ShardTrace::arrived(TraceStamp& stamp, std::string peer) const {
  stamp.at = now();
  stamp.peer = std::move(peer);
}

Span* ShardTrace::begin(const TraceContext& parent) { return turn_ ? nullptr : begin(open(parent)); }

Span* ShardTrace::begin_root() { return turn_ ? nullptr : begin(open_root()); }

Span* ShardTrace::begin(std::optional<Span> span) {
  if (!span) return nullptr;
  active_ = true;
  current_ = span->context;
  turn_ = std::make_unique<Span>(std::move(*span));
  return turn_.get();
}

void ShardTrace::end() {
  if (!turn_) return;
  active_ = false;
  close(std::move(*std::exchange(turn_, nullptr)));
}

std::optional<Span> ShardTrace::open(const TraceContext& parent) {
  if (!parent.is_valid() || !parent.is_sampled()) return std::nullopt;
  if (parent.depth >= options_.depth_max) {
    cut_.add();
    return std::nullopt;
  }
  Span span;
  span.context = parent;
  span.context.span = new_id();
  ++span.context.depth;
  span.parent = parent.span;
  span.shard = shard_.index();
  span.start = now();
  return span;
}

Span ShardTrace::open_root() {
  Span span;
  span.context = {.trace_high = new_id(), .trace_low = new_id(), .span = new_id(), .depth = 1};
  span.shard = shard_.index();
  span.start = now();
  return span;
}

void ShardTrace::close(Span span) {
  span.end = now();
  spans_.add();
  if (shard_.log_sink().enabled(LogLevel::kDebug))
    log_.debug("{} span {} parent {}: {} ({}), {:.3f} ms{}{}", render_trace_id(span.context),
               render_span_id(span.context.span), render_span_id(span.parent), span.name, to_string(span.kind),
               to_milliseconds(span.end - span.start), span.error.empty() ? "" : ", failed: ", span.error);
  if (options_.sink != nullptr) options_.sink->record(std::move(span));
}

bool ShardTrace::is_sampled() { return options_.sample > 0 && shard_.random().chance(options_.sample); }

TimePoint ShardTrace::now() const { return options_.sink != nullptr ? options_.sink->now() : shard_.now(); }

std::uint64_t ShardTrace::new_id() {
  for (;;) {
    if (const std::uint64_t id = shard_.random().next(); id != 0) return id;
  }
}

}  // namespace troupe
