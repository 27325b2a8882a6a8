#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace troupe::overlay::plumtree {

/// Finds things that live in the numbered slots of somebody's array, by hash: eight bytes an entry, and nothing while
/// it is empty. Thousands of nodes run in one simulation, where a node of std::unordered_map for each root is too much.
/// Linear probing; the gap that an erased entry leaves is closed by those behind it (Knuth, volume 3, algorithm 6.4 R).
class SlotIndex {
 public:
  /// The slot with this hash for which `match(slot)` is true.
  template <class Match>
  std::optional<std::uint32_t> find(std::uint64_t hash, Match match) const {
    if (entries_.empty()) return std::nullopt;
    for (std::size_t at = home(short_hash(hash)); entries_[at].slot != kNone; at = next(at)) {
      if (entries_[at].hash == short_hash(hash) && match(entries_[at].slot)) return entries_[at].slot;
    }
    return std::nullopt;
  }

  /// The slot must not be there already.
  void insert(std::uint64_t hash, std::uint32_t slot) {
    if ((size_ + 1) * 4 > entries_.size() * 3) grow();
    ++size_;
    place({short_hash(hash), slot});
  }

  /// The slot must be there.
  void erase(std::uint64_t hash, std::uint32_t slot) {
    std::size_t gap = home(short_hash(hash));
    while (entries_[gap].slot != slot) gap = next(gap);
    for (std::size_t at = next(gap); entries_[at].slot != kNone; at = next(at)) {
      const std::size_t distance_from_home = (at - home(entries_[at].hash)) & mask();
      if (distance_from_home < ((at - gap) & mask())) continue;
      entries_[gap] = entries_[at];
      gap = at;
    }
    entries_[gap] = {};
    if (--size_ == 0) entries_ = {};
  }

  std::size_t size() const { return size_; }

 private:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  struct Entry {
    std::uint32_t hash = 0;
    std::uint32_t slot = kNone;
  };

  static std::uint32_t short_hash(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32U); }
  std::size_t mask() const { return entries_.size() - 1; }
  std::size_t home(std::uint32_t hash) const { return hash & mask(); }
  std::size_t next(std::size_t at) const { return (at + 1) & mask(); }

  void place(Entry entry) {
    std::size_t at = home(entry.hash);
    while (entries_[at].slot != kNone) at = next(at);
    entries_[at] = entry;
  }

  void grow() {
    const std::vector<Entry> before =
        std::exchange(entries_, std::vector<Entry>(entries_.empty() ? 8 : entries_.size() * 2));
    for (const Entry& entry : before) {
      if (entry.slot != kNone) place(entry);
    }
  }

  std::vector<Entry> entries_;  ///< A power of two of them, or none.
  std::size_t size_ = 0;
};

}  // namespace troupe::overlay::plumtree
