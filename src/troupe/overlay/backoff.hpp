#pragma once

#include "troupe/base/random.hpp"
#include "troupe/base/time.hpp"

namespace troupe::overlay {

/// How often an address is tried again: `initial`, then `factor` times as long after each failure, up to `max`; of each
/// wait a random share of up to `jitter` is taken off, so that nodes that failed together do not come back together.
struct Backoff {
  Duration initial = 100ms;
  Duration max = 5s;
  double factor = 2;
  double jitter = 0.5;  ///< In [0, 1).

  /// The wait after this many failures in a row (0: the first wait).
  Duration wait(unsigned failures, Random& random) const;
};

/// Between half and all of it: waits that began together end apart.
inline Duration jittered(Duration duration, Random& random) {
  return Duration(random.between(duration.count() / 2, duration.count()));
}

}  // namespace troupe::overlay
