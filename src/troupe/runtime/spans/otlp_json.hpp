#pragma once

#include <span>
#include <string>

#include "troupe/actor/trace/span.hpp"

namespace troupe::runtime {

/// Who made the spans: the resource of OpenTelemetry.
struct SpanResource {
  std::string node;
  std::uint64_t incarnation = 0;
};

/// The spans as one ExportTraceServiceRequest in OTLP/JSON, without a line break: a line of a file as OpenTelemetry's
/// protocol file exporter writes it. `to_unix` is what lies between the clock of the spans and the Unix epoch. Text
/// that is not UTF-8 is mended.
std::string otlp_json(const SpanResource& resource, std::span<const Span> spans, Duration to_unix);

}  // namespace troupe::runtime
