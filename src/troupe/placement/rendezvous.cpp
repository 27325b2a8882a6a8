// Highest random weight: D. Thaler and C. Ravishankar, "Using name-based mappings to increase hit rates", IEEE/ACM
// Transactions on Networking 6(1), 1998. There is no table and no state: each node's weight is a hash of its name and
// the key.

#include "troupe/placement/rendezvous.hpp"

#include <algorithm>
#include <vector>

#include "troupe/base/assert.hpp"
#include "troupe/base/hash.hpp"

namespace troupe::placement {
namespace {

/// The node's hash is the seed of the key's, so that the weights of one key on two nodes have nothing to do with each
/// other.
std::uint64_t weight(std::string_view key, std::string_view node) { return hash64(key, hash64(node)); }

}  // namespace

std::size_t owner_index(std::string_view key, std::span<const std::string> nodes) {
  TROUPE_ASSERT(!nodes.empty());
  std::size_t best = 0;
  std::uint64_t best_weight = weight(key, nodes[0]);
  for (std::size_t i = 1; i < nodes.size(); ++i) {
    const std::uint64_t candidate = weight(key, nodes[i]);
    // Equal weights are as good as impossible, but must not make the order matter.
    if (candidate > best_weight || (candidate == best_weight && nodes[i] < nodes[best])) {
      best = i;
      best_weight = candidate;
    }
  }
  return best;
}

std::uint64_t set_digest(std::span<const std::string> nodes) {
  // Sorted rather than added up: a sum would be order-independent too, but sums of hashes can be made to collide.
  std::vector<std::string_view> names(nodes.begin(), nodes.end());
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  std::uint64_t digest = hash64("troupe.placement.set");
  for (const std::string_view name : names) digest = hash64(name, digest);
  return digest;
}

}  // namespace troupe::placement
