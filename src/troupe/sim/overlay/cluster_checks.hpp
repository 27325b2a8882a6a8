#pragma once

#include <string>

#include "troupe/sim/overlay/fabric_network.hpp"

namespace troupe::sim {

/// What is wrong with a network in which nothing has happened for a while; empty if nothing is. All that are alive see
/// each other and nobody else; both ends of each link know and use it, there are no others, and they connect all.
std::string find_disorder(const FabricNetwork& network);

/// Follows the ways from some nodes to all others (from all, if they are few): empty if each leads to its end, without
/// going round in circles.
std::string find_lost_way(const FabricNetwork& network);

/// Runs until `find_disorder` has nothing, for at most so long; what it has then.
std::string settle(FabricNetwork& network, Duration limit);

/// Of those that are alive, the share that this broadcast has reached.
double reached_fraction(const FabricNetwork& network, const TrackedBroadcast& broadcast);

}  // namespace troupe::sim
