#pragma once

#include <cstdint>
#include <optional>

#include "troupe/base/duration_histogram.hpp"
#include "troupe/base/time.hpp"

namespace troupe::link {

/// What a heartbeat says about the other direction.
struct HeartbeatEcho {
  std::int64_t stamp = 0;  ///< Of the newest heartbeat that the sender has from the receiver.
  Duration held{};         ///< How long ago that one arrived.
};

/// The payload of a `heartbeat` frame.
struct Heartbeat {
  std::int64_t stamp = 0;  ///< The sender's clock; means nothing to anybody else.
  std::optional<HeartbeatEcho> echo;
};

struct LivenessOptions {
  Duration heartbeat_interval = 500ms;   ///< A heartbeat goes out when nothing else has for so long.
  Duration round_trip_interval = 500ms;  ///< And at least so often, so that the round trip is measured under load too.
  Duration silence_timeout = 3s;         ///< Nothing at all received for so long: the connection is dead.
};

/// When to send heartbeats, when to give the peer up, and how long the round trip is.
///
/// The round trip is measured as RTCP does it (RFC 3550, section 6.4.1: LSR and DLSR): each side returns the newest
/// stamp that it has seen and how long it has held it, so no heartbeat has to be answered at once and the two clocks
/// need not agree.
class Liveness {
 public:
  enum class Duty { kNone, kSendHeartbeat, kGiveUp };

  explicit Liveness(LivenessOptions options);

  /// The handshake is over: from now on heartbeats are sent and expected. Before everything below.
  void begin(TimePoint now);

  void on_sent(TimePoint now) { last_sent_ = now; }
  void on_received(TimePoint now) {
    last_received_ = now;
    reprieved_ = false;
  }
  /// Beside `on_received`. What the peer cannot honestly have said is ignored.
  void on_heartbeat(TimePoint now, const Heartbeat& heartbeat);

  /// What is due. A node that was asleep itself (stopped, suspended, overloaded) finds the silence over the limit while
  /// the peer's heartbeats wait in the socket: a tick that comes late gets one more heartbeat interval, once, before it
  /// gives up.
  Duty duty(TimePoint now);

  /// The heartbeat to send now.
  Heartbeat make_heartbeat(TimePoint now);

  /// When `duty` has to be asked again.
  TimePoint next_tick() const;

  std::optional<Duration> last_round_trip() const { return last_round_trip_; }
  /// All of them so far.
  const DurationHistogram& round_trips() const { return round_trips_; }
  TimePoint last_received() const { return last_received_; }

 private:
  TimePoint heartbeat_due() const;

  LivenessOptions options_;
  TimePoint started_;
  TimePoint last_sent_;
  TimePoint last_heartbeat_;  ///< Sent.
  TimePoint last_received_;
  TimePoint give_up_at_;  ///< Valid while `reprieved_`.
  bool reprieved_ = false;
  std::optional<HeartbeatEcho> peer_stamp_;  ///< To be returned; `held` is filled in when it is.
  TimePoint peer_stamp_at_;
  std::optional<Duration> last_round_trip_;
  DurationHistogram round_trips_;
};

}  // namespace troupe::link
