#include "troupe/document/owners/placement.hpp"

#include <utility>

#include "troupe/base/hash.hpp"
#include "troupe/placement/claims.hpp"

namespace troupe::document {

Placement::Placement(std::vector<Owner> owners, std::uint32_t partitions, bool moves, std::string trouble)
    : owners_(std::move(owners)), owner_by_partition_(partitions), moves_(moves), trouble_(std::move(trouble)) {
  if (owners_.empty()) return;
  std::vector<placement::Candidate> candidates;
  for (const Owner& owner : owners_) candidates.push_back({owner.name, owner.zone});
  for (std::uint32_t p = 0; p < partitions; ++p)
    owner_by_partition_[p] = static_cast<std::uint32_t>(placement::claim(p, candidates).front());
}

std::uint32_t Placement::partition_of(std::string_view topic) const {
  return placement::partition_of(topic, partitions());
}

const Placement::Owner* Placement::owner_of_partition(std::uint32_t partition) const {
  return owners_.empty() ? nullptr : &owners_[owner_by_partition_[partition]];
}

const Placement::Owner* Placement::owner_of(std::string_view topic) const {
  return owner_of_partition(partition_of(topic));
}

bool Placement::is_owned_here(std::string_view topic) const {
  const Owner* owner = owner_of(topic);
  return owner != nullptr && owner->is_here;
}

std::uint64_t placement_digest(const DocumentOptions& options) {
  const std::uint64_t digest = hash64(std::to_string(options.partitions), placement::set_digest(options.nodes));
  return digest == 0 ? 1 : digest;
}

}  // namespace troupe::document
