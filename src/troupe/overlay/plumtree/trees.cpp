#include "troupe/overlay/plumtree/trees.hpp"

#include <algorithm>
#include <utility>

#include "troupe/overlay/plumtree/messages.hpp"

namespace troupe::overlay::plumtree {
namespace {

constexpr std::size_t kWordBits = 64;

std::uint64_t bit_of(std::uint32_t neighbour) { return std::uint64_t{1} << (neighbour % kWordBits); }

}  // namespace

std::optional<Trees::Row> Trees::find(NodeId root) const {
  return index_.find(hash_of(root, seed_), [&](std::uint32_t row) { return trees_[row].root == root; });
}

Trees::Row Trees::touch(NodeId root) {
  Row row = 0;
  if (const auto known = find(root)) {
    row = *known;
    if (row == newest_) return row;
    unlink(row);
  } else {
    const Row newest = newest_;
    row = claim();
    trees_[row] = {.root = root};
    if (newest != kNone && newest != row)
      std::copy_n(lazy_.begin() + static_cast<std::ptrdiff_t>(newest * words_), words_,
                  lazy_.begin() + static_cast<std::ptrdiff_t>(row * words_));
    index_.insert(hash_of(root, seed_), row);
  }
  link_newest(row);
  return row;
}

bool Trees::is_lazy(Row row, std::uint32_t neighbour) const {
  const std::size_t word = neighbour / kWordBits;
  return word < words_ && (lazy_[row * words_ + word] & bit_of(neighbour)) != 0;
}

void Trees::set_lazy(Row row, std::uint32_t neighbour, bool lazy) {
  const std::size_t word = neighbour / kWordBits;
  if (word >= words_ && lazy) widen(std::max(word + 1, words_ * 2));
  if (word >= words_) return;
  std::uint64_t& bits = lazy_[row * words_ + word];
  bits = lazy ? bits | bit_of(neighbour) : bits & ~bit_of(neighbour);
}

std::optional<std::uint32_t> Trees::parent(Row row) const {
  if (trees_[row].parent == kNone) return std::nullopt;
  return trees_[row].parent;
}

void Trees::set_parent(Row row, std::optional<std::uint32_t> neighbour) {
  trees_[row].parent = neighbour.value_or(kNone);
}

void Trees::forget(std::uint32_t neighbour) {
  for (Row row = 0; row < trees_.size(); ++row) {
    set_lazy(row, neighbour, false);
    if (trees_[row].parent == neighbour) trees_[row].parent = kNone;
  }
}

std::vector<NodeId> Trees::roots() const {
  std::vector<NodeId> roots;
  for (Row row = newest_; row != kNone; row = trees_[row].older) roots.push_back(trees_[row].root);
  return roots;
}

/// A row for a new root: all its links eager, and in no list.
Trees::Row Trees::claim() {
  if (trees_.size() < std::max<std::size_t>(roots_max_, 1)) {
    trees_.emplace_back();
    lazy_.resize(trees_.size() * words_);
    return static_cast<Row>(trees_.size() - 1);
  }
  const Row row = oldest_;
  unlink(row);
  index_.erase(hash_of(trees_[row].root, seed_), row);
  std::fill_n(lazy_.begin() + static_cast<std::ptrdiff_t>(row * words_), words_, 0);
  return row;
}

void Trees::unlink(Row row) {
  Tree& tree = trees_[row];
  (tree.newer == kNone ? newest_ : trees_[tree.newer].older) = tree.older;
  (tree.older == kNone ? oldest_ : trees_[tree.older].newer) = tree.newer;
  tree.newer = tree.older = kNone;
}

void Trees::link_newest(Row row) {
  trees_[row].older = newest_;
  (newest_ == kNone ? oldest_ : trees_[newest_].newer) = row;
  newest_ = row;
}

void Trees::widen(std::size_t words) {
  std::vector<std::uint64_t> wider(trees_.size() * words);
  for (std::size_t row = 0; row < trees_.size(); ++row) {
    std::copy_n(lazy_.begin() + static_cast<std::ptrdiff_t>(row * words_), words_,
                wider.begin() + static_cast<std::ptrdiff_t>(row * words));
  }
  lazy_ = std::move(wider);
  words_ = words;
}

}  // namespace troupe::overlay::plumtree
