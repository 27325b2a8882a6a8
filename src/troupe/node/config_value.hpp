#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "troupe/base/time.hpp"

/// How single values of the configuration are written. Everything is text here, as it comes from flags and the
/// environment; in the file, numbers and booleans stand without quotes.
namespace troupe::config {

/// What is wrong with a value, and what to write instead.
struct Mistake {
  std::string text;
  std::string remedy;
};

template <class T>
using Read = std::expected<T, Mistake>;

/// "65536" or "65_536".
Read<std::uint64_t> read_count(std::string_view text);

/// "64 KiB", "1.5 MiB", "10 MB"; a number alone counts bytes.
Read<std::uint64_t> read_size(std::string_view text);

/// "0.25", from 0 to 1.
Read<double> read_share(std::string_view text);

/// "500 ms", "1.5 s", "5 min". Only 0 needs no unit.
Read<Duration> read_duration(std::string_view text);

/// "true" or "false".
Read<bool> read_switch(std::string_view text);

/// What stands between the commas, without spaces around it. Nothing between two commas is nothing.
std::vector<std::string> split_list(std::string_view text);

// As they stand in the file and in the reference; what the functions above read back.

std::string render_count(std::uint64_t count);   ///< "65_536"
std::string render_size(std::uint64_t bytes);    ///< "64 KiB"
std::string render_share(double share);          ///< "0.25"
std::string render_duration(Duration duration);  ///< "60 s"
std::string render_text(std::string_view text);  ///< A TOML string, with its quotes.

/// Of the candidates, the one that was probably meant, or those (as "a or b"); empty if there is none. A name counts as
/// meant if few letters differ (Damerau-Levenshtein), or if only what stands before its last `separator` does.
std::string nearest(std::string_view name, const std::vector<std::string>& candidates, char separator);

}  // namespace troupe::config
