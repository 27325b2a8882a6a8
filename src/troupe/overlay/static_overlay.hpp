#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "troupe/overlay/wanted_links.hpp"

namespace troupe::overlay {

/// The operator draws the graph: each node is linked with the nodes whose addresses its configuration names, and with
/// those whose configurations name it.
class StaticOverlay final : public WantedLinks {
 public:
  /// `neighbours`: host:port of each.
  StaticOverlay(std::vector<std::string> neighbours, WantedLinksOptions options, Random random)
      : WantedLinks(options, random), neighbours_(neighbours.begin(), neighbours.end()) {}

  std::string_view name() const override { return "static"; }

 protected:
  std::set<std::uint64_t> wanted(const View& view) const override {
    std::set<std::uint64_t> names;
    for (const Member* member : view.members()) {
      if (neighbours_.contains(member->address)) names.insert(names.end(), member->id().name);
    }
    return names;
  }

 private:
  const std::set<std::string> neighbours_;
};

}  // namespace troupe::overlay
