#include "troupe/runtime/spans/otlp_json.hpp"

#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "troupe/actor/trace/traceparent.hpp"

namespace troupe::runtime {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kErrorBytesMax = 1024;
constexpr int kStatusError = 2;

Json attribute(std::string_view key, std::string_view text) {
  return {{"key", key}, {"value", {{"stringValue", text}}}};
}

/// 64-bit numbers are text in the JSON of protocol buffers.
Json attribute(std::string_view key, std::int64_t number) {
  return {{"key", key}, {"value", {{"intValue", std::to_string(number)}}}};
}

Json attributes_of(const Span& span) {
  Json attributes = Json::array();
  attributes.push_back(attribute("troupe.shard", std::int64_t{span.shard}));
  if (!span.actor.is_nobody()) attributes.push_back(attribute("troupe.actor", render_span_id(span.actor.raw())));
  if (!span.sender.actor.is_nobody())
    attributes.push_back(attribute("troupe.sender", render_span_id(span.sender.actor.raw())));
  if (!span.peer.empty()) attributes.push_back(attribute("troupe.peer", span.peer));
  if (span.waited > Duration::zero()) attributes.push_back(attribute("troupe.waited_ns", span.waited.count()));
  for (const auto& [key, value] : span.attributes)
    std::visit([&](const auto& each) { attributes.push_back(attribute(key, each)); }, value);
  return attributes;
}

std::string unix_nanoseconds(TimePoint at, Duration to_unix) {
  return std::to_string((at.time_since_epoch() + to_unix).count());
}

Json span_json(const Span& span, Duration to_unix) {
  Json json{{"traceId", render_trace_id(span.context)}, {"spanId", render_span_id(span.context.span)}};
  if (span.parent != 0) json["parentSpanId"] = render_span_id(span.parent);
  json["flags"] = span.context.flags;
  json["name"] = span.name;
  json["kind"] = static_cast<int>(span.kind);
  json["startTimeUnixNano"] = unix_nanoseconds(span.start, to_unix);
  json["endTimeUnixNano"] = unix_nanoseconds(span.end, to_unix);
  json["attributes"] = attributes_of(span);
  if (!span.error.empty()) json["status"] = {{"code", kStatusError}, {"message", span.error.substr(0, kErrorBytesMax)}};
  return json;
}

}  // namespace

std::string otlp_json(const SpanResource& resource, std::span<const Span> spans, Duration to_unix) {
  Json list = Json::array();
  for (const Span& span : spans) list.push_back(span_json(span, to_unix));
  const Json who = Json::array({attribute("service.name", "troupe"), attribute("service.instance.id", resource.node),
                                attribute("troupe.incarnation", std::to_string(resource.incarnation))});
  const Json scope{{"scope", {{"name", "troupe"}}}, {"spans", std::move(list)}};
  const Json of_resource{{"resource", {{"attributes", who}}}, {"scopeSpans", Json::array({scope})}};
  const Json request{{"resourceSpans", Json::array({of_resource})}};
  return request.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace troupe::runtime
