#include "troupe/placement/claims.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "troupe/base/assert.hpp"
#include "troupe/base/hash.hpp"

namespace troupe::placement {
namespace {

/// The candidate's hash is the seed of the partition's, so that its bids for two partitions have nothing to do with
/// each other.
std::uint64_t bid(std::uint32_t partition, std::string_view candidate) {
  const std::uint64_t seed = hash64(candidate);
  return hash64(std::to_string(partition), seed);
}

}  // namespace

std::uint32_t partition_of(std::string_view key, std::uint32_t partitions) {
  TROUPE_ASSERT(partitions > 0);
  return static_cast<std::uint32_t>(hash64(key) % partitions);
}

std::vector<std::size_t> claim(std::uint32_t partition, std::span<const Candidate> candidates, std::size_t copies) {
  std::vector<std::uint64_t> bids;
  bids.reserve(candidates.size());
  for (const Candidate& candidate : candidates) bids.push_back(bid(partition, candidate.name));
  const auto is_higher = [&](std::size_t a, std::size_t b) {
    // Equal bids are as good as impossible, but must not make the order matter.
    return std::tuple(bids[b], std::string_view(candidates[a].name)) <
           std::tuple(bids[a], std::string_view(candidates[b].name));
  };
  std::vector<std::size_t> order(candidates.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  copies = std::min(copies, candidates.size());
  if (copies == 1) return {*std::ranges::min_element(order, is_higher)};

  std::ranges::sort(order, is_higher);
  std::vector<std::size_t> chosen;
  const auto take = [&](auto&& suits) {
    for (const std::size_t candidate : order) {
      const bool is_chosen = std::ranges::find(chosen, candidate) != chosen.end();
      if (chosen.size() < copies && !is_chosen && suits(candidate)) chosen.push_back(candidate);
    }
  };
  const auto is_in_new_zone = [&](std::size_t candidate) {
    return std::ranges::none_of(chosen, [&](std::size_t other) {
      return !candidates[other].zone.empty() && candidates[other].zone == candidates[candidate].zone;
    });
  };
  take(is_in_new_zone);
  take([](std::size_t) { return true; });
  return chosen;
}

std::uint64_t set_digest(std::span<const std::string> names) {
  // Sorted rather than added up: a sum would be order-independent too, but sums of hashes can be made to collide.
  std::vector<std::string_view> sorted(names.begin(), names.end());
  std::ranges::sort(sorted);
  sorted.erase(std::ranges::unique(sorted).begin(), sorted.end());
  std::uint64_t digest = hash64("troupe.placement.set");
  for (const std::string_view name : sorted) digest = hash64(name, digest);
  return digest;
}

}  // namespace troupe::placement
