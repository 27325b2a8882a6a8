#include "troupe/overlay/ring.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::overlay {

std::set<std::uint64_t> Ring::wanted(const View& view) const {
  using Place = std::pair<std::string_view, std::uint64_t>;
  std::vector<Place> circle;
  for (const Member* member : view.members()) circle.emplace_back(member->zone, member->id().name);
  std::ranges::sort(circle);
  // From our own place onwards.
  const Place own{view.self().zone, view.self().id().name};
  std::ranges::rotate(circle, std::ranges::upper_bound(circle, own));

  std::set<std::uint64_t> names;
  const auto walk = [&](const auto& side) {
    std::size_t suspected = 0;
    for (const auto& [zone, name] : side) {
      const bool is_well = !view.is_suspected(name);
      if (is_well || suspected < tries_) names.insert(name);
      if (is_well) return;
      ++suspected;
    }
  };
  walk(circle);
  walk(std::vector<Place>(circle.rbegin(), circle.rend()));
  return names;
}

}  // namespace troupe::overlay
