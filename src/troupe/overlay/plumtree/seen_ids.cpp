#include "troupe/overlay/plumtree/seen_ids.hpp"

#include <utility>

namespace troupe::overlay::plumtree {
namespace {

constexpr std::uint64_t kBlockIds = 64;

std::uint64_t bit_of(const BroadcastId& id) { return std::uint64_t{1} << (id.sequence % kBlockIds); }

}  // namespace

bool SeenIds::contains(const BroadcastId& id) const {
  for (const Generation* generation : {&younger_, &elder_}) {
    const Block* block = find(*generation, id);
    if (block != nullptr && (block->bits & bit_of(id)) != 0) return true;
  }
  return false;
}

bool SeenIds::insert(TimePoint now, const BroadcastId& id) {
  if (contains(id)) return false;
  if (size() == 0) begun_ = now;
  const Block* known = find(younger_, id);
  if (known == nullptr && younger_.size >= blocks_max_) age(now);
  if ((younger_.size + 1) * 4 > younger_.blocks.size() * 3) grow(younger_);
  Block& block = place(younger_, id.root, id.sequence / kBlockIds);
  if (block.bits == 0) ++younger_.size;
  block.bits |= bit_of(id);
  return true;
}

void SeenIds::on_tick(TimePoint now) {
  if (const auto due = next_tick(); due && *due <= now) age(now);
}

std::optional<TimePoint> SeenIds::next_tick() const {
  if (size() == 0) return std::nullopt;
  return later(begun_, keep_for_);
}

void SeenIds::age(TimePoint now) {
  elder_ = std::exchange(younger_, {});
  begun_ = now;
}

const SeenIds::Block* SeenIds::find(const Generation& generation, const BroadcastId& id) const {
  if (generation.blocks.empty()) return nullptr;
  const std::uint64_t number = id.sequence / kBlockIds;
  const std::size_t mask = generation.blocks.size() - 1;
  for (std::size_t at = hash_of({id.root, number}, seed_) & mask; generation.blocks[at].bits != 0;
       at = (at + 1) & mask) {
    const Block& block = generation.blocks[at];
    if (block.root == id.root && block.number == number) return &block;
  }
  return nullptr;
}

/// The block, which is free if it was not there.
SeenIds::Block& SeenIds::place(Generation& generation, NodeId root, std::uint64_t number) const {
  const std::size_t mask = generation.blocks.size() - 1;
  std::size_t at = hash_of({root, number}, seed_) & mask;
  while (generation.blocks[at].bits != 0) {
    Block& block = generation.blocks[at];
    if (block.root == root && block.number == number) return block;
    at = (at + 1) & mask;
  }
  generation.blocks[at].root = root;
  generation.blocks[at].number = number;
  return generation.blocks[at];
}

void SeenIds::grow(Generation& generation) const {
  const std::size_t places = generation.blocks.empty() ? 8 : generation.blocks.size() * 2;
  const std::vector<Block> before = std::exchange(generation.blocks, std::vector<Block>(places));
  for (const Block& block : before) {
    if (block.bits != 0) place(generation, block.root, block.number).bits = block.bits;
  }
}

}  // namespace troupe::overlay::plumtree
