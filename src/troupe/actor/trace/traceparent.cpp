#include "troupe/actor/trace/traceparent.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace troupe {

namespace {

constexpr std::size_t kSize = 55;  // version-trace-span-flags: 2, 32, 16 and 2 digits.

/// Lower case only, as the standard has it.
std::optional<std::uint64_t> parse_hex(std::string_view digits) {
  std::uint64_t value = 0;
  for (const char digit : digits) {
    unsigned nibble = 0;
    if (digit >= '0' && digit <= '9') {
      nibble = static_cast<unsigned>(digit - '0');
    } else if (digit >= 'a' && digit <= 'f') {
      nibble = static_cast<unsigned>(digit - 'a') + 10;
    } else {
      return std::nullopt;
    }
    value = value << 4U | nibble;
  }
  return value;
}

}  // namespace

std::optional<TraceContext> parse_traceparent(std::string_view text) {
  if (text.size() < kSize || text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
  const auto version = parse_hex(text.substr(0, 2));
  if (!version || *version == 0xff) return std::nullopt;
  if (text.size() > kSize && (*version == 0 || text[kSize] != '-')) return std::nullopt;
  const auto high = parse_hex(text.substr(3, 16));
  const auto low = parse_hex(text.substr(19, 16));
  const auto span = parse_hex(text.substr(36, 16));
  const auto flags = parse_hex(text.substr(53, 2));
  if (!high || !low || !span || !flags) return std::nullopt;
  // Of the flags level 1 knows one; what the others mean is not ours to pass on.
  const TraceContext context{*high, *low, *span, static_cast<std::uint8_t>(*flags & TraceContext::kSampled), 0};
  if (!context.is_valid()) return std::nullopt;
  return context;
}

std::string render_traceparent(const TraceContext& context) {
  return fmt::format("00-{}-{}-{:02x}", render_trace_id(context), render_span_id(context.span), context.flags);
}

std::string render_trace_id(const TraceContext& context) {
  return fmt::format("{:016x}{:016x}", context.trace_high, context.trace_low);
}

std::string render_span_id(std::uint64_t span) { return fmt::format("{:016x}", span); }

}  // namespace troupe
