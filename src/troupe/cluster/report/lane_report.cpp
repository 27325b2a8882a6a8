#include "troupe/cluster/report/lane_report.hpp"

#include <algorithm>
#include <tuple>

#include "troupe/cluster/lane.hpp"

namespace troupe::cluster {

namespace {

LaneLevels levels_of(const Lane& lane) {
  return {.queue_bytes = lane.link.waiting_bytes(),
          .queue_messages = lane.waiting_messages(),
          .under_way_bytes = lane.link.under_way_bytes(),
          .window_bytes = lane.link.window_bytes(),
          .round_trip = lane.link.last_round_trip().value_or(Duration::zero())};
}

}  // namespace

void open_meter(Lane& lane, Metrics& metrics, TimePoint now) {
  lane.meter.open(
      metrics, {{"peer", lane.link.peer().node}, {"channel", lane.channel}, {"lane", std::to_string(lane.index)}}, now);
}

bool tick_meters(LaneSet& lanes) {
  bool any = false;
  lanes.for_each([&](Lane& lane) {
    if (!lane.meter.is_open()) return;
    any = true;
    lane.meter.tick(lanes.shard().now(), levels_of(lane), lane.link.round_trips());
  });
  return any;
}

std::vector<LaneReport> report_lanes(LaneSet& lanes) {
  std::vector<LaneReport> reports;
  lanes.for_each([&](const Lane& lane) {
    if (!lane.meter.is_open()) return;
    reports.push_back({.peer = lane.link.peer().node,
                       .channel = lane.channel,
                       .number = lane.index,
                       .shard = lanes.shard().index(),
                       .levels = levels_of(lane),
                       .traffic = lane.meter.traffic,
                       .rates = lane.meter.rates(),
                       .round_trips = lane.link.round_trips()});
  });
  return reports;
}

void sort(LaneReports& reports) {
  std::ranges::sort(reports.lanes, {},
                    [](const LaneReport& lane) { return std::tie(lane.peer, lane.channel, lane.number); });
  std::ranges::sort(reports.silent);
}

}  // namespace troupe::cluster
