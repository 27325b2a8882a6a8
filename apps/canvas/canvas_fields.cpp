#include "canvas/canvas_fields.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "canvas/canvas_event.hpp"

namespace troupe::canvas {
namespace {

using Json = nlohmann::json;

constexpr int kNestingMax = 64;
constexpr std::array<std::string_view, kFieldNames> kNames = {"type",    "id",   "color", "size", "points",
                                                              "erase",   "name", "text",  "at",   "shift",
                                                              "removed", "ids",  "dx",    "dy",   "elements"};

}  // namespace

/// Takes the parser's events. Only what stands directly in the outermost object, in an object of its list `elements`,
/// or in a list of one of these two is looked at.
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
    if (list_ != nullptr && depth_ == base_ + 1) {
      listed_string(value);
    } else if (Field* field = start_value(Field::Kind::kString)) {
      field->text = std::move(value);
    }
    return true;
  }
  bool binary(binary_t&) override { return other(); }

  bool key(string_t& name) override {
    if (depth_ != base_) return true;
    const auto found = std::find(kNames.begin(), kNames.end(), name);
    current_ = found == kNames.end() ? nullptr : &target_->fields_[static_cast<std::size_t>(found - kNames.begin())];
    if (current_ == nullptr || current_->kind == Field::Kind::kAbsent) return true;
    // Readers disagree about which of the two counts.
    complaint = "the field \"" + name + "\" is there more than once";
    return false;
  }
  bool start_object(std::size_t) override {
    if (begins_element()) {
      begin_element();
    } else if (depth_ > 0) {
      other();
    }
    return enter();
  }
  bool end_object() override {
    if (depth_ == base_ && target_ != &fields_) end_element();
    return leave();
  }
  bool start_array(std::size_t) override {
    if (depth_ == 0) return not_an_object();
    if (depth_ == base_) {
      list_ = start_value(Field::Kind::kNumbers);
    } else {
      other();
    }
    return enter();
  }
  bool end_array() override {
    if (depth_ == base_ + 1) list_ = nullptr;
    return leave();
  }
  bool parse_error(std::size_t position, const std::string&, const Json::exception&) override {
    complaint = "it is not JSON, from about byte " + std::to_string(position);
    return false;
  }

 private:
  // The field whose value begins here, if anybody wants it.
  Field* start_value(Field::Kind kind) {
    if (depth_ == base_ && current_ != nullptr) {
      current_->kind = kind;
      return current_;
    }
    if (depth_ == base_ + 1 && list_ != nullptr) lists(Field::Kind::kOther);
    return nullptr;
  }

  // Something of this kind is next in the list; false if the list holds something else.
  bool lists(Field::Kind kind) {
    if (list_->count++ == 0) list_->kind = kind;
    if (list_->kind != kind) list_->kind = Field::Kind::kOther;
    return list_->kind == kind;
  }

  bool number(double value) {
    if (depth_ == base_ + 1 && list_ != nullptr) {
      listed_number(value);
    } else if (Field* field = start_value(Field::Kind::kNumber)) {
      field->number = value;
    } else if (depth_ == 0) {
      return not_an_object();
    }
    return true;
  }

  // What is too much is counted, and refused later; no need to keep it.
  void listed_number(double value) {
    if (!lists(Field::Kind::kNumbers)) return;
    const std::size_t index = list_->count - 1;
    const double bound = index % 2 == 0 ? kPlaneWidth : kPlaneHeight;
    list_->on_plane = list_->on_plane && value >= 0 && value <= bound;
    if (index >= 2 * kStrokePointsMax) return;
    if (index < 2) list_->first_two[index] = value;
    if (index > 0) list_->text += ',';
    append_number(list_->text, value);
  }

  void listed_string(string_t& value) {
    if (lists(Field::Kind::kStrings) && list_->count <= kIdsMax) list_->strings.push_back(std::move(value));
  }

  bool begins_element() const {
    return target_ == &fields_ && depth_ == base_ + 1 && list_ != nullptr &&
           list_ == &fields_.fields_[static_cast<std::size_t>(FieldName::kElements)];
  }
  void begin_element() {
    if (!lists(Field::Kind::kObjects) || list_->count > kElementsMax) return;
    target_ = &fields_.elements_.emplace_back();
    base_ = depth_ + 1;
    list_ = nullptr;
  }
  void end_element() {
    target_ = &fields_;
    base_ = 1;
    list_ = &fields_.fields_[static_cast<std::size_t>(FieldName::kElements)];
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
  int base_ = 1;               ///< How deep the names of `target_` stand.
  Fields* target_ = &fields_;  ///< The outermost object, or the element that is being read.
  Field* current_ = nullptr;   ///< The field of the last name, null if the name is unknown.
  Field* list_ = nullptr;      ///< The list that is being read.
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
