#include <nlohmann/json.hpp>
#include <utility>

#include "troupe/cluster/cluster.hpp"
#include "troupe/gateway/detail/admin/admin_resources.hpp"

namespace troupe::gateway::detail {

namespace {

using Json = nlohmann::json;

constexpr Duration kPatience = 1s;  // For shards that are busy: what the others said is shown without them.

double to_microseconds(Duration duration) { return std::chrono::duration<double, std::micro>(duration).count(); }

Json direction(std::uint64_t messages, std::uint64_t bytes, double messages_per_second, double bytes_per_second) {
  return {{"messages", messages},
          {"bytes", bytes},
          {"messages_per_second", messages_per_second},
          {"bytes_per_second", bytes_per_second}};
}

Json dropped(const cluster::LaneTraffic& traffic) {
  Json causes = Json::object();
  for (std::size_t i = 0; i < cluster::kDropCauses; ++i) {
    causes[std::string(to_string(static_cast<cluster::DropCause>(i)))] = traffic.dropped[i];
  }
  return causes;
}

Json shown(const cluster::LaneReport& lane) {
  const cluster::LaneTraffic& traffic = lane.traffic;
  return {
      {"peer", lane.peer},
      {"channel", lane.channel},
      {"lane", lane.number},
      {"shard", lane.shard},
      {"queue_bytes", lane.levels.queue_bytes},
      {"queue_messages", lane.levels.queue_messages},
      {"under_way_bytes", lane.levels.under_way_bytes},
      {"window_bytes", lane.levels.window_bytes},
      {"sent", direction(traffic.messages_sent, traffic.bytes_sent, lane.rates.messages_sent, lane.rates.bytes_sent)},
      {"received", direction(traffic.messages_received, traffic.bytes_received, lane.rates.messages_received,
                             lane.rates.bytes_received)},
      {"credit_waits", {{"count", traffic.credit_waits}, {"milliseconds", to_milliseconds(traffic.credit_waited)}}},
      {"dropped", dropped(traffic)},
      {"round_trip_us",
       {{"newest", to_microseconds(lane.levels.round_trip)},
        {"p50", to_microseconds(lane.round_trips.quantile(0.5))},
        {"p99", to_microseconds(lane.round_trips.quantile(0.99))},
        {"count", lane.round_trips.count()}}},
  };
}

}  // namespace

void read_lanes(const std::shared_ptr<ShardPart>& part, const AdminRequest&, ResourceDone done) {
  cluster::Cluster* cluster = part->shared->world.cluster;
  if (cluster == nullptr) return done(fail(ErrorCode::kUnavailable, "this node is in no cluster"));
  cluster->report_lanes(
      part->shard.index(), kPatience, [part, done = std::move(done)](const cluster::LaneReports& reports) mutable {
        Json lanes = Json::array();
        for (const cluster::LaneReport& lane : reports.lanes) lanes.push_back(shown(lane));
        done(Json{{"node", part->options.node}, {"lanes", std::move(lanes)}, {"silent_shards", reports.silent}}.dump(
            -1, ' ', false, Json::error_handler_t::replace));
      });
}

}  // namespace troupe::gateway::detail
