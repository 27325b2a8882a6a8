#include "troupe/runtime/detail/log_line.hpp"

#include <fmt/core.h>

#include <cstddef>

namespace troupe::runtime::detail {

namespace {

/// The length of the character that the text begins with; 0 if it is not well-formed UTF-8 (RFC 3629).
std::size_t utf8_length(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return 0;
  }
  const bool is_overlong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
  const bool is_surrogate = first == 0xed && byte(1) > 0x9f;
  const bool is_beyond = first == 0xf4 && byte(1) > 0x8f;
  return is_overlong || is_surrogate || is_beyond ? 0 : length;
}

void append_escaped(std::string& line, std::string_view text, bool json) {
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text[0]);
    const std::size_t length = utf8_length(text);
    if (length == 0 || byte < 0x20 || byte == 0x7f) {
      line += json ? fmt::format("\\u{:04x}", byte) : fmt::format("\\x{:02x}", byte);
    } else {
      if (json && (byte == '"' || byte == '\\')) line.push_back('\\');
      line += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

}  // namespace

std::string log_line(LogFormat format, std::string_view component, std::string_view text) {
  const bool json = format == LogFormat::kJson;
  std::string line = json ? R"("component":")" : "";
  append_escaped(line, component, json);
  line += json ? R"(","text":")" : ": ";
  append_escaped(line, text, json);
  line += json ? R"(")" : "";
  return line;
}

}  // namespace troupe::runtime::detail
