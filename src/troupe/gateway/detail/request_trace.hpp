#pragma once

#include <optional>

#include "troupe/gateway/detail/http_message.hpp"
#include "troupe/gateway/detail/shard_part.hpp"

namespace troupe::gateway::detail {

/// The span of one HTTP request, if it has one: from its last byte to its answer. A request with a `traceparent` goes
/// on with that trace; of the others under /api/, some begin one (`trace.sample`).
class RequestTrace {
 public:
  void begin(ShardPart& part, const HttpRequest& request);
  /// What the work for the request carries; null: no trace.
  const TraceContext* context() const { return span_ ? &span_->context : nullptr; }
  /// Adds the trace to the answer, so that who asked can find it.
  void end(ShardPart& part, HttpAnswer& answer);

 private:
  std::optional<Span> span_;
};

}  // namespace troupe::gateway::detail
