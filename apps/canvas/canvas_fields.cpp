#include "canvas/canvas_fields.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "canvas/canvas_event.hpp"

namespace troupe::canvas {
namespace {

using Json = nlohmann::json;

constexpr int kNestingMax = 64;
constexpr std::array<std::string_view, kFieldNames> kNames = {"type",   "id",    "color", "size",
                                                              "points", "erase", "name",  "text"};

}  // namespace

/// Takes the parser's events. Only what stands directly in the outermost object, or in its list `points`, is looked at.
class FieldsReader final : public Json::json_sax_t {
 public:
  Fields& fields() { return fields_; }
  std::string complaint;

  bool null() override { return other(); }
  bool boolean(bool value) override {
    if (Field* field = start_value(Field::Kind::kBoolean)) field->boolean = value;
    return true;
  }
  bool number_integer(number_integer_t value) override { return number(static_cast<double>(value)); }
  bool number_unsigned(number_unsigned_t value) override { return number(static_cast<double>(value)); }
  bool number_float(number_float_t value, const string_t&) override { return number(value); }
  bool string(string_t& value) override {
    if (Field* field = start_value(Field::Kind::kString)) field->text = std::move(value);
    return true;
  }
  bool binary(binary_t&) override { return other(); }

  bool key(string_t& name) override {
    if (depth_ != 1) return true;
    const auto found = std::find(kNames.begin(), kNames.end(), name);
    current_ = found == kNames.end() ? nullptr : &fields_.fields_[static_cast<std::size_t>(found - kNames.begin())];
    if (current_ == nullptr || current_->kind == Field::Kind::kAbsent) return true;
    // Readers disagree about which of the two counts.
    complaint = "the field \"" + name + "\" is there more than once";
    return false;
  }
  bool start_object(std::size_t) override {
    if (depth_ > 0) other();
    return enter();
  }
  bool end_object() override { return leave(); }
  bool start_array(std::size_t) override {
    if (depth_ == 0) return not_an_object();
    if (depth_ == 1) {
      points_ = start_value(Field::Kind::kNumbers);
    } else {
      other();
    }
    return enter();
  }
  bool end_array() override {
    if (depth_ == 2) points_ = nullptr;
    return leave();
  }
  bool parse_error(std::size_t position, const std::string&, const Json::exception&) override {
    complaint = "it is not JSON, from about byte " + std::to_string(position);
    return false;
  }

 private:
  // The field whose value begins here, if anybody wants it.
  Field* start_value(Field::Kind kind) {
    if (depth_ == 1 && current_ != nullptr) {
      current_->kind = kind;
      return current_;
    }
    if (depth_ == 2 && points_ != nullptr) points_->kind = Field::Kind::kOther;  // Not a number in a list.
    return nullptr;
  }

  bool number(double value) {
    if (depth_ == 2 && points_ != nullptr) {
      point(value);
    } else if (Field* field = start_value(Field::Kind::kNumber)) {
      field->number = value;
    } else if (depth_ == 0) {
      return not_an_object();
    }
    return true;
  }

  void point(double value) {
    const double bound = points_->count % 2 == 0 ? kPlaneWidth : kPlaneHeight;
    points_->on_plane = points_->on_plane && value >= 0 && value <= bound;
    if (++points_->count > 2 * kStrokePointsMax) return;  // Refused later; no need to keep it.
    if (points_->count > 1) points_->text += ',';
    append_number(points_->text, value);
  }

  bool other() {
    start_value(Field::Kind::kOther);
    return depth_ > 0 || not_an_object();
  }

  bool not_an_object() {
    complaint = "it is not an object {...}";
    return false;
  }

  bool enter() {
    if (++depth_ <= kNestingMax) return true;
    complaint = "it is nested deeper than " + std::to_string(kNestingMax) + " objects and lists";
    return false;
  }
  bool leave() {
    --depth_;
    return true;
  }

  Fields fields_;
  int depth_ = 0;
  Field* current_ = nullptr;  ///< The field of the last name, null if the name is unknown.
  Field* points_ = nullptr;   ///< The list that is being read.
};

Result<Fields> Fields::parse(std::string_view json) {
  // The library takes a zero byte for the end of the text, and skips a byte order mark; JSON allows neither.
  if (json.find('\0') != std::string_view::npos || json.starts_with('\xef')) {
    return fail(ErrorCode::kInvalidEvent, "it is not JSON");
  }
  FieldsReader reader;
  const bool read = Json::sax_parse(json, &reader);
  if (!read) return fail(ErrorCode::kInvalidEvent, std::move(reader.complaint));
  return std::move(reader.fields());
}

void append_number(std::string& json, double number) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.begin(), digits.end(), number == 0 ? 0.0 : number).ptr;  // There is no -0.
  json.append(digits.begin(), end);
}

void append_string(std::string& json, std::string_view text) { json += Json(text).dump(); }

}  // namespace troupe::canvas
