#include "troupe/cluster/report/lane_meter.hpp"

#include <string>
#include <utility>

namespace troupe::cluster {

std::string_view to_string(DropCause cause) {
  switch (cause) {
    case DropCause::kQueueFull: return "queue_full";
    case DropCause::kPolicy: return "policy";
    case DropCause::kReplaced: return "replaced";
    case DropCause::kTooLarge: return "too_large";
    case DropCause::kLost: break;
  }
  return "lost";
}

struct LaneMeter::Series {
  Series(Metrics& metrics, const MetricLabels& labels)
      : queue_bytes(metrics.gauge("troupe_lane_queue_bytes", "What waits on a lane for the peer's credit", labels)),
        queue_messages(
            metrics.gauge("troupe_lane_queue_messages", "Messages that wait on a lane for the peer's credit", labels)),
        under_way_bytes(metrics.gauge("troupe_lane_under_way_bytes",
                                      "Sent on a lane, and the peer has given no credit for it yet", labels)),
        window_bytes(metrics.gauge("troupe_lane_window_bytes", "What may be under way on a lane", labels)),
        messages_sent(metrics.counter("troupe_lane_sent_messages_total", "Messages sent on a lane", labels)),
        messages_received(
            metrics.counter("troupe_lane_received_messages_total", "Messages received on a lane", labels)),
        bytes_sent(metrics.counter("troupe_lane_sent_bytes_total", "Bytes sent on a lane", labels)),
        bytes_received(metrics.counter("troupe_lane_received_bytes_total", "Bytes received on a lane", labels)),
        credit_waits(metrics.counter("troupe_lane_credit_waits_total",
                                     "How often messages began to wait on a lane for the peer's credit", labels)),
        credit_waited(metrics.counter("troupe_lane_credit_wait_microseconds_total",
                                      "How long messages waited on a lane for the peer's credit", labels)),
        round_trips(metrics.histogram("troupe_lane_round_trip_seconds", "Round trips measured by heartbeats", labels)) {
    for (std::size_t i = 0; i < kDropCauses; ++i) {
      MetricLabels with_cause = labels;
      with_cause["cause"] = to_string(static_cast<DropCause>(i));
      dropped[i] = &metrics.counter("troupe_lane_dropped_total", "Messages that a lane did not carry", with_cause);
    }
  }

  void set(const LaneLevels& levels) {
    const auto number = [](std::size_t value) { return static_cast<std::int64_t>(value); };
    queue_bytes.set(number(levels.queue_bytes));
    queue_messages.set(number(levels.queue_messages));
    under_way_bytes.set(number(levels.under_way_bytes));
    window_bytes.set(number(levels.window_bytes));
  }

  void add(const LaneTraffic& now, const LaneTraffic& before) {
    messages_sent.add(now.messages_sent - before.messages_sent);
    messages_received.add(now.messages_received - before.messages_received);
    bytes_sent.add(now.bytes_sent - before.bytes_sent);
    bytes_received.add(now.bytes_received - before.bytes_received);
    credit_waits.add(now.credit_waits - before.credit_waits);
    credit_waited.add(static_cast<std::uint64_t>((now.credit_waited - before.credit_waited) / 1us));
    for (std::size_t i = 0; i < kDropCauses; ++i) dropped[i]->add(now.dropped[i] - before.dropped[i]);
  }

  Gauge& queue_bytes;
  Gauge& queue_messages;
  Gauge& under_way_bytes;
  Gauge& window_bytes;
  Counter& messages_sent;
  Counter& messages_received;
  Counter& bytes_sent;
  Counter& bytes_received;
  Counter& credit_waits;
  Counter& credit_waited;
  Histogram& round_trips;
  std::array<Counter*, kDropCauses> dropped{};
};

LaneMeter::LaneMeter() = default;

LaneMeter::~LaneMeter() {
  if (!series_) return;
  drop(DropCause::kLost, waiting_messages_);
  series_->add(traffic, told_);
  series_->set({});
}

void LaneMeter::on_round(TimePoint now, std::size_t waiting_messages) {
  if (waiting_messages_ > 0) traffic.credit_waited += now - waiting_since_;
  if (waiting_messages_ == 0 && waiting_messages > 0) ++traffic.credit_waits;
  waiting_messages_ = waiting_messages;
  waiting_since_ = now;
}

void LaneMeter::open(Metrics& metrics, const MetricLabels& labels, TimePoint now) {
  series_ = std::make_unique<Series>(metrics, labels);
  told_at_ = now;
}

void LaneMeter::tick(TimePoint now, const LaneLevels& levels, const DurationHistogram& round_trips) {
  on_round(now, waiting_messages_);  // A peer that is silent makes no rounds.
  series_->set(levels);
  series_->add(traffic, told_);
  series_->round_trips.add(round_trips.since(told_round_trips_));
  const double seconds = std::chrono::duration<double>(now - told_at_).count();
  const auto rate = [&](std::uint64_t LaneTraffic::* figure) {
    return seconds > 0 ? static_cast<double>(traffic.*figure - told_.*figure) / seconds : 0.0;
  };
  rates_ = {.messages_sent = rate(&LaneTraffic::messages_sent),
            .messages_received = rate(&LaneTraffic::messages_received),
            .bytes_sent = rate(&LaneTraffic::bytes_sent),
            .bytes_received = rate(&LaneTraffic::bytes_received)};
  told_ = traffic;
  told_round_trips_ = round_trips;
  told_at_ = now;
}

}  // namespace troupe::cluster
