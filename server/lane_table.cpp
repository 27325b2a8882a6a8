#include "lane_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace troupe::server {

namespace {

constexpr std::string_view kPrefix = "troupe_lane_";

/// The value of a label in `{channel="data",lane="0",peer="b"}`; node names have no quotes that are not escaped.
std::string label(std::string_view labels, std::string_view name) {
  const std::string start = fmt::format("{}=\"", name);
  const std::size_t at = labels.find(start);
  if (at == std::string_view::npos) return {};
  std::string value;
  for (std::size_t i = at + start.size(); i < labels.size() && labels[i] != '"'; ++i) {
    if (labels[i] == '\\' && i + 1 < labels.size()) ++i;
    value += labels[i];
  }
  return value;
}

std::string bytes(double value) {
  constexpr std::array<const char*, 5> units{"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < units.size(); ++unit) value /= 1024;
  return fmt::format("{:.{}f} {}", value, unit == 0 || value >= 100 ? 0 : 1, units[unit]);
}

}  // namespace

LaneTable read_lanes(std::string_view metrics) {
  LaneTable table;
  while (!metrics.empty()) {
    const std::size_t end = std::min(metrics.find('\n'), metrics.size());
    const std::string_view line = metrics.substr(0, end);
    metrics.remove_prefix(std::min(end + 1, metrics.size()));
    const std::size_t open = line.find('{');
    const std::size_t close = line.rfind('}');
    if (!line.starts_with(kPrefix) || open == std::string_view::npos || close == std::string_view::npos) continue;
    const std::string_view labels = line.substr(open, close - open);
    const LaneKey key{label(labels, "peer"), label(labels, "channel"),
                      static_cast<unsigned>(std::strtoul(label(labels, "lane").c_str(), nullptr, 10))};
    table[key].values[std::string(line.substr(kPrefix.size(), open - kPrefix.size()))] =
        std::strtod(std::string(line.substr(close + 1)).c_str(), nullptr);
  }
  return table;
}

std::string render_lanes(const LaneTable& now, const LaneTable& before, double seconds) {
  std::string text =
      fmt::format("{:<16} {:<12} {:>4} {:>12} {:>10} {:>10} {:>10} {:>10} {:>11} {:>11} {:>10}\n", "peer", "channel",
                  "lane", "round trip", "queue", "messages", "under way", "window", "sent/s", "bytes/s", "received/s");
  for (const auto& [key, lane] : now) {
    const auto found = before.find(key);
    const auto rate = [&, figures = &lane](const char* name, bool in_bytes) -> std::string {
      if (seconds <= 0 || found == before.end()) return "";
      const double each_second = ((*figures)[name] - found->second[name]) / seconds;
      return in_bytes ? bytes(each_second) : fmt::format("{:.0f}", each_second);
    };
    text += fmt::format("{:<16} {:<12} {:>4} {:>9.0f} us {:>10} {:>10.0f} {:>10} {:>10} {:>11} {:>11} {:>10}\n",
                        std::get<0>(key), std::get<1>(key), std::get<2>(key), lane["round_trip_microseconds"],
                        bytes(lane["queue_bytes"]), lane["queue_messages"], bytes(lane["under_way_bytes"]),
                        bytes(lane["window_bytes"]), rate("sent_messages_total", false), rate("sent_bytes_total", true),
                        rate("received_messages_total", false));
  }
  if (now.empty()) text += "no lanes: the node is linked with no other\n";
  return text;
}

}  // namespace troupe::server
