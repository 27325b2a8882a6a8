#pragma once

#include <memory>
#include <optional>

#include "troupe/actor/envelope.hpp"
#include "troupe/actor/log.hpp"
#include "troupe/actor/trace/span.hpp"
#include "troupe/base/metrics.hpp"

namespace troupe {

class Shard;

/// The traces of one shard: which of them its sendings belong to now, and the span of the turn that runs. A turn that
/// handles a message of a trace is a span; what the turn sends has that span as parent. Only on the shard's thread.
class ShardTrace {
 public:
  ShardTrace(Shard& shard, const TraceOptions& options, Metrics& metrics, LogSink& log_sink);

  /// Whether what is sent now carries a trace: the one question that every message asks.
  bool is_active() const { return active_; }
  /// What it carries.
  const TraceContext& current() const { return current_; }
  /// The same to be kept for what comes later; null if there is no trace.
  std::unique_ptr<TraceContext> carried() const { return active_ ? std::make_unique<TraceContext>(current_) : nullptr; }
  /// Lets a message, question or answer carry the trace, unless it has one.
  void stamp(Envelope& envelope) const;
  /// The same for the answer to a question of the trace `asked`, to which it belongs whoever answers.
  void stamp_answer(Envelope& answer, const TraceContext& asked) const;

  /// It came from another node.
  void arrived(TraceStamp& stamp, std::string peer) const;

  // The span of the turn that runs.

  bool has_span() const { return turn_ != nullptr; }
  /// Makes the turn a span below `parent`, or the first of a new trace; the caller fills in what it is. Null if it is
  /// one already, or is not to be traced.
  Span* begin(const TraceContext& parent);
  Span* begin_root();
  void note_failure(const std::string& what) {
    if (turn_) turn_->error = what;
  }
  void end();

  // Spans of what is no turn.

  /// Nothing if it is not to be traced.
  std::optional<Span> open(const TraceContext& parent);
  Span open_root();
  void close(Span span);
  /// Whether a request that comes without a trace begins one.
  bool is_sampled();
  bool follows_clients() const { return options_.from_clients; }

 private:
  friend class TraceScope;
  Span* begin(std::optional<Span> span);
  TimePoint now() const;
  std::uint64_t new_id();

  bool active_ = false;
  TraceContext current_;
  std::unique_ptr<Span> turn_;
  Shard& shard_;
  TraceOptions options_;
  Log log_;
  Counter& spans_;
  Counter& cut_;
};

/// While it lives, what the shard sends outside of turns carries this trace; none if null.
class TraceScope {
 public:
  TraceScope(ShardTrace& trace, const TraceContext* context) {
    if (context == nullptr || trace.active_) return;
    trace_ = &trace;
    trace.active_ = true;
    trace.current_ = *context;
  }
  ~TraceScope() {
    if (trace_ != nullptr) trace_->active_ = false;
  }
  TraceScope(const TraceScope&) = delete;
  TraceScope& operator=(const TraceScope&) = delete;

 private:
  ShardTrace* trace_ = nullptr;
};

}  // namespace troupe
