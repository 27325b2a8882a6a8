#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

#include "troupe/actor/journey/journey.hpp"

namespace troupe {

/// Keeps the order of messages that pass through other nodes. While the way between two nodes is the same it keeps
/// order by itself; when it changes, a message that is still on the old way may come after one that took the new. Such
/// a message is too late, and lost (at most once, in order): what a receiver can do without waiting.
class ArrivalOrder {
 public:
  /// Whether this message is in order: none of its group that was sent later has come.
  bool accept(const Journey& journey);

  /// Whether messages with numbers have come from this shard: then all that it sends has one.
  bool has_seen(const NodeId& node, std::uint32_t shard) const {
    return last_.contains({node, static_cast<std::uint16_t>(shard)});
  }

  /// This life of the node is over.
  void forget(const NodeId& node);
  void clear() { last_.clear(); }

  bool empty() const { return last_.empty(); }

 private:
  static constexpr std::size_t kGroups = std::size_t{1} << Journey::kGroupBits;
  using Source = std::pair<NodeId, std::uint16_t>;             ///< A shard of another node.
  std::map<Source, std::array<std::uint64_t, kGroups>> last_;  ///< By group: the number of the newest that came.
};

}  // namespace troupe
