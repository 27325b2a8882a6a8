#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>

#include "troupe/base/random.hpp"
#include "troupe/base/time.hpp"

namespace troupe::netlab {

/// What happens to the packets of one direction between two hosts.
struct Rules {
  Duration delay{};
  Duration jitter{};                ///< Added to the delay, uniform from 0 to this. Packets stay in order.
  double loss = 0;                  ///< The probability that a packet is dropped.
  double bytes_per_second_max = 0;  ///< 0: no limit.
  /// Bound of what is on its way; a packet that finds no room is dropped. Far above what 1 GB/s and a second of delay
  /// in a real network would be given, and small against the memory of a machine that tests.
  std::size_t queue_bytes_max = std::size_t{64} << 20U;
  bool cut = false;  ///< Drops everything, also what is on its way.
};

struct Counters {
  std::uint64_t packets = 0;  ///< Delivered, as are the bytes.
  std::uint64_t bytes = 0;
  std::uint64_t dropped_by_loss = 0;
  std::uint64_t dropped_by_cut = 0;
  std::uint64_t dropped_by_full_queue = 0;
};

/// The bytes of one packet, with what the TUN device puts before it.
struct Packet {
  std::unique_ptr<char[]> bytes;
  std::size_t size = 0;
  TimePoint due;
};

/// One direction between two hosts: decides about each packet, and keeps those that are on their way, in order. Pure:
/// time is an argument, and the same seed drops the same packets.
class Path {
 public:
  explicit Path(std::uint64_t seed) : random_(seed) {}

  const Rules& rules() const { return rules_; }
  /// For packets that come from now on, except that a cut also drops what is on its way.
  void set_rules(const Rules& rules);
  const Counters& counters() const { return counters_; }

  enum class Fate { kDrop, kDeliver, kHold };
  struct Verdict {
    Fate fate;
    TimePoint due;  ///< For kHold: when to deliver it.
  };
  /// A packet came from the sender. With kHold, the caller calls `hold`.
  Verdict on_packet(TimePoint now, std::size_t size);
  void hold(Packet packet);

  bool is_idle() const { return held_.empty(); }
  /// When the first of the held packets is due; there is one.
  TimePoint next_due() const { return held_.front().due; }
  /// Takes out the first of the held packets, of which there is one. If the path was cut, `size` is 0: not to be
  /// delivered.
  Packet release();

 private:
  void count_delivered(std::size_t size);

  Rules rules_;
  Counters counters_;
  Random random_;
  std::deque<Packet> held_;
  std::size_t held_bytes_ = 0;
  TimePoint last_due_{};
  TimePoint sent_at_{};  ///< When the line, at its rate, has taken the last packet.
};

}  // namespace troupe::netlab
