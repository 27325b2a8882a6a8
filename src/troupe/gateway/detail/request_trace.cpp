#include "troupe/gateway/detail/request_trace.hpp"

#include <utility>

#include "troupe/actor/trace/traceparent.hpp"
#include "troupe/gateway/detail/routes.hpp"

namespace troupe::gateway::detail {

namespace {

constexpr std::size_t kPathBytesMax = 256;

std::optional<Span> open_span(ShardTrace& trace, const HttpRequest& request) {
  const auto parent = request.traceparent && trace.follows_clients() ? parse_traceparent(*request.traceparent)
                                                                     : std::optional<TraceContext>();
  if (parent) return trace.open(*parent);
  if (request.path().starts_with(kApi) && trace.is_sampled()) return trace.open_root();
  return std::nullopt;
}

}  // namespace

void RequestTrace::begin(ShardPart& part, const HttpRequest& request) {
  span_ = open_span(part.shard.trace(), request);
  if (!span_) return;
  span_->kind = SpanKind::kServer;
  span_->name = "HTTP " + std::string(request.method);
  span_->attributes.emplace_back("http.request.method", std::string(request.method));
  span_->attributes.emplace_back("url.path", std::string(request.path().substr(0, kPathBytesMax)));
}

void RequestTrace::end(ShardPart& part, HttpAnswer& answer) {
  if (!span_) return;
  Span span = *std::exchange(span_, std::nullopt);
  answer.headers.emplace_back("traceparent", render_traceparent(span.context));
  span.attributes.emplace_back("http.response.status_code", std::int64_t{answer.status});
  if (answer.status >= 500) span.error = "HTTP " + std::to_string(answer.status);
  part.shard.trace().close(std::move(span));
}

}  // namespace troupe::gateway::detail
