#include "lane_table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <nlohmann/json.hpp>
#include <vector>

namespace troupe::server {

namespace {

using nlohmann::json;

/// A number of the answer by its path, "/sent/messages"; zero if it is not there.
double number(const json& lane, const char* path) {
  const json::json_pointer pointer(path);
  return lane.contains(pointer) && lane[pointer].is_number() ? lane[pointer].get<double>() : 0;
}

std::string bytes(double value) {
  constexpr std::array<const char*, 5> units{"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < units.size(); ++unit) value /= 1024;
  return fmt::format("{:.{}f} {}", value, unit == 0 || value >= 100 ? 0 : 1, units[unit]);
}

std::string microseconds(double value) {
  return value < 10'000 ? fmt::format("{:.0f} us", value) : fmt::format("{:.1f} ms", value / 1000);
}

/// "3 queue_full, 1 lost"; "-" if nothing was.
std::string dropped(const json& lane) {
  std::vector<std::string> causes;
  const json all = lane.value("dropped", json::object());  // `items` refers to it.
  for (const auto& [cause, count] : all.items()) {
    if (count.is_number() && count != 0) causes.push_back(fmt::format("{} {}", count.get<double>(), cause));
  }
  return causes.empty() ? "-" : fmt::format("{}", fmt::join(causes, ", "));
}

std::string head_of(const json& lane) {
  return fmt::format("{:<16} {:<12} {:>4} {:>5}", lane.value("peer", "?"), lane.value("channel", "?"),
                     number(lane, "/lane"), number(lane, "/shard"));
}

template <class Row>
std::string render(const json& answer, const std::string& columns, Row row) {
  std::string text = fmt::format("{:<16} {:<12} {:>4} {:>5} {}\n", "peer", "channel", "lane", "shard", columns);
  const json lanes = answer.value("lanes", json::array());
  for (const json& lane : lanes) text += fmt::format("{} {}\n", head_of(lane), row(lane));
  if (lanes.empty()) text += "no lanes: the node is linked with no other\n";
  for (const json& shard : answer.value("silent_shards", json::array()))
    text += fmt::format("shard {} is busy and did not answer: its lanes are missing\n", shard.dump());
  return text;
}

}  // namespace

std::string render_lanes(const json& answer) {
  constexpr auto kColumns = "{:>10} {:>9} {:>10} {:>10} {:>7} {:>9} {:>10} {:>10}  {}";
  return render(answer,
                fmt::format(kColumns, "queue", "messages", "under way", "window", "waits", "waited", "round trip",
                            "p99", "dropped"),
                [&](const json& lane) {
                  return fmt::format(kColumns, bytes(number(lane, "/queue_bytes")), number(lane, "/queue_messages"),
                                     bytes(number(lane, "/under_way_bytes")), bytes(number(lane, "/window_bytes")),
                                     number(lane, "/credit_waits/count"),
                                     microseconds(1000 * number(lane, "/credit_waits/milliseconds")),
                                     microseconds(number(lane, "/round_trip_us/newest")),
                                     microseconds(number(lane, "/round_trip_us/p99")), dropped(lane));
                });
}

std::string render_rates(const json& answer) {
  constexpr auto kColumns = "{:>11} {:>12} {:>11} {:>12} {:>10} {:>9} {:>10}  {}";
  return render(
      answer,
      fmt::format(kColumns, "sent/s", "bytes/s", "received/s", "bytes/s", "queue", "messages", "round trip", "dropped"),
      [&](const json& lane) {
        const auto rate = [&](const char* path) { return fmt::format("{:.0f}", number(lane, path)); };
        return fmt::format(kColumns, rate("/sent/messages_per_second"), bytes(number(lane, "/sent/bytes_per_second")),
                           rate("/received/messages_per_second"), bytes(number(lane, "/received/bytes_per_second")),
                           bytes(number(lane, "/queue_bytes")), number(lane, "/queue_messages"),
                           microseconds(number(lane, "/round_trip_us/newest")), dropped(lane));
      });
}

}  // namespace troupe::server
