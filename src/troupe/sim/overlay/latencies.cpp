#include "troupe/sim/overlay/latencies.hpp"

#include <utility>

namespace troupe::sim {

Latencies::Latencies(std::uint64_t seed, std::uint32_t nodes, std::uint32_t zones, Duration jitter)
    : zones_(zones), jitter_(jitter), between_zones_(std::size_t{zones} * zones, 500us) {
  Random random(seed);
  for (std::uint32_t node = 0; node < nodes; ++node)
    zone_of_.push_back(static_cast<std::uint32_t>(random.below(zones)));
  for (std::uint32_t a = 0; a < zones; ++a) {
    for (std::uint32_t b = a + 1; b < zones; ++b) {
      const Duration way(random.between(Duration(20ms).count(), Duration(80ms).count()));
      between_zones_[a * zones + b] = between_zones_[b * zones + a] = way;
    }
  }
}

Duration Latencies::between(std::uint32_t a, std::uint32_t b) const {
  return between_zones_[zone_of_[a] * zones_ + zone_of_[b]];
}

}  // namespace troupe::sim
