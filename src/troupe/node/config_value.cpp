#include "troupe/node/config_value.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <span>
#include <utility>

namespace troupe::config {

namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

constexpr std::array kTimeUnits{
    Unit{"ns", 1},
    Unit{"us", 1'000},
    Unit{"µs", 1'000},
    Unit{"ms", 1'000'000},
    Unit{"s", 1'000'000'000},
    Unit{"min", 60'000'000'000},
    Unit{"h", 3'600'000'000'000},
};
constexpr std::array kSizeUnits{
    Unit{"B", 1},           Unit{"kB", 1'000},      Unit{"MB", 1'000'000},  Unit{"GB", 1'000'000'000},
    Unit{"KiB", 1LL << 10}, Unit{"MiB", 1LL << 20}, Unit{"GiB", 1LL << 30},
};
constexpr std::string_view kTimeRemedy = "write a number and its unit (ms, s, min or h), as in \"500 ms\" or \"5 min\"";
constexpr std::string_view kSizeRemedy = "write a number and its unit (B, KiB, MiB or GiB), as in \"64 KiB\"";

bool is_digit(char character) { return character >= '0' && character <= '9'; }
bool is_space(char character) { return character == ' ' || character == '\t'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::unexpected<Mistake> mistaken(std::string text, std::string_view remedy) {
  return std::unexpected(Mistake{std::move(text), std::string(remedy)});
}

/// Splits "1.5 MiB" into 1.5 and "MiB". Fails if it does not begin with a number.
struct Quantity {
  double number = 0;
  std::string_view unit;
};
std::expected<Quantity, std::string> read_quantity(std::string_view text) {
  text = trimmed(text);
  if (text.empty()) return std::unexpected("it is empty");
  if (!is_digit(text.front())) return std::unexpected("it does not begin with a number");
  Quantity quantity;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), quantity.number, std::chars_format::fixed);
  if (error != std::errc()) return std::unexpected("its number is too large");
  quantity.unit = trimmed({end, text.data() + text.size()});
  return quantity;
}

/// A quantity in the smallest unit. `unitless`: whether a number needs no unit.
std::expected<std::int64_t, std::string> read_amount(std::string_view text, std::span<const Unit> units,
                                                     bool unitless) {
  const auto quantity = read_quantity(text);
  if (!quantity) return std::unexpected(quantity.error());
  std::int64_t factor = 1;
  if (!quantity->unit.empty()) {
    const auto unit = std::ranges::find(units, quantity->unit, &Unit::name);
    if (unit == units.end()) return std::unexpected(fmt::format("there is no unit {}", render_text(quantity->unit)));
    factor = unit->factor;
  } else if (!unitless && quantity->number != 0) {
    return std::unexpected("the unit is missing");
  }
  const double amount = quantity->number * static_cast<double>(factor);
  if (amount > 9e18) return std::unexpected("it is too large");
  return std::llround(amount);
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  // Optimal string alignment: letters that are missing, added, exchanged, or swapped with their neighbour.
  std::vector<std::size_t> before;
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = std::exchange(above, row);
  }
  return above[b.size()];
}

}  // namespace

Read<std::uint64_t> read_count(std::string_view text) {
  text = trimmed(text);
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool separates =
        text[i] == '_' && i > 0 && i + 1 < text.size() && is_digit(text[i - 1]) && is_digit(text[i + 1]);
    if (!separates) digits += text[i];
  }
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) {
    return mistaken(fmt::format("{} is not a whole number", render_text(text)),
                    "write digits only, as in 1000 or 1_000");
  }
  return count;
}

Read<std::uint64_t> read_size(std::string_view text) {
  const auto bytes = read_amount(text, kSizeUnits, true);
  if (!bytes) return mistaken(fmt::format("{} is not a size: {}", render_text(text), bytes.error()), kSizeRemedy);
  return static_cast<std::uint64_t>(*bytes);
}

Read<double> read_share(std::string_view text) {
  text = trimmed(text);
  double share = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), share);
  const bool is_number = error == std::errc() && end == text.data() + text.size();
  if (!is_number || !(share >= 0 && share <= 1)) {
    return mistaken(fmt::format("{} is not a number from 0 to 1", render_text(text)),
                    "write how much of one, as in 0.25; 0 is nothing and 1 is all");
  }
  return share;
}

Read<Duration> read_duration(std::string_view text) {
  const auto nanoseconds = read_amount(text, kTimeUnits, false);
  if (!nanoseconds)
    return mistaken(fmt::format("{} is not a duration: {}", render_text(text), nanoseconds.error()), kTimeRemedy);
  return Duration(*nanoseconds);
}

Read<bool> read_switch(std::string_view text) {
  text = trimmed(text);
  if (text == "true") return true;
  if (text == "false") return false;
  return mistaken(fmt::format("{} is neither true nor false", render_text(text)), "write true or false");
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view item = trimmed(text.substr(0, comma));
    if (!item.empty()) items.emplace_back(item);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return items;
}

std::string render_count(std::uint64_t count) {
  std::string digits = std::to_string(count);
  if (digits.size() > 4) {
    for (auto at = std::ssize(digits) - 3; at > 0; at -= 3) digits.insert(static_cast<std::size_t>(at), 1, '_');
  }
  return digits;
}

std::string render_size(std::uint64_t bytes) {
  for (const std::string_view name : {"GiB", "MiB", "KiB"}) {
    const auto factor = static_cast<std::uint64_t>(std::ranges::find(kSizeUnits, name, &Unit::name)->factor);
    if (bytes >= factor && bytes % factor == 0) return fmt::format("{} {}", bytes / factor, name);
  }
  return fmt::format("{} B", bytes);
}

std::string render_share(double share) { return fmt::format("{}", share); }

std::string render_duration(Duration duration) {
  const std::int64_t nanoseconds = duration.count();
  if (nanoseconds == 0) return "0 s";
  for (const std::string_view name : {"h", "min", "s", "ms", "us"}) {
    const std::int64_t factor = std::ranges::find(kTimeUnits, name, &Unit::name)->factor;
    const bool clear = (name != "h" && name != "min") || nanoseconds >= 2 * factor;  // "60 s" rather than "1 min".
    if (nanoseconds % factor == 0 && clear) return fmt::format("{} {}", nanoseconds / factor, name);
  }
  return fmt::format("{} ns", nanoseconds);
}

std::string render_text(std::string_view text) {
  std::string quoted = "\"";
  for (const char character : text) {
    const auto code = static_cast<unsigned char>(character);
    if (character == '"' || character == '\\') {
      quoted += {'\\', character};
    } else if (code < 0x20 || code == 0x7f) {
      quoted += fmt::format("\\u{:04X}", code);
    } else {
      quoted += character;
    }
  }
  return quoted + '"';
}

std::string nearest(std::string_view name, const std::vector<std::string>& candidates, char separator) {
  if (name.empty() || name.size() > 100) return "";
  const std::string* best = nullptr;
  std::size_t best_distance = std::clamp<std::size_t>(name.size() / 4, 1, 4) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(name, candidate);
    if (distance < best_distance) {
      best = &candidate;
      best_distance = distance;
    }
  }
  if (best != nullptr) return *best;
  const auto last = [separator](std::string_view text) { return text.substr(text.rfind(separator) + 1); };
  std::string meant;
  for (const std::string& candidate : candidates) {
    if (last(candidate) == last(name)) meant += (meant.empty() ? "" : " or ") + candidate;
  }
  return meant;
}

}  // namespace troupe::config
