#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "troupe/base/bytes.hpp"

namespace troupe::session {

/// Objects and lists in each other, the outermost counted: a message nested deeper is refused.
constexpr int kNestingMax = 64;

/// The greatest integer that every JSON reader keeps exactly: 2^53 - 1.
constexpr std::uint64_t kIntegerMax = (std::uint64_t{1} << 53U) - 1;

/// The fields of one JSON object, as views into its text, which must live as long. Reading them keeps the first
/// complaint, and gives empty values from then on: read all fields, then look at `complaint()` once.
///
/// The values stay text, so that what a client sent can be stored and sent on as it is: no number is rounded and no
/// field is reordered on the way.
class JsonObject {
 public:
  /// Text that may be anything. Fails with a complaint if it is not JSON, nested too deep, or not an object.
  static std::expected<JsonObject, std::string> parse(std::string_view text);

  bool has(std::string_view name) const { return find(name) != nullptr; }
  /// Whether the field is there and not null.
  bool has_value(std::string_view name) const;

  std::string string(std::string_view name);
  /// From 0 to `kIntegerMax`, in digits only.
  std::uint64_t integer(std::string_view name);
  /// The fields of an object inside.
  JsonObject object(std::string_view name);
  /// Any value, without the white space between its tokens.
  Bytes value(std::string_view name);
  /// The same, but it must be an object.
  Bytes object_value(std::string_view name);

  /// Takes over an inner object's complaint, and adds its own.
  void complain(std::string complaint);
  /// Empty while there is none.
  const std::string& complaint() const { return complaint_; }

 private:
  struct Field {
    std::string name;
    std::string_view raw;
  };

  const Field* find(std::string_view name) const;
  std::string_view take(std::string_view name);
  static JsonObject of_valid(std::string_view text);

  std::vector<Field> fields_;
  std::string complaint_;
};

}  // namespace troupe::session
