#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "troupe/base/ids.hpp"
#include "troupe/overlay/plumtree/slot_index.hpp"

namespace troupe::overlay::plumtree {

/// For each root that broadcasts, which links are branches of its tree: a bit for each neighbour, set if the link is
/// lazy. So the first root's links and those with a new neighbour are eager (a link that is eager too often costs a
/// payload; one that is lazy too often costs a delay).
///
/// Neighbours are slots. At most `roots_max` roots are remembered; the one that was used the longest time ago goes.
class Trees {
 public:
  /// The place of a root; good until the next `touch`.
  using Row = std::uint32_t;

  Trees(std::size_t roots_max, std::uint64_t seed) : roots_max_(roots_max), seed_(seed) {}

  std::optional<Row> find(NodeId root) const;

  /// The root is used now. If it is not known, it begins with the branches of the tree that was used last: where these
  /// reach all, they do so from every root.
  Row touch(NodeId root);

  bool is_lazy(Row row, std::uint32_t neighbour) const;
  void set_lazy(Row row, std::uint32_t neighbour, bool lazy);

  /// Who was the first to bring the newest broadcast of this root.
  std::optional<std::uint32_t> parent(Row row) const;
  void set_parent(Row row, std::optional<std::uint32_t> neighbour);

  /// All links with this neighbour are eager again, and it is nobody's parent.
  void forget(std::uint32_t neighbour);

  /// The most recently used first.
  std::vector<NodeId> roots() const;

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;

  struct Tree {
    NodeId root;
    std::uint32_t parent = kNone;
    std::uint32_t newer = kNone;  ///< The list by use.
    std::uint32_t older = kNone;
  };

  Row claim();
  void unlink(Row row);
  void link_newest(Row row);
  void widen(std::size_t words);

  std::size_t roots_max_;
  std::uint64_t seed_;
  std::vector<Tree> trees_;
  SlotIndex index_;
  std::size_t words_ = 1;            ///< Of each row of `lazy_`.
  std::vector<std::uint64_t> lazy_;  ///< A row of bits for each tree.
  std::uint32_t newest_ = kNone;
  std::uint32_t oldest_ = kNone;
};

}  // namespace troupe::overlay::plumtree
