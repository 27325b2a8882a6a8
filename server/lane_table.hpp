#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>

namespace troupe::server {

/// The lanes of a node, read from the text of its /metrics.
struct LaneFigures {
  std::map<std::string, double> values;  ///< By the name of the metric without `troupe_lane_`.
  double operator[](const std::string& name) const {
    const auto found = values.find(name);
    return found == values.end() ? 0 : found->second;
  }
};
using LaneKey = std::tuple<std::string, std::string, unsigned>;  ///< Peer, channel, number.
using LaneTable = std::map<LaneKey, LaneFigures>;

/// Lines that are no lane's are skipped.
LaneTable read_lanes(std::string_view metrics);

/// A table for people; rates are those between `before`, so many seconds ago, and `now`. Without a `before` (0 s) they
/// are left out.
std::string render_lanes(const LaneTable& now, const LaneTable& before, double seconds);

}  // namespace troupe::server
