#include "troupe/link/liveness.hpp"

#include <algorithm>

#include "troupe/base/assert.hpp"

namespace troupe::link {

Liveness::Liveness(LivenessOptions options) : options_(options) {
  TROUPE_ASSERT(options.heartbeat_interval > Duration::zero());
  TROUPE_ASSERT(options.round_trip_interval > Duration::zero());
  TROUPE_ASSERT(options.silence_timeout > options.heartbeat_interval);
}

void Liveness::begin(TimePoint now) {
  started_ = now;
  last_sent_ = now;
  last_heartbeat_ = now;
  last_received_ = now;
}

void Liveness::on_heartbeat(TimePoint now, const Heartbeat& heartbeat) {
  peer_stamp_ = HeartbeatEcho{.stamp = heartbeat.stamp};
  peer_stamp_at_ = now;
  if (!heartbeat.echo) return;
  const auto [stamp, held] = *heartbeat.echo;
  const bool sent_by_us =
      stamp >= started_.time_since_epoch().count() && stamp <= last_heartbeat_.time_since_epoch().count();
  if (!sent_by_us || held < Duration::zero()) return;
  const Duration since = now - TimePoint(Duration(stamp));
  if (held > since) return;
  last_round_trip_ = since - held;
  round_trips_.add(*last_round_trip_);
}

Liveness::Duty Liveness::duty(TimePoint now) {
  const Duration late = now - next_tick();
  const TimePoint limit = reprieved_ ? give_up_at_ : last_received_ + options_.silence_timeout;
  if (now >= limit) {
    if (reprieved_ || late < options_.heartbeat_interval) return Duty::kGiveUp;
    reprieved_ = true;
    give_up_at_ = now + options_.heartbeat_interval;
  }
  return now >= heartbeat_due() ? Duty::kSendHeartbeat : Duty::kNone;
}

Heartbeat Liveness::make_heartbeat(TimePoint now) {
  last_heartbeat_ = now;
  last_sent_ = now;
  Heartbeat heartbeat{.stamp = now.time_since_epoch().count(), .echo = peer_stamp_};
  if (heartbeat.echo) heartbeat.echo->held = now - peer_stamp_at_;
  return heartbeat;
}

TimePoint Liveness::heartbeat_due() const {
  const TimePoint latest =
      std::min(last_sent_ + options_.heartbeat_interval, last_heartbeat_ + options_.round_trip_interval);
  // Those that are idle do it a little earlier, at a time that all connections of a thread have in common: one wake-up
  // serves them all, here and at whoever has several from us.
  const TimePoint common = latest - latest.time_since_epoch() % options_.heartbeat_interval;
  const bool is_idle = last_sent_ == last_heartbeat_;
  return is_idle && common > last_heartbeat_ ? common : latest;
}

TimePoint Liveness::next_tick() const {
  const TimePoint limit = reprieved_ ? give_up_at_ : last_received_ + options_.silence_timeout;
  return std::min(heartbeat_due(), limit);
}

}  // namespace troupe::link
