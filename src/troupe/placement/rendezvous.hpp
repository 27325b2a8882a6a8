#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace troupe::placement {

/// The node that owns `key`: the one whose name gives the greatest weight together with the key (rendezvous hashing).
/// Everybody who knows the same names computes the same owner, in whatever order the names stand; a name that is
/// removed moves its own keys and no others, evenly to the rest. The weights are fixed for ever: data lies where they
/// say.
///
/// `nodes` is not empty (asserted), and its names are distinct. One hash per node: meant for tens of nodes, not
/// thousands.
std::size_t owner_index(std::string_view key, std::span<const std::string> nodes);

/// The same, as the name in `nodes`.
inline const std::string& owner(std::string_view key, std::span<const std::string> nodes) {
  return nodes[owner_index(key, nodes)];
}

/// A digest of the set of names, whatever their order and however often one is repeated: nodes whose digests differ
/// were configured with different nodes, and would place the same key differently.
std::uint64_t set_digest(std::span<const std::string> nodes);

}  // namespace troupe::placement
