#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "troupe/actor/trace/trace_context.hpp"
#include "troupe/base/ids.hpp"
#include "troupe/base/time.hpp"

namespace troupe {

/// What a span is to its parent; the numbers of OpenTelemetry.
enum class SpanKind : std::uint8_t {
  kInternal = 1,  ///< A start, an answer's callback, a timer.
  kServer = 2,    ///< A question that was asked, or an HTTP request.
  kConsumer = 5,  ///< A message that was told.
};

std::string_view to_string(SpanKind kind);

/// One piece of work of a trace: a turn of an actor, or an HTTP request.
struct Span {
  TraceContext context;      ///< `context.span` is its own id.
  std::uint64_t parent = 0;  ///< 0: it is the trace's first.
  SpanKind kind = SpanKind::kInternal;
  std::string name;  ///< "Counter counter.add"
  std::uint32_t shard = 0;
  ActorId actor;     ///< Whose turn it is; nobody for what is no turn.
  Address sender;    ///< Of the message.
  std::string peer;  ///< The node that the message came from; empty: this one.
  TimePoint start;
  TimePoint end;
  Duration waited{};  ///< From when the message was sent, or reached this node, to the turn.
  std::string error;  ///< What the handler threw; empty: nothing.
  std::vector<std::pair<std::string_view, std::variant<std::string, std::int64_t>>> attributes;  ///< By constant name.
};

/// Where the spans of a node go when they are over, and the clock that times them: a shard's own stands still during a
/// turn. Any thread; neither function blocks.
class SpanSink {
 public:
  virtual ~SpanSink() = default;
  virtual TimePoint now() const = 0;
  virtual void record(Span span) = 0;
};

struct TraceOptions {
  SpanSink* sink = nullptr;      ///< Null: spans are logged and counted only, and timed by the shard's clock.
  double sample = 0;             ///< The share of requests without a trace of their own that begin one.
  bool from_clients = true;      ///< Whether a client's `traceparent` is followed.
  std::uint32_t depth_max = 64;  ///< Spans above each other in this cluster; what follows is not traced.
};

}  // namespace troupe
