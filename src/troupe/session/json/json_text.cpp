#include "troupe/session/json/json_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "troupe/session/json/utf8.hpp"

namespace troupe::session {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

bool stands_for_itself(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

void append_escaped(std::string& json, char c) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  switch (c) {
    case '"': json += "\\\""; return;
    case '\\': json += "\\\\"; return;
    case '\n': json += "\\n"; return;
    case '\r': json += "\\r"; return;
    case '\t': json += "\\t"; return;
    default: break;
  }
  const auto byte = static_cast<unsigned char>(c);
  json += "\\u00";
  json += kDigits[byte >> 4U];
  json += kDigits[byte & 15U];
}

}  // namespace

void append_string(std::string& json, std::string_view text) {
  json += '"';
  while (!text.empty()) {
    const auto plain =
        static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), stands_for_itself) - text.begin());
    json.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    if (static_cast<unsigned char>(text[0]) < 0x80) {
      append_escaped(json, text[0]);
      text.remove_prefix(1);
      continue;
    }
    const std::size_t sequence = utf8_sequence(text);
    json.append(sequence == 0 ? kReplacement : text.substr(0, sequence));
    text.remove_prefix(std::max<std::size_t>(sequence, 1));
  }
  json += '"';
}

void append_number(std::string& json, std::uint64_t number) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.begin(), digits.end(), number).ptr;
  json.append(digits.begin(), end);
}

void append_name(std::string& json, std::string_view name) { json.append(",\"").append(name).append("\":"); }

void append_field(std::string& json, std::string_view name, std::string_view text) {
  append_name(json, name);
  append_string(json, text);
}

void append_field(std::string& json, std::string_view name, std::uint64_t number) {
  append_name(json, name);
  append_number(json, number);
}

void append_raw_field(std::string& json, std::string_view name, std::string_view raw) {
  append_name(json, name);
  json.append(raw);
}

}  // namespace troupe::session
