#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "troupe/base/time.hpp"
#include "troupe/overlay/plumtree/messages.hpp"

namespace troupe::overlay::plumtree {

/// Which broadcasts a node has had, for a while.
///
/// Sequences are dense, so an entry is a block: 64 numbers of one root, a bit each. There is no watermark: with one, a
/// single forged number far ahead would make all that a root really sends look old, and a root that is new here would
/// need its first number guessed. Two generations stand in for a queue of what is to be forgotten: entries go into the
/// younger; when it is old or full, the elder is dropped whole and the younger takes its place. So an id is known for
/// at least `keep_for` after it was inserted, unless more than `blocks_max` other blocks were begun in that time, and
/// at most 2 x `blocks_max` blocks (32 bytes each, with room for the hashing about twice that) are in memory.
class SeenIds {
 public:
  SeenIds(std::size_t blocks_max, Duration keep_for, std::uint64_t seed)
      : blocks_max_(blocks_max), keep_for_(keep_for), seed_(seed) {}

  bool contains(const BroadcastId& id) const;

  /// False if it was there.
  bool insert(TimePoint now, const BroadcastId& id);

  /// Forgets what is due, so that an idle node's memory is given back.
  void on_tick(TimePoint now);
  std::optional<TimePoint> next_tick() const;

  /// Blocks in memory.
  std::size_t size() const { return younger_.size + elder_.size; }

 private:
  struct Block {
    NodeId root;
    std::uint64_t number = 0;
    std::uint64_t bits = 0;  ///< Zero: the place is free.
  };

  struct Generation {
    std::vector<Block> blocks;  ///< Open addressing; a power of two of places, or none.
    std::size_t size = 0;
  };

  const Block* find(const Generation& generation, const BroadcastId& id) const;
  Block& place(Generation& generation, NodeId root, std::uint64_t number) const;
  void grow(Generation& generation) const;
  void age(TimePoint now);

  std::size_t blocks_max_;
  Duration keep_for_;
  std::uint64_t seed_;
  Generation younger_;
  Generation elder_;
  TimePoint begun_{};  ///< When the younger generation was.
};

}  // namespace troupe::overlay::plumtree
