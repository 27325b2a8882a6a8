#pragma once

#include <optional>

#include "troupe/actor/trace/trace_context.hpp"
#include "troupe/wire/delivery_stamp.hpp"

namespace troupe {

/// What few messages carry beside their payload. An ordinary message has none (Envelope::stamps is null), here and on
/// the wire. It crosses the wire as a struct does (wire/codec.hpp), so a newer node may append: nothing is removed,
/// reordered or retyped.
struct Stamps {
  std::optional<TraceContext> trace;
  std::optional<wire::DeliveryStamp> delivery;  ///< Only on its way from one node to another.

  friend bool operator==(const Stamps&, const Stamps&) = default;
};

}  // namespace troupe
