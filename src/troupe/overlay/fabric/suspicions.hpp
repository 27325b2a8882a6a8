#pragma once

#include <cstdint>
#include <set>
#include <unordered_map>
#include <vector>

#include "troupe/overlay/accrual_detector.hpp"

namespace troupe::overlay {

/// Whom of its neighbours a node suspects: those who are silent for longer than their link explains.
class Suspicions {
 public:
  explicit Suspicions(AccrualOptions options) : options_(options) {}

  /// A heartbeat of this neighbour came; the first one begins the watch. True if it was suspected until now.
  bool heard(std::uint64_t name, TimePoint now);

  /// There is no link with it any more, or another one.
  void forget(std::uint64_t name);

  /// Those that are suspected from now on. Due at `next_due()`. Who is called much later than that was asleep itself,
  /// while heartbeats wait to be read: then nobody is suspected before another interval.
  std::vector<std::uint64_t> pass_time(TimePoint now);
  TimePoint next_due() const { return due_; }  ///< `max` for never.

  const std::set<std::uint64_t>& suspected() const { return suspected_; }

  /// Phi of a neighbour; 0 of others.
  double suspicion(std::uint64_t name, TimePoint now) const;

 private:
  const AccrualOptions options_;
  std::unordered_map<std::uint64_t, AccrualDetector> detectors_;  ///< By NodeId::name.
  std::set<std::uint64_t> suspected_;
  TimePoint due_ = TimePoint::max();  ///< Nobody's turn comes before; heartbeats only make it later.
};

}  // namespace troupe::overlay
