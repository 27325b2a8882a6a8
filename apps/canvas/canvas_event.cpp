#include "canvas/canvas_event.hpp"

#include <algorithm>

#include "canvas/canvas_fields.hpp"

namespace troupe::canvas {
namespace {

std::unexpected<Error> refuse(std::string_view complaint) {
  return fail(ErrorCode::kInvalidEvent, std::string("canvas: ").append(complaint));
}

std::size_t characters(std::string_view utf8) {
  const auto starts = [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; };
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), starts));
}

bool is_color(const Field& field) {
  const std::string& text = field.text;
  const auto is_digit = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  };
  return field.kind == Field::Kind::kString && text.size() == 7 && text[0] == '#' &&
         std::all_of(text.begin() + 1, text.end(), is_digit);
}

bool has_characters(const Field& field, std::size_t max) {
  // The bytes are looked at first: four of them are at most one character.
  return field.kind == Field::Kind::kString && !field.text.empty() && field.text.size() <= 4 * max &&
         characters(field.text) <= max;
}

Result<CanvasEvent> stroke_of(const Fields& fields) {
  const Field& id = fields[FieldName::kId];
  if (id.kind != Field::Kind::kString || id.text.empty() || id.text.size() > kIdBytesMax) {
    return refuse("\"id\" of a stroke must be a string of 1 to 128 bytes");
  }
  if (!is_color(fields[FieldName::kColor])) return refuse("\"color\" of a stroke must be like \"#1f6feb\"");
  const Field& size = fields[FieldName::kSize];
  if (size.kind != Field::Kind::kNumber || size.number < kSizeMin || size.number > kSizeMax) {
    return refuse("\"size\" of a stroke must be a number from 1 to 100");
  }
  const Field& points = fields[FieldName::kPoints];
  if (points.kind != Field::Kind::kNumbers || points.count == 0 || points.count % 2 != 0) {
    return refuse("\"points\" of a stroke must be a list of numbers [x,y,x,y,...], at least one point");
  }
  if (points.count > 2 * kStrokePointsMax) return refuse("a stroke has at most 2000 \"points\"; make two of it");
  if (!points.on_plane)
    return refuse("\"points\" of a stroke must lie on the plane: x from 0 to 1600, y from 0 to 1000");
  const Field& erase = fields[FieldName::kErase];
  const bool erase_there = erase.kind != Field::Kind::kAbsent;
  if (erase_there && erase.kind != Field::Kind::kBoolean) return refuse("\"erase\" of a stroke must be true or false");

  CanvasEvent event{CanvasEventKind::kStroke, {}};
  std::string& json = event.json;
  json.reserve(points.text.size() + id.text.size() + 80);
  append_string(json += "{\"id\":", id.text);
  append_string(json += ",\"color\":", fields[FieldName::kColor].text);
  append_number(json += ",\"size\":", size.number);
  json.append(",\"points\":[").append(points.text).append("]");
  if (erase_there) json += erase.boolean ? ",\"erase\":true" : ",\"erase\":false";
  json += '}';
  return event;
}

Result<CanvasEvent> chat_of(const Fields& fields) {
  const Field& name = fields[FieldName::kName];
  if (!has_characters(name, kNameCharactersMax)) return refuse("\"name\" of a chat line must have 1 to 40 characters");
  const Field& text = fields[FieldName::kText];
  if (!has_characters(text, kTextCharactersMax)) return refuse("\"text\" of a chat line must have 1 to 500 characters");

  CanvasEvent event{CanvasEventKind::kChat, {}};
  append_string(event.json += "\"name\":", name.text);
  append_string(event.json += ",\"text\":", text.text);
  return event;
}

}  // namespace

Result<CanvasEvent> parse_canvas_event(std::string_view data) {
  const auto fields = Fields::parse(data);
  if (!fields) return refuse(fields.error().detail);
  const Field& type = (*fields)[FieldName::kType];
  if (type.kind == Field::Kind::kString) {
    if (type.text == "stroke") return stroke_of(*fields);
    if (type.text == "chat") return chat_of(*fields);
    if (type.text == "clear") return CanvasEvent{CanvasEventKind::kClear, {}};
  }
  return refuse("\"type\" must be \"stroke\", \"chat\" or \"clear\"");
}

Result<CanvasEvent> parse_canvas_item(CanvasEventKind kind, std::string_view json) {
  const auto fields = Fields::parse(json);
  if (!fields) return refuse(fields.error().detail);
  return kind == CanvasEventKind::kStroke ? stroke_of(*fields) : chat_of(*fields);
}

}  // namespace troupe::canvas
