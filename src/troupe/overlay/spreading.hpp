#pragma once

#include <cstdint>

namespace troupe::overlay {

/// How a broadcast gets from its root to all.
enum class Spreading : std::uint8_t {
  kToNeighbours,   ///< The root's neighbours are all there are; nobody hands anything on.
  kAlongTrees,     ///< Along Plumtree's branches: about one payload for each node, however many links it has.
  kAlongAllLinks,  ///< Where nodes have two links or so: a tree saves next to nothing there, and a break of one, in a
                   ///< long circle, would make the broadcast wait at every node on the way round.
};

}  // namespace troupe::overlay
