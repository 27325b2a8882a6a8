#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "troupe/sim/overlay/overlay_runs.hpp"

namespace troupe::sim {

FabricNetworkOptions network_options(const std::string& overlay, std::uint32_t nodes) {
  FabricNetworkOptions options;
  options.nodes = nodes;
  options.servers = std::max(2U, nodes / 64);
  options.overlay.name = overlay;
  options.fabric.broadcast.kept_bytes_max = 64U << 10U;
  options.fabric.broadcast.roots_max = nodes <= 1'024 ? 1'024 : 128;
  options.follows_members = nodes <= 256;
  return options;
}

std::vector<std::string> static_neighbours(std::uint32_t node, Random& random) {
  std::vector<std::string> neighbours;
  for (std::uint32_t i = 0; node > 0 && i < 2; ++i) {
    neighbours.push_back(FabricNetwork::address_of(static_cast<std::uint32_t>(random.below(node))));
  }
  return neighbours;
}

}  // namespace troupe::sim
