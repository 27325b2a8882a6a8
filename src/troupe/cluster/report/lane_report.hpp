#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "troupe/base/duration_histogram.hpp"
#include "troupe/cluster/report/lane_meter.hpp"

namespace troupe::cluster {

class Lane;
class LaneSet;

/// What there is to say about one lane, for those who look at a node.
struct LaneReport {
  std::string peer;
  std::string channel;
  std::uint16_t number = 0;  ///< Among the channel's lanes.
  std::uint32_t shard = 0;
  LaneLevels levels;
  LaneTraffic traffic;  ///< Since it is up.
  LaneRates rates;      ///< Of the last whole second.
  DurationHistogram round_trips;
};

/// The lanes of a node.
struct LaneReports {
  std::vector<LaneReport> lanes;      ///< By peer, channel and number.
  std::vector<std::uint32_t> silent;  ///< Shards that did not answer in time.
};

/// Opens the meter of an established lane.
void open_meter(Lane& lane, Metrics& metrics, TimePoint now);

/// Lets the open meters of these lanes tick. False if there are none.
bool tick_meters(LaneSet& lanes);

/// The lanes whose meters are open.
std::vector<LaneReport> report_lanes(LaneSet& lanes);

/// Puts what the shards said in order.
void sort(LaneReports& reports);

}  // namespace troupe::cluster
