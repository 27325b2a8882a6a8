#include "canvas/canvas.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "canvas/canvas_event.hpp"
#include "canvas/canvas_fields.hpp"

namespace troupe::canvas {
namespace {

constexpr std::string_view kElementsBegin = "{\"elements\":[";
constexpr std::string_view kStrokesBegin = "{\"strokes\":[";  // Before there were texts.
constexpr std::string_view kChatBegin = "],\"chat\":[";
constexpr std::string_view kEnd = "]}";
constexpr std::string_view kSeqBegin = "{\"seq\":";

std::unexpected<Error> corrupt(std::string_view what) {
  return fail(ErrorCode::kCorrupt, std::string("this is not the snapshot of a canvas: ").append(what));
}

// Takes a snapshot apart where `snapshot()` put it together, so that a large one is never a tree in memory. The text
// may be anything: what comes out is read as an element or a chat line before it is believed.
class SnapshotText {
 public:
  explicit SnapshotText(std::string_view text) : rest_(text) {}

  bool take(std::string_view literal) {
    if (!rest_.starts_with(literal)) return false;
    rest_.remove_prefix(literal.size());
    return true;
  }

  /// The next object, up to the brace that closes it; nothing if there is none.
  std::optional<std::string_view> take_object() {
    int depth = 0;
    bool in_string = false;
    for (std::size_t at = 0; at < rest_.size(); ++at) {
      const char c = rest_[at];
      if (in_string) {
        if (c == '\\') ++at;
        in_string = c != '"';
      } else if (c == '"') {
        in_string = true;
      } else if (c == '{') {
        ++depth;
      } else if (c == '}' && --depth <= 0) {
        const std::string_view object = rest_.substr(0, at + 1);
        rest_.remove_prefix(at + 1);
        return depth == 0 ? std::optional(object) : std::nullopt;
      }
    }
    return {};
  }

  bool empty() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

// Calls `read(object)` for each object of a list, up to its end.
template <class Read>
Result<void> read_list(SnapshotText& text, std::string_view end, Read read) {
  for (bool first = true; !text.take(end); first = false) {
    if (!first && !text.take(",")) return corrupt("a comma or the end of a list is missing");
    const auto object = text.take_object();
    if (!object) return corrupt("a list does not end");
    if (const Result<void> result = read(*object); !result) return result;
  }
  return {};
}

std::optional<std::uint64_t> seq_of(std::string_view line) {
  if (!line.starts_with(kSeqBegin)) return {};
  line.remove_prefix(kSeqBegin.size());
  std::uint64_t seq = 0;
  if (std::from_chars(line.begin(), line.end(), seq).ec != std::errc()) return {};
  return seq;
}

// No further than to the other end of the plane, so that a sum stays exact however often something is moved.
void move(CanvasElement& element, Shift by) {
  element.shift.dx = std::clamp(element.shift.dx + by.dx, -kPlaneWidth, kPlaneWidth);
  element.shift.dy = std::clamp(element.shift.dy + by.dy, -kPlaneHeight, kPlaneHeight);
}

void append_element(std::string& json, const CanvasElement& element) {
  json += element.json;
  if (element.shift == Shift{} && !element.removed) return;
  json.pop_back();
  if (element.shift != Shift{}) {
    append_number(json += ",\"shift\":[", element.shift.dx);
    append_number(json += ",", element.shift.dy);
    json += ']';
  }
  json += element.removed ? ",\"removed\":true}" : "}";
}

template <class Items, class Append>
void append_items(std::string& json, const Items& items, Append append) {
  bool first = true;
  for (const auto& item : items) {
    if (!std::exchange(first, false)) json += ',';
    append(json, item);
  }
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
    case CanvasEventKind::kDraw:
      for (CanvasElement& element : parsed->elements) {
        element.removed = false;
        draw(std::move(element));
      }
      break;
    case CanvasEventKind::kMove:
      for_each(parsed->ids, [&](CanvasElement& element) { move(element, parsed->shift); });
      break;
    case CanvasEventKind::kDelete: for_each(parsed->ids, [](CanvasElement& element) { element.removed = true; }); break;
    case CanvasEventKind::kRestore:
      for_each(parsed->ids, [](CanvasElement& element) { element.removed = false; });
      break;
    case CanvasEventKind::kChat: add_chat(event.seq, parsed->chat); break;
    case CanvasEventKind::kClear:
      std::exchange(elements_, {});
      std::exchange(places_, {});
      elements_bytes_ = 0;
      break;
  }
}

Bytes Canvas::snapshot() const {
  std::string json;
  json.reserve(elements_bytes_ + elements_.size() * 8 + chat_.size() * 128 + 64);
  json += kElementsBegin;
  append_items(json, elements_, append_element);
  json += kChatBegin;
  append_items(json, chat_, [](std::string& text, const std::string& line) { text += line; });
  json += kEnd;
  return Bytes::copy_of(json);
}

Result<void> Canvas::restore(const Bytes& snapshot) {
  Canvas restored;
  const auto read_element = [&](std::string_view object) -> Result<void> {
    auto element = parse_canvas_element(object);
    if (!element) return corrupt(element.error().detail);
    restored.draw(std::move(*element));
    return {};
  };
  const auto read_chat = [&](std::string_view object) -> Result<void> {
    const auto line = parse_chat_line(object);
    if (!line) return corrupt(line.error().detail);
    const auto seq = seq_of(object);
    if (!seq) return corrupt("a chat line does not begin with its \"seq\"");
    restored.add_chat(*seq, line->chat);
    return {};
  };
  SnapshotText text(snapshot.view());
  if (!text.take(kElementsBegin) && !text.take(kStrokesBegin)) {
    return corrupt("it does not begin with the list \"elements\"");
  }
  if (auto read = read_list(text, kChatBegin, read_element); !read) return read;
  if (auto read = read_list(text, kEnd, read_chat); !read) return read;
  if (!text.empty()) return corrupt("something follows its end");
  elements_ = std::move(restored.elements_);
  places_ = std::move(restored.places_);
  elements_bytes_ = restored.elements_bytes_;
  chat_ = std::move(restored.chat_);
  return {};
}

void Canvas::draw(CanvasElement element) {
  elements_bytes_ += element.json.size();
  const auto [place, is_new] = places_.try_emplace(element.id, elements_.size());
  if (is_new) return elements_.push_back(std::move(element));
  CanvasElement& replaced = elements_[place->second];
  elements_bytes_ -= replaced.json.size();
  replaced = std::move(element);
}

template <class Change>
void Canvas::for_each(const std::vector<std::string>& ids, Change change) {
  for (const std::string& id : ids) {
    if (const auto place = places_.find(id); place != places_.end()) change(elements_[place->second]);
  }
}

void Canvas::add_chat(std::uint64_t seq, std::string_view name_and_text) {
  chat_.push_back(std::string(kSeqBegin).append(std::to_string(seq)).append(",").append(name_and_text).append("}"));
  if (chat_.size() > kChatLinesMax) chat_.pop_front();
}

std::unique_ptr<document::DocumentState> make() { return std::make_unique<Canvas>(); }

}  // namespace troupe::canvas
