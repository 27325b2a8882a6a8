#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "troupe/base/metrics.hpp"
#include "troupe/base/time.hpp"

namespace troupe::cluster {

/// Why a lane did not carry a message.
enum class DropCause : std::uint8_t {
  kQueueFull,  ///< The queue of its channel was full: the sender was told.
  kPolicy,     ///< The same, where the channel drops the newest or the oldest.
  kReplaced,   ///< A newer one took its place on a monotonic channel.
  kTooLarge,   ///< The peer takes no such message: the sender was told.
  kLost,       ///< It waited on the lane when the lane ended.
};
inline constexpr std::size_t kDropCauses = 5;

/// "queue_full"
std::string_view to_string(DropCause cause);

/// What a lane has moved, and what it has not. All of it only grows.
struct LaneTraffic {
  std::uint64_t messages_sent = 0;
  std::uint64_t messages_received = 0;
  std::uint64_t bytes_sent = 0;  ///< Everything written, heartbeats too.
  std::uint64_t bytes_received = 0;
  std::uint64_t credit_waits = 0;  ///< How often messages began to wait for the peer's credit,
  Duration credit_waited{};        ///< and how long they did in all. Looked at once in each round of the shard.
  std::array<std::uint64_t, kDropCauses> dropped{};  ///< By cause.

  std::uint64_t dropped_for(DropCause cause) const { return dropped[static_cast<std::size_t>(cause)]; }
};

/// What a lane moves each second.
struct LaneRates {
  double messages_sent = 0;
  double messages_received = 0;
  double bytes_sent = 0;
  double bytes_received = 0;
};

/// How a lane stands now.
struct LaneLevels {
  std::size_t queue_bytes = 0;
  std::size_t queue_messages = 0;
  std::size_t under_way_bytes = 0;
  std::size_t window_bytes = 0;
  Duration round_trip{};  ///< The newest; zero before the first.
};

/// Counts what one lane does. While messages move it counts in plain numbers; the node's metrics hear of it once a
/// second. On the lane's shard.
class LaneMeter {
 public:
  LaneMeter();
  /// What the metrics have not heard of yet they hear now; the levels become zero.
  ~LaneMeter();
  LaneMeter(const LaneMeter&) = delete;
  LaneMeter& operator=(const LaneMeter&) = delete;

  LaneTraffic traffic;

  void drop(DropCause cause, std::uint64_t messages = 1) {
    traffic.dropped[static_cast<std::size_t>(cause)] += messages;
  }

  /// Once in each round in which something moved: so many messages wait. Those that wait at the end are lost.
  void on_round(TimePoint now, std::size_t waiting_messages);

  /// From now on `tick` keeps the series with these labels up to date. Once.
  void open(Metrics& metrics, const MetricLabels& labels, TimePoint now);
  bool is_open() const { return series_ != nullptr; }

  /// Once a second: tells the metrics, and takes the rates since the last time.
  void tick(TimePoint now, const LaneLevels& levels, const DurationHistogram& round_trips);

  const LaneRates& rates() const { return rates_; }

 private:
  struct Series;

  std::unique_ptr<Series> series_;
  LaneTraffic told_;  ///< What the metrics have heard of.
  DurationHistogram told_round_trips_;
  TimePoint told_at_{};
  LaneRates rates_;
  std::size_t waiting_messages_ = 0;
  TimePoint waiting_since_{};
};

}  // namespace troupe::cluster
