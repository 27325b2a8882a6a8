#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "troupe/base/error.hpp"

namespace troupe::canvas {

/// The names that mean something in a canvas event.
enum class FieldName : std::uint8_t {
  kType,
  kId,
  kColor,
  kSize,
  kPoints,
  kErase,
  kName,
  kText,
  kAt,
  kShift,
  kRemoved,
  kIds,
  kDx,
  kDy,
  kElements,
};
constexpr std::size_t kFieldNames = 15;

/// The value of one field, as far as a canvas can use it.
struct Field {
  enum class Kind : std::uint8_t {
    kAbsent,
    kString,
    kNumber,
    kBoolean,
    kNumbers,  ///< A list of numbers and nothing else, or of nothing.
    kStrings,  ///< A list of strings and nothing else.
    kObjects,  ///< A list of objects and nothing else, see `Fields::elements`.
    kOther,
  };
  Kind kind = Kind::kAbsent;
  bool boolean = false;
  double number = 0;
  std::string text;       ///< Of a string: its content. Of numbers: compact JSON, each in its shortest form.
  std::size_t count = 0;  ///< How much there is in the list, also what is too much to be kept.
  bool on_plane = true;   ///< Whether all numbers are, taken as x, y, x, y, ...
  std::array<double, 2> first_two{};  ///< Of the numbers.
  std::vector<std::string> strings;
};

/// The fields of one JSON object. Unknown names are skipped, whatever is in them.
class Fields {
 public:
  /// Reads text that may be anything, without building a tree of it. `kInvalidEvent` if it is not JSON, not an object,
  /// nested too deep, or has one of the names twice.
  [[nodiscard]] static Result<Fields> parse(std::string_view json);

  const Field& operator[](FieldName name) const { return fields_[static_cast<std::size_t>(name)]; }

  /// The objects in the list `elements`. They have none themselves.
  const std::vector<Fields>& elements() const { return elements_; }

 private:
  friend class FieldsReader;
  std::array<Field, kFieldNames> fields_;
  std::vector<Fields> elements_;
};

/// Appends the shortest text that reads as the same number.
void append_number(std::string& json, double number);

/// Appends a JSON string with its quotes; `text` is UTF-8.
void append_string(std::string& json, std::string_view text);

}  // namespace troupe::canvas
