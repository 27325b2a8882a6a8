#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "troupe/base/random.hpp"
#include "troupe/base/time.hpp"

namespace troupe::sim {

/// Where simulated nodes are, and how far from each other: half a millisecond apart within a zone, 20 to 80 ms between
/// zones. The same for the same seed.
class Latencies {
 public:
  /// `zones`: at least one. `jitter`: by up to so much longer each message takes, at random.
  Latencies(std::uint64_t seed, std::uint32_t nodes, std::uint32_t zones, Duration jitter);

  std::uint32_t zone(std::uint32_t node) const { return zone_of_[node]; }
  std::uint32_t zones() const { return zones_; }

  /// One way, without jitter.
  Duration between(std::uint32_t a, std::uint32_t b) const;

  /// One way, of one message.
  Duration draw(std::uint32_t a, std::uint32_t b, Random& random) const {
    return between(a, b) + Duration(random.between(0, jitter_.count()));
  }

 private:
  std::uint32_t zones_;
  Duration jitter_;
  std::vector<std::uint32_t> zone_of_;   ///< By node.
  std::vector<Duration> between_zones_;  ///< A square table.
};

}  // namespace troupe::sim
