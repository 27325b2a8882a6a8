#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "troupe/actor/trace/trace_context.hpp"

namespace troupe {

/// Reads the header `traceparent` of W3C Trace Context, level 1:
/// `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`. Nothing if it is not exactly that, or of a later version
/// that does not begin like it: who gets nothing ignores the header, as the standard wants.
std::optional<TraceContext> parse_traceparent(std::string_view text);

/// The same for others to read.
std::string render_traceparent(const TraceContext& context);

/// 32 and 16 hex digits, as in logs and files.
std::string render_trace_id(const TraceContext& context);
std::string render_span_id(std::uint64_t span);

}  // namespace troupe
