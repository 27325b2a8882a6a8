#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "troupe/base/error.hpp"

namespace troupe::canvas {

// The limits of docs/protocol.md, "Canvas events".
constexpr double kPlaneWidth = 1600;
constexpr double kPlaneHeight = 1000;
constexpr std::size_t kStrokePointsMax = 2000;
constexpr double kSizeMin = 1;
constexpr double kSizeMax = 100;
constexpr double kTextSizeMin = 4;
constexpr double kTextSizeMax = 400;
constexpr std::size_t kIdBytesMax = 128;
constexpr std::size_t kIdsMax = 2000;
constexpr std::size_t kElementsMax = 2000;
constexpr std::size_t kNameCharactersMax = 40;
constexpr std::size_t kTextCharactersMax = 500;

/// How far something was moved from where it was drawn. Whole eighths, so that sums of them are exact in every
/// language.
struct Shift {
  double dx = 0;
  double dy = 0;

  bool operator==(const Shift&) const = default;
};

/// A stroke or a text on a canvas.
struct CanvasElement {
  std::string id;
  /// Its object in a snapshot, but for `shift` and `removed`. Compact JSON, numbers in their shortest form; reading it
  /// again gives the same text.
  std::string json;
  Shift shift;
  bool removed = false;
};

enum class CanvasEventKind : std::uint8_t { kDraw, kMove, kDelete, kRestore, kChat, kClear };

/// A canvas event that is known to be good.
struct CanvasEvent {
  CanvasEventKind kind = CanvasEventKind::kClear;
  std::vector<CanvasElement> elements = {};  ///< Of kDraw; a stroke or a text alone is one, too.
  std::vector<std::string> ids = {};         ///< Of kMove, kDelete and kRestore.
  Shift shift = {};                          ///< Of kMove.
  std::string chat = {};  ///< Of kChat: its fields in a snapshot after the `seq`, `"name":"...","text":"..."`.
};

/// Reads the `data` of an event, which may be anything. `kInvalidEvent` with a reason if it is none that a canvas
/// accepts.
[[nodiscard]] Result<CanvasEvent> parse_canvas_event(std::string_view data);

/// The same for an element and a chat line as they stand in a snapshot, without a `type`.
[[nodiscard]] Result<CanvasElement> parse_canvas_element(std::string_view json);
[[nodiscard]] Result<CanvasEvent> parse_chat_line(std::string_view json);

}  // namespace troupe::canvas
