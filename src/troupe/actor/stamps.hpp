#pragma once

#include <optional>
#include <string>

#include "troupe/actor/journey/journey.hpp"
#include "troupe/actor/trace/trace_context.hpp"
#include "troupe/base/time.hpp"
#include "troupe/wire/codec.hpp"
#include "troupe/wire/delivery_stamp.hpp"

namespace troupe {

/// The trace that a message belongs to. Only `context` crosses the wire.
struct TraceStamp {
  TraceContext context;  ///< Its span is the parent of what the message causes.
  TimePoint at{};        ///< When it was sent, or reached this node.
  std::string peer;      ///< The node that it came from; empty: this one.

  friend bool operator==(const TraceStamp&, const TraceStamp&) = default;
};

/// What few messages carry beside their payload. An ordinary message has none (Envelope::stamps is null), here and on
/// the wire. It crosses the wire as a struct does (wire/codec.hpp), so a newer node may append: nothing is removed,
/// reordered or retyped.
struct Stamps {
  std::optional<TraceStamp> trace;
  std::optional<wire::DeliveryStamp> delivery;  ///< Only on its way from one node to another.
  std::optional<Journey> journey;               ///< If it may pass through others.

  friend bool operator==(const Stamps&, const Stamps&) = default;
};

}  // namespace troupe

template <>
struct troupe::wire::Codec<troupe::TraceStamp> {
  static void write(Writer& writer, const TraceStamp& value) { wire::write(writer, value.context); }
  static void read(Reader& reader, TraceStamp& value) { wire::read(reader, value.context); }
};
