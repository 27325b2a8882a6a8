#pragma once

#include <set>
#include <string_view>

#include "troupe/overlay/wanted_links.hpp"

namespace troupe::overlay {

/// Every node is linked with every other one: one hop to anybody, and as many links as nodes. For clusters of up to
/// some hundred nodes.
class FullMesh final : public WantedLinks {
 public:
  FullMesh(WantedLinksOptions options, Random random) : WantedLinks(options, random) {}

  std::string_view name() const override { return "full_mesh"; }
  Spreading spreading() const override { return Spreading::kToNeighbours; }

 protected:
  std::set<std::uint64_t> wanted(const View& view) const override {
    std::set<std::uint64_t> names;
    for (const Member* member : view.members()) names.insert(names.end(), member->id().name);
    return names;
  }
};

}  // namespace troupe::overlay
