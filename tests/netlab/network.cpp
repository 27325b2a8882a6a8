#include "network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <ranges>
#include <utility>

#include "troupe/base/random.hpp"

namespace troupe::netlab {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};
constexpr std::array kTimeUnits{Unit{"ns", 1}, Unit{"us", 1e3}, Unit{"ms", 1e6}, Unit{"s", 1e9}};
constexpr std::array kByteUnits{Unit{"", 1},     Unit{"B", 1},      Unit{"kB", 1e3},      Unit{"MB", 1e6},
                                Unit{"GB", 1e9}, Unit{"KiB", 1024}, Unit{"MiB", 1 << 20}, Unit{"GiB", 1U << 30U}};

/// A number that is not negative and one of the units, "1.5ms"; none if it is anything else.
template <std::size_t N>
std::optional<double> parse_quantity(std::string_view text, const std::array<Unit, N>& units) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || !(number >= 0) || number > 1e12) return std::nullopt;
  const std::string_view name(end, text.data() + text.size());
  const auto unit = std::ranges::find(units, name, &Unit::name);
  if (unit == units.end()) return std::nullopt;
  return number * unit->factor;
}

/// What a command with these words does to the rules of a path; false if the words are wrong.
bool apply(std::string_view command, const std::vector<std::string_view>& words, Rules& rules) {
  if (command == "cut" || command == "heal") {
    rules.cut = command == "cut";
    return words.empty();
  }
  if (words.empty() || words.size() > (command == "delay" ? 2U : 1U)) return false;
  if (command == "delay") {
    const auto delay = parse_quantity(words[0], kTimeUnits);
    const auto jitter = words.size() > 1 ? parse_quantity(words[1], kTimeUnits) : 0.0;
    constexpr double kNanosecondsMax = 1e12;  // Beyond a quarter of an hour it is a mistake.
    if (!delay || !jitter || *delay > kNanosecondsMax || *jitter > kNanosecondsMax) return false;
    rules.delay = Duration(static_cast<Duration::rep>(*delay));
    rules.jitter = Duration(static_cast<Duration::rep>(*jitter));
    return true;
  }
  static constexpr std::array kPlain{Unit{"", 1}};
  const auto number = command == "loss" ? parse_quantity(words[0], kPlain) : parse_quantity(words[0], kByteUnits);
  if (!number) return false;
  if (command == "loss") rules.loss = *number;
  if (command == "rate") rules.bytes_per_second_max = *number;
  if (command == "queue") rules.queue_bytes_max = static_cast<std::size_t>(std::min(*number, 1e12));
  return rules.loss <= 1;
}

}  // namespace

Network::Network(std::vector<std::string> hosts, std::uint64_t seed) : hosts_(std::move(hosts)) {
  // Each path has numbers of its own, so that what one loses does not depend on the traffic of the others.
  Random random(seed);
  for (std::size_t i = 0; i < hosts_.size() * hosts_.size(); ++i) paths_.emplace_back(random.next());
}

std::optional<std::size_t> Network::index_of(std::string_view host) const {
  const auto found = std::ranges::find(hosts_, host);
  if (found == hosts_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - hosts_.begin());
}

std::vector<Network::Ends> Network::take_paths(Words& words) const {
  std::vector<Ends> ends;
  if (words.empty()) return ends;
  if (words[0] == "*") {
    for (std::size_t from = 0; from < hosts_.size(); ++from) {
      for (std::size_t to = 0; to < hosts_.size(); ++to) ends.push_back({from, to});
    }
    words.erase(words.begin());
  } else if (const std::size_t arrow = words[0].find('>'); arrow != std::string_view::npos) {
    const auto from = index_of(words[0].substr(0, arrow));
    const auto to = index_of(words[0].substr(arrow + 1));
    if (from && to && from != to) ends = {{*from, *to}};
    words.erase(words.begin());
  } else if (words.size() > 1) {
    const auto one = index_of(words[0]);
    const auto other = index_of(words[1]);
    if (one && other && one != other) ends = {{*one, *other}, {*other, *one}};
    words.erase(words.begin(), words.begin() + 2);
  }
  return ends;
}

std::string Network::obey(std::string_view line) {
  Words words;
  for (const auto part : std::views::split(line, ' ')) {
    if (!part.empty()) words.emplace_back(part.begin(), part.end());
  }
  const std::string_view command = words.empty() ? std::string_view() : words[0];
  if (command == "count" && words.size() == 1) return counts() + "ok\n";
  constexpr std::array<std::string_view, 6> kCommands{"delay", "loss", "rate", "queue", "cut", "heal"};
  if (std::ranges::find(kCommands, command) == kCommands.end()) {
    return fmt::format("error there is no command \"{}\": {}, count\n", line, fmt::join(kCommands, ", "));
  }
  words.erase(words.begin());
  if (command == "heal" && words.empty()) words.emplace_back("*");
  const std::vector<Ends> ends = take_paths(words);
  if (ends.empty()) {
    return fmt::format("error which path? \"{}\" names none: a b, a>b or *, of {}\n", line, fmt::join(hosts_, ", "));
  }
  for (const auto [from, to] : ends) {
    Rules rules = path(from, to).rules();
    if (!apply(command, words, rules)) return fmt::format("error what does \"{}\" mean?\n", line);
    path(from, to).set_rules(rules);
  }
  return "ok\n";
}

std::string Network::counts() {
  std::string text;
  for (std::size_t from = 0; from < hosts_.size(); ++from) {
    for (std::size_t to = 0; to < hosts_.size(); ++to) {
      const Counters& counters = path(from, to).counters();
      if (from == to) continue;
      fmt::format_to(std::back_inserter(text), "count {}>{} packets={} bytes={} lost={} cut={} full={}\n", hosts_[from],
                     hosts_[to], counters.packets, counters.bytes, counters.dropped_by_loss, counters.dropped_by_cut,
                     counters.dropped_by_full_queue);
    }
  }
  return text;
}

}  // namespace troupe::netlab
