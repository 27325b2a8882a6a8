#pragma once

#include "troupe/sim/world.hpp"

namespace troupe::sim {

/// One random misfortune: a crash (of a process or a machine), a stop in good order, a restart, a partition (also
/// one-way), a cut or half-open connection, or an end to all partitions. At most all nodes but one are down.
inline void random_fault(World& world) {
  Random& random = world.random();
  const auto count = world.node_count();
  const auto a = static_cast<std::uint32_t>(random.below(count));
  const auto b = static_cast<std::uint32_t>((a + 1 + random.below(std::max<std::uint32_t>(count - 1, 1))) % count);
  switch (random.below(9)) {
    case 0: return world.crash(a);
    case 1: return world.crash(a, true);
    case 2:
    case 3: return world.start(a);
    case 4: world.network().block(a, b); return world.network().block(b, a);
    case 5: return world.network().block(a, b);
    case 6: return world.network().cut(a, b, random.chance(0.5));
    case 7: return world.stop(a);
    default: return world.network().unblock_all();
  }
}

/// The end of all faults.
inline void heal(World& world) {
  world.network().unblock_all();
  for (std::uint32_t i = 0; i < world.node_count(); ++i) world.start(i);
}

}  // namespace troupe::sim
