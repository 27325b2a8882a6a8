#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "troupe/base/error.hpp"

namespace troupe::canvas {

// The limits of docs/protocol.md, "Canvas events".
constexpr double kPlaneWidth = 1600;
constexpr double kPlaneHeight = 1000;
constexpr std::size_t kStrokePointsMax = 2000;
constexpr double kSizeMin = 1;
constexpr double kSizeMax = 100;
constexpr std::size_t kIdBytesMax = 128;
constexpr std::size_t kNameCharactersMax = 40;
constexpr std::size_t kTextCharactersMax = 500;

enum class CanvasEventKind : std::uint8_t { kStroke, kChat, kClear };

/// A canvas event that is known to be good, in the parts from which a snapshot is spliced.
struct CanvasEvent {
  CanvasEventKind kind = CanvasEventKind::kClear;
  /// Of a stroke: its object in the snapshot. Of a chat line: its fields there after the `seq`,
  /// `"name":"...","text":"..."`. Compact JSON, numbers in their shortest form; reading it again gives the same text.
  std::string json;
};

/// Reads the `data` of an event, which may be anything. `kInvalidEvent` with a reason if it is none that a canvas
/// accepts.
[[nodiscard]] Result<CanvasEvent> parse_canvas_event(std::string_view data);

/// The same for a stroke and a chat line as they stand in a snapshot, without a `type`.
[[nodiscard]] Result<CanvasEvent> parse_canvas_item(CanvasEventKind kind, std::string_view json);

}  // namespace troupe::canvas
