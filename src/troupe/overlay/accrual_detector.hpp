#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "troupe/base/time.hpp"

namespace troupe::overlay {

struct AccrualOptions {
  Duration interval = 500ms;        ///< The longest time between two heartbeats, where nothing delays them.
  std::uint32_t threshold = 8;      ///< From this phi on a node is suspected: of 10^8 waits one is as long by chance.
  std::uint32_t samples_max = 100;  ///< So many waits for a heartbeat, the newest, are remembered.
  Duration deviation_min = 100ms;   ///< They are taken to spread by so much at least, however regular they are.
};

/// The phi accrual failure detector (Hayashibara, Défago, Yared, Katayama: "The φ Accrual Failure Detector", SRDS
/// 2004): says not whether a node has failed, but how surprising its silence is. The waits for its last heartbeats are
/// taken as normally distributed; phi is minus the decimal logarithm of the chance that a wait is as long as the
/// present one. So a link that jitters is given more time than one that does not, and who asks chooses how sure to be.
///
/// Unlike in the paper the mean is never below the interval that heartbeats have by configuration: some that come early
/// promise nothing.
class AccrualDetector {
 public:
  /// Begins to wait for the first heartbeat.
  AccrualDetector(const AccrualOptions& options, TimePoint now);

  /// A heartbeat came.
  void heard(TimePoint now);

  /// The one who waits was asleep itself: the present wait begins anew, and counts for nothing.
  void excuse(TimePoint now) { last_ = now; }

  /// Phi; from 0 to `kMax`.
  double suspicion(TimePoint now) const;
  static constexpr double kMax = 99;

  /// When phi reaches the threshold, if nothing is heard until then.
  TimePoint suspect_at() const;

  TimePoint last_heard() const { return last_; }

 private:
  double mean() const;  ///< In seconds, as the next.
  double deviation() const;

  AccrualOptions options_;
  double threshold_deviations_;  ///< So many deviations above the mean phi reaches the threshold.
  TimePoint last_;
  std::vector<float> waits_;  ///< In seconds; a ring once it is full.
  std::size_t oldest_ = 0;
};

}  // namespace troupe::overlay
