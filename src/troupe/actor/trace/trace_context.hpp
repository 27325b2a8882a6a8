#pragma once

#include <cstdint>

namespace troupe {

/// Where in a trace something happens, as in W3C Trace Context: which trace, and which span of it is the parent of what
/// comes next. Zero ids are nobody's. It crosses the wire: append only.
struct TraceContext {
  static constexpr std::uint8_t kSampled = 1;  ///< In `flags`: its spans are recorded.

  std::uint64_t trace_high = 0;  ///< The first 16 of the trace id's 32 hex digits.
  std::uint64_t trace_low = 0;   ///< The last 16.
  std::uint64_t span = 0;
  std::uint8_t flags = kSampled;
  std::uint8_t depth = 0;  ///< Spans of this cluster above this one: what an endless chain is cut by.

  bool is_valid() const { return (trace_high | trace_low) != 0 && span != 0; }
  bool is_sampled() const { return (flags & kSampled) != 0; }
  bool same_trace(const TraceContext& other) const {
    return trace_high == other.trace_high && trace_low == other.trace_low;
  }
  friend bool operator==(const TraceContext&, const TraceContext&) = default;
};

}  // namespace troupe
