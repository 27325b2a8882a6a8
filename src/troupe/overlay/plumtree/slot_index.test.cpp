#include "troupe/overlay/plumtree/slot_index.hpp"

#include <gtest/gtest.h>

#include <map>

#include "troupe/base/random.hpp"

namespace troupe::overlay::plumtree {
namespace {

TEST(SlotIndex, finds_what_a_map_finds) {
  Random random(3);
  for (const std::uint64_t hashes : {2U, 40U, 1'000'000U}) {  // Nearly all collide, some do, hardly any does.
    SlotIndex index;
    std::map<std::uint32_t, std::uint64_t> model;
    const auto found = [&](std::uint32_t slot, std::uint64_t hash) {
      return index.find(hash, [&](std::uint32_t other) { return other == slot; }).has_value();
    };
    for (int step = 0; step < 20'000; ++step) {
      const auto slot = static_cast<std::uint32_t>(random.below(100));
      const auto known = model.find(slot);
      if (known == model.end()) {
        const std::uint64_t hash = random.below(hashes) << 32U;
        EXPECT_FALSE(found(slot, hash));
        index.insert(hash, slot);
        model[slot] = hash;
      } else if (random.chance(0.6)) {
        index.erase(known->second, slot);
        model.erase(known);
      }
      EXPECT_EQ(index.size(), model.size());
      const auto& [one, its_hash] = model.empty() ? std::pair<const std::uint32_t, std::uint64_t>{} : *model.begin();
      EXPECT_EQ(found(one, its_hash), !model.empty());
    }
    for (const auto& [slot, hash] : model) EXPECT_TRUE(found(slot, hash));
  }
}

}  // namespace
}  // namespace troupe::overlay::plumtree
