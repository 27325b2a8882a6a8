#include "canvas/canvas_event.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "canvas/canvas_fields.hpp"

namespace troupe::canvas {
namespace {

using Kind = Field::Kind;

std::unexpected<Error> refuse(std::string_view complaint) {
  return fail(ErrorCode::kInvalidEvent, std::string("canvas: ").append(complaint));
}

std::size_t characters(std::string_view utf8) {
  const auto starts = [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; };
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), starts));
}

bool is_id(std::string_view text) { return !text.empty() && text.size() <= kIdBytesMax; }

bool is_color(const Field& field) {
  const std::string& text = field.text;
  const auto is_digit = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  };
  return field.kind == Kind::kString && text.size() == 7 && text[0] == '#' &&
         std::all_of(text.begin() + 1, text.end(), is_digit);
}

bool is_number(const Field& field, double min, double max) {
  return field.kind == Kind::kNumber && field.number >= min && field.number <= max;
}

bool has_characters(const Field& field, std::size_t max) {
  // The bytes are looked at first: four of them are at most one character.
  return field.kind == Kind::kString && !field.text.empty() && field.text.size() <= 4 * max &&
         characters(field.text) <= max;
}

bool is_shift(Shift shift) {
  const auto is_whole = [](double value) { return value == std::trunc(value); };
  return std::abs(shift.dx) <= kPlaneWidth && std::abs(shift.dy) <= kPlaneHeight && is_whole(shift.dx * 8) &&
         is_whole(shift.dy * 8);
}

// Why the fields of a stroke or of a text are not good; empty if they are.

std::string_view complaint_about_stroke(const Fields& fields) {
  if (!is_number(fields[FieldName::kSize], kSizeMin, kSizeMax)) {
    return "\"size\" of a stroke must be a number from 1 to 100";
  }
  const Field& points = fields[FieldName::kPoints];
  if (points.kind != Kind::kNumbers || points.count == 0 || points.count % 2 != 0) {
    return "\"points\" of a stroke must be a list of numbers [x,y,x,y,...], at least one point";
  }
  if (points.count > 2 * kStrokePointsMax) return "a stroke has at most 2000 \"points\"; make two of it";
  if (!points.on_plane) return "\"points\" of a stroke must lie on the plane: x from 0 to 1600, y from 0 to 1000";
  const Kind erase = fields[FieldName::kErase].kind;
  if (erase != Kind::kAbsent && erase != Kind::kBoolean) return "\"erase\" of a stroke must be true or false";
  return {};
}

std::string_view complaint_about_text(const Fields& fields) {
  if (!is_number(fields[FieldName::kSize], kTextSizeMin, kTextSizeMax)) {
    return "\"size\" of a text must be a number from 4 to 400";
  }
  const Field& at = fields[FieldName::kAt];
  if (at.kind != Kind::kNumbers || at.count != 2 || !at.on_plane) {
    return "\"at\" of a text must be [x,y] on the plane: x from 0 to 1600, y from 0 to 1000";
  }
  if (!has_characters(fields[FieldName::kText], kTextCharactersMax)) {
    return "\"text\" of a text must have 1 to 500 characters";
  }
  return {};
}

Result<Shift> shift_of(const Fields& fields) {
  const Field& field = fields[FieldName::kShift];
  if (field.kind == Kind::kAbsent) return Shift{};
  const Shift shift{field.first_two[0], field.first_two[1]};
  if (field.kind == Kind::kNumbers && field.count == 2 && is_shift(shift)) return shift;
  return refuse("\"shift\" must be [dx,dy], whole eighths, dx from -1600 to 1600, dy from -1000 to 1000");
}

std::string json_of_element(const Fields& fields, bool is_text) {
  const Field& points = fields[FieldName::kPoints];
  const Field& erase = fields[FieldName::kErase];
  std::string json;
  json.reserve(points.text.size() + fields[FieldName::kId].text.size() + 80);
  append_string(json += "{\"id\":", fields[FieldName::kId].text);
  append_string(json += ",\"color\":", fields[FieldName::kColor].text);
  append_number(json += ",\"size\":", fields[FieldName::kSize].number);
  if (is_text) {
    json.append(",\"at\":[").append(fields[FieldName::kAt].text).append("]");
    append_string(json += ",\"text\":", fields[FieldName::kText].text);
  } else {
    json.append(",\"points\":[").append(points.text).append("]");
    if (erase.kind != Kind::kAbsent) json += erase.boolean ? ",\"erase\":true" : ",\"erase\":false";
  }
  return json += '}';
}

Result<CanvasElement> element_of(const Fields& fields, bool is_text) {
  const Field& id = fields[FieldName::kId];
  const std::string_view what = is_text ? "a text" : "a stroke";
  if (id.kind != Kind::kString || !is_id(id.text)) {
    return refuse(std::string("\"id\" of ").append(what).append(" must be a string of 1 to 128 bytes"));
  }
  if (!is_color(fields[FieldName::kColor])) {
    return refuse(std::string("\"color\" of ").append(what).append(" must be like \"#1f6feb\""));
  }
  const std::string_view complaint = is_text ? complaint_about_text(fields) : complaint_about_stroke(fields);
  if (!complaint.empty()) return refuse(complaint);
  const auto shift = shift_of(fields);
  if (!shift) return std::unexpected(shift.error());
  const Field& removed = fields[FieldName::kRemoved];
  if (removed.kind != Kind::kAbsent && removed.kind != Kind::kBoolean) {
    return refuse("\"removed\" must be true or false");
  }
  return CanvasElement{id.text, json_of_element(fields, is_text), *shift, removed.boolean};
}

// Without a `type`, what has points is a stroke.
Result<CanvasElement> element_of(const Fields& fields) {
  return element_of(fields,
                    fields[FieldName::kPoints].kind == Kind::kAbsent && fields[FieldName::kText].kind != Kind::kAbsent);
}

Result<CanvasEvent> one_of(const Fields& fields, bool is_text) {
  auto element = element_of(fields, is_text);
  if (!element) return std::unexpected(element.error());
  CanvasEvent event{.kind = CanvasEventKind::kDraw};
  event.elements.push_back(std::move(*element));
  return event;
}

Result<CanvasEvent> draw_of(const Fields& fields) {
  const Field& list = fields[FieldName::kElements];
  if (list.kind != Kind::kObjects || list.count > kElementsMax) {
    return refuse("\"elements\" must be a list of 1 to 2000 strokes and texts");
  }
  CanvasEvent event{.kind = CanvasEventKind::kDraw};
  event.elements.reserve(list.count);
  for (const Fields& each : fields.elements()) {
    auto element = element_of(each);
    if (!element) return std::unexpected(element.error());
    event.elements.push_back(std::move(*element));
  }
  return event;
}

Result<CanvasEvent> event_about(CanvasEventKind kind, const Fields& fields) {
  const Field& ids = fields[FieldName::kIds];
  if (ids.kind != Kind::kStrings || ids.count > kIdsMax ||
      !std::all_of(ids.strings.begin(), ids.strings.end(), is_id)) {
    return refuse("\"ids\" must be a list of 1 to 2000 strings of 1 to 128 bytes");
  }
  CanvasEvent event{.kind = kind, .ids = ids.strings};
  if (kind != CanvasEventKind::kMove) return event;
  const Field& dx = fields[FieldName::kDx];
  const Field& dy = fields[FieldName::kDy];
  event.shift = {dx.number, dy.number};
  if (dx.kind == Kind::kNumber && dy.kind == Kind::kNumber && is_shift(event.shift)) return event;
  return refuse("\"dx\" and \"dy\" of a move must be whole eighths, dx from -1600 to 1600, dy from -1000 to 1000");
}

Result<CanvasEvent> chat_of(const Fields& fields) {
  const Field& name = fields[FieldName::kName];
  if (!has_characters(name, kNameCharactersMax)) return refuse("\"name\" of a chat line must have 1 to 40 characters");
  const Field& text = fields[FieldName::kText];
  if (!has_characters(text, kTextCharactersMax)) return refuse("\"text\" of a chat line must have 1 to 500 characters");

  CanvasEvent event{.kind = CanvasEventKind::kChat};
  append_string(event.chat += "\"name\":", name.text);
  append_string(event.chat += ",\"text\":", text.text);
  return event;
}

}  // namespace

Result<CanvasEvent> parse_canvas_event(std::string_view data) {
  const auto fields = Fields::parse(data);
  if (!fields) return refuse(fields.error().detail);
  const Field& type = (*fields)[FieldName::kType];
  if (type.kind == Kind::kString) {
    if (type.text == "stroke") return one_of(*fields, false);
    if (type.text == "text") return one_of(*fields, true);
    if (type.text == "draw") return draw_of(*fields);
    if (type.text == "move") return event_about(CanvasEventKind::kMove, *fields);
    if (type.text == "delete") return event_about(CanvasEventKind::kDelete, *fields);
    if (type.text == "restore") return event_about(CanvasEventKind::kRestore, *fields);
    if (type.text == "chat") return chat_of(*fields);
    if (type.text == "clear") return CanvasEvent{};
  }
  return refuse(R"("type" must be "stroke", "text", "draw", "move", "delete", "restore", "chat" or "clear")");
}

Result<CanvasElement> parse_canvas_element(std::string_view json) {
  const auto fields = Fields::parse(json);
  if (!fields) return refuse(fields.error().detail);
  return element_of(*fields);
}

Result<CanvasEvent> parse_chat_line(std::string_view json) {
  const auto fields = Fields::parse(json);
  if (!fields) return refuse(fields.error().detail);
  return chat_of(*fields);
}

}  // namespace troupe::canvas
