#include "canvas/canvas.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "canvas/canvas_event.hpp"

namespace troupe::canvas {
namespace {

using Json = nlohmann::json;

// An object, a list, a stroke, its points: nothing that a canvas saves goes deeper.
constexpr int kSnapshotNestingMax = 8;

std::unexpected<Error> corrupt(std::string_view what) {
  return fail(ErrorCode::kCorrupt, std::string("this is not the snapshot of a canvas: ").append(what));
}

Result<Json> parse_snapshot(std::string_view text) {
  // The callback keeps hostile nesting out of the tree, which is written recursively.
  bool too_deep = false;
  const auto shallow = [&](int depth, Json::parse_event_t, Json&) {
    too_deep = too_deep || depth > kSnapshotNestingMax;
    return !too_deep;
  };
  if (text.find('\0') != std::string_view::npos) return corrupt("it holds a zero byte");
  Json json = Json::parse(text, shallow, /*allow_exceptions=*/false);
  if (too_deep) return corrupt("it is nested too deep");
  if (!json.is_object()) return corrupt("it is not a JSON object");
  if (!json.contains("strokes") || !json["strokes"].is_array()) return corrupt("it has no list \"strokes\"");
  if (!json.contains("chat") || !json["chat"].is_array()) return corrupt("it has no list \"chat\"");
  return json;
}

std::string chat_line(std::uint64_t seq, std::string_view name_and_text) {
  return std::string("{\"seq\":").append(std::to_string(seq)).append(",").append(name_and_text).append("}");
}

template <class Items>
void append_list(std::string& json, const Items& items) {
  json += '[';
  bool first = true;
  for (const std::string& item : items) {
    if (!std::exchange(first, false)) json += ',';
    json += item;
  }
  json += ']';
}

}  // namespace

Result<void> Canvas::check(const Bytes& data) const {
  const auto event = parse_canvas_event(data.view());
  if (!event) return std::unexpected(event.error());
  return {};
}

void Canvas::apply(const document::Event& event) {
  auto parsed = parse_canvas_event(event.data.view());
  if (!parsed) return;  // `check` has not seen it; every node ignores it alike.
  switch (parsed->kind) {
    case CanvasEventKind::kStroke:
      strokes_bytes_ += parsed->json.size();
      strokes_.push_back(std::move(parsed->json));
      break;
    case CanvasEventKind::kChat:
      chat_.push_back(chat_line(event.seq, parsed->json));
      if (chat_.size() > kChatLinesMax) chat_.pop_front();
      break;
    case CanvasEventKind::kClear:
      std::exchange(strokes_, {});
      strokes_bytes_ = 0;
      break;
  }
}

Bytes Canvas::snapshot() const {
  std::string json;
  json.reserve(strokes_bytes_ + strokes_.size() + chat_.size() * 128 + 64);
  append_list(json += "{\"strokes\":", strokes_);
  append_list(json += ",\"chat\":", chat_);
  json += '}';
  return Bytes::copy_of(json);
}

Result<void> Canvas::restore(const Bytes& snapshot) {
  const auto json = parse_snapshot(snapshot.view());
  if (!json) return std::unexpected(json.error());
  Canvas restored;
  for (const Json& item : (*json)["strokes"]) {
    auto stroke = parse_canvas_item(CanvasEventKind::kStroke, item.dump());
    if (!stroke) return corrupt(stroke.error().detail);
    restored.strokes_bytes_ += stroke->json.size();
    restored.strokes_.push_back(std::move(stroke->json));
  }
  for (const Json& item : (*json)["chat"]) {
    const auto line = parse_canvas_item(CanvasEventKind::kChat, item.dump());
    if (!line) return corrupt(line.error().detail);
    if (!item.contains("seq") || !item["seq"].is_number_unsigned()) return corrupt("a chat line has no \"seq\"");
    restored.chat_.push_back(chat_line(item["seq"].get<std::uint64_t>(), line->json));
    if (restored.chat_.size() > kChatLinesMax) restored.chat_.pop_front();
  }
  strokes_ = std::move(restored.strokes_);
  strokes_bytes_ = restored.strokes_bytes_;
  chat_ = std::move(restored.chat_);
  return {};
}

std::unique_ptr<document::DocumentState> make() { return std::make_unique<Canvas>(); }

}  // namespace troupe::canvas
