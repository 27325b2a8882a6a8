#include "troupe/session/json/json_object.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <nlohmann/json.hpp>

namespace troupe::session {
namespace {

using Json = nlohmann::json;

// Checks without building anything. The parser keeps its nesting on the heap and asks at each level, so hostile nesting
// ends at the limit, not at the end of the stack.
class Validator final : public Json::json_sax_t {
 public:
  const std::string& complaint() const { return complaint_; }

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool key(string_t&) override { return true; }
  bool start_object(std::size_t) override { return enter(); }
  bool start_array(std::size_t) override { return enter(); }
  bool end_object() override { return leave(); }
  bool end_array() override { return leave(); }
  bool parse_error(std::size_t position, const std::string&, const Json::exception& error) override {
    // The library's own text quotes the input, which may be anything.
    constexpr int kNumberOverflow = 406;
    complaint_ = error.id == kNumberOverflow ? "this holds a number that is too large for a double, at about byte "
                                             : "this is not JSON, from about byte ";
    complaint_ += std::to_string(position);
    return false;
  }

 private:
  bool enter() {
    if (++depth_ <= kNestingMax) return true;
    complaint_ = "this is nested deeper than " + std::to_string(kNestingMax) + " objects and lists";
    return false;
  }
  bool leave() {
    --depth_;
    return true;
  }

  int depth_ = 0;
  std::string complaint_;
};

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

// The functions below scan text that the validator has seen, so each token ends where it should.

std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size() && is_space(text[at])) ++at;
  return at;
}

std::size_t string_end(std::string_view text, std::size_t at) {
  for (++at; text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return at + 1;
}

std::size_t value_end(std::string_view text, std::size_t at) {
  int depth = 0;
  for (; at < text.size(); ++at) {
    switch (text[at]) {
      case '"': at = string_end(text, at) - 1; break;
      case '{':
      case '[': ++depth; break;
      case '}':
      case ']':
        if (depth-- == 0) return at;  // The end of what this value is in.
        break;
      case ',':
        if (depth == 0) return at;
        break;
      default: break;
    }
  }
  return at;
}

std::string string_content(std::string_view raw) {
  const std::string_view inner = raw.substr(1, raw.size() - 2);
  if (inner.find('\\') == std::string_view::npos) return std::string(inner);
  return Json::parse(raw, nullptr, false).get<std::string>();
}

Bytes compact(std::string_view raw) {
  std::string result;
  std::size_t copied = 0;  // Up to here; text without white space between its tokens is copied once, below.
  for (std::size_t at = 0; at < raw.size();) {
    if (raw[at] == '"') {
      at = string_end(raw, at);
    } else if (is_space(raw[at])) {
      result.append(raw.substr(copied, at - copied));
      at = copied = skip_space(raw, at);
    } else {
      ++at;
    }
  }
  if (copied == 0) return Bytes::copy_of(raw);
  return Bytes::copy_of(result.append(raw.substr(copied)));
}

std::string quoted(std::string_view name) { return std::string("\"").append(name).append("\""); }

}  // namespace

std::expected<JsonObject, std::string> JsonObject::parse(std::string_view text) {
  // The library takes a zero byte for the end of the text, and skips a byte order mark; JSON allows neither.
  if (text.find('\0') != std::string_view::npos) return std::unexpected("this is not JSON: it holds a zero byte");
  if (text.starts_with('\xef')) return std::unexpected("this is not JSON: it begins with a byte order mark");
  Validator validator;
  if (!Json::sax_parse(text, &validator)) return std::unexpected(validator.complaint());
  if (text[skip_space(text, 0)] != '{') return std::unexpected("this is JSON, but not an object {...}");
  return of_valid(text);
}

JsonObject JsonObject::of_valid(std::string_view text) {
  JsonObject object;
  std::size_t at = skip_space(text, skip_space(text, 0) + 1);
  while (text[at] != '}') {
    const std::size_t name_end = string_end(text, at);
    const std::string_view name = text.substr(at, name_end - at);
    const std::size_t begin = skip_space(text, skip_space(text, name_end) + 1);
    const std::size_t end = value_end(text, begin);
    std::string_view raw = text.substr(begin, end - begin);
    while (is_space(raw.back())) raw.remove_suffix(1);
    object.fields_.push_back({string_content(name), raw});
    at = text[end] == ',' ? skip_space(text, end + 1) : end;
  }
  return object;
}

const JsonObject::Field* JsonObject::find(std::string_view name) const {
  const auto found =
      std::find_if(fields_.begin(), fields_.end(), [&](const Field& field) { return field.name == name; });
  return found == fields_.end() ? nullptr : &*found;
}

bool JsonObject::has_value(std::string_view name) const {
  const Field* field = find(name);
  return field != nullptr && field->raw != "null";
}

// The text of a field, empty after a complaint. Readers disagree about which of two fields of one name counts, so there
// must be only one.
std::string_view JsonObject::take(std::string_view name) {
  const Field* field = find(name);
  if (field == nullptr) {
    complain("the field " + quoted(name) + " is missing");
    return {};
  }
  const auto same = [&](const Field& other) { return other.name == name; };
  if (std::count_if(fields_.begin(), fields_.end(), same) > 1) {
    complain("the field " + quoted(name) + " is there more than once");
    return {};
  }
  return field->raw;
}

std::string JsonObject::string(std::string_view name) {
  const std::string_view raw = take(name);
  if (raw.empty()) return {};
  if (raw[0] == '"') return string_content(raw);
  complain("the field " + quoted(name) + " must be a string");
  return {};
}

std::uint64_t JsonObject::integer(std::string_view name) {
  const std::string_view raw = take(name);
  if (raw.empty()) return 0;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(raw.begin(), raw.end(), number);
  if (error == std::errc() && end == raw.end() && number <= kIntegerMax) return number;
  complain("the field " + quoted(name) + " must be an integer from 0 to " + std::to_string(kIntegerMax));
  return 0;
}

JsonObject JsonObject::object(std::string_view name) {
  const std::string_view raw = take(name);
  if (raw.empty()) return {};
  if (raw[0] == '{') return of_valid(raw);
  complain("the field " + quoted(name) + " must be an object");
  return {};
}

Bytes JsonObject::value(std::string_view name) { return compact(take(name)); }

Bytes JsonObject::object_value(std::string_view name) {
  const std::string_view raw = take(name);
  if (!raw.empty() && raw[0] != '{') complain("the field " + quoted(name) + " must be an object");
  return compact(raw);
}

void JsonObject::complain(std::string complaint) {
  if (complaint_.empty()) complaint_ = std::move(complaint);
}

}  // namespace troupe::session
