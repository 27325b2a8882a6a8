#include "troupe/node/config_file.hpp"

#include <fmt/core.h>
#include <toml++/toml.h>
#include <algorithm>
#include <optional>
#include <tuple>

namespace troupe::config {

namespace {

/// Deeper tables are reported as unknown keys, unread. No key of ours is deeper than 2.
constexpr std::size_t kDepthMax = 8;
/// toml++ bounds the depth of values, but not of keys ("a.a.a.a"), and destroys what it read recursively. A file of
/// ours needs one dot for each key at most.
constexpr std::size_t kDotsMax = 2'000;

FilePosition position(const toml::source_region& region) { return {region.begin.line, region.begin.column}; }

FileItem make_item(const toml::node& node) {
  FileItem item{.at = position(node.source())};
  if (const auto* text = node.as_string()) {
    item.type = FileType::kText;
    item.text = text->get();
  } else if (const auto* integer = node.as_integer()) {
    item.type = FileType::kInteger;
    item.text = std::to_string(integer->get());
  } else if (const auto* boolean = node.as_boolean()) {
    item.type = FileType::kBoolean;
    item.text = boolean->get() ? "true" : "false";
  } else if (const auto* fraction = node.as_floating_point()) {
    item.type = FileType::kFraction;
    item.text = fmt::format("{}", fraction->get());
  } else if (node.is_array()) {
    item.type = FileType::kList;
  } else if (node.is_table()) {
    item.type = FileType::kTable;
  }
  return item;
}

void flatten(const toml::table& table, const std::string& prefix, std::size_t depth, std::vector<FileValue>& values) {
  for (const auto& [key, node] : table) {
    FileValue value{.key = prefix + std::string(key.str()), .key_at = position(key.source()), .value = make_item(node)};
    const toml::table* inner = node.as_table();
    if (inner != nullptr && !inner->empty() && depth < kDepthMax) {
      flatten(*inner, value.key + ".", depth + 1, values);
      continue;
    }
    if (const toml::array* array = node.as_array()) {
      for (const toml::node& item : *array) value.items.push_back(make_item(item));
    }
    values.push_back(std::move(value));
  }
}

/// The line at which more than kDotsMax dots have come outside of quotes and comments.
std::optional<FilePosition> too_many_dots(std::string_view text) {
  FilePosition at{.line = 1, .column = 1};
  std::size_t dots = 0;
  char quote = '\0';
  bool comment = false;
  for (const char character : text) {
    if (character == '\n') {
      ++at.line;
      quote = '\0';
      comment = false;
    } else if (comment || quote != '\0') {
      if (character == quote) quote = '\0';
    } else if (character == '"' || character == '\'') {
      quote = character;
    } else if (character == '#') {
      comment = true;
    } else if (character == '.' && ++dots > kDotsMax) {
      return at;
    }
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(FileType type) {
  switch (type) {
    case FileType::kText: return "text";
    case FileType::kInteger: return "a whole number";
    case FileType::kFraction: return "a fraction";
    case FileType::kBoolean: return "a boolean";
    case FileType::kList: return "a list";
    case FileType::kTable: return "a table";
    case FileType::kOther: break;
  }
  return "a date or a time";
}

FileContent read_toml(std::string_view text) {
  FileContent content;
  if (const auto at = too_many_dots(text)) {
    content.syntax_error = "the file has too many dotted keys";
    content.syntax_error_at = *at;
    return content;
  }
  try {
    flatten(toml::parse(text), "", 1, content.values);
  } catch (const toml::parse_error& error) {
    content.syntax_error = error.description();
    content.syntax_error_at = position(error.source());
  }
  // toml++ sorts by key.
  std::ranges::stable_sort(content.values, {},
                           [](const FileValue& value) { return std::tuple(value.key_at.line, value.key_at.column); });
  return content;
}

}  // namespace troupe::config
