#include "troupe/overlay/hyparview/links.hpp"

#include <algorithm>

namespace troupe::overlay::hyparview {

Link& Links::add(const Member& peer, TimePoint now) {
  return links_[peer.id().name] = Link{.member = peer, .idle_since = now};
}

bool Links::remove(NodeId node) {
  const bool was_active = is_active(node.name);
  return links_.erase(node.name) > 0 && was_active;
}

Link* Links::find(NodeId node) {
  const auto entry = links_.find(node.name);
  return entry != links_.end() && entry->second.id() == node ? &entry->second : nullptr;
}

const Link* Links::find_name(std::uint64_t name) const {
  const auto entry = links_.find(name);
  return entry != links_.end() ? &entry->second : nullptr;
}

bool Links::is_active(std::uint64_t name) const {
  const Link* link = find_name(name);
  return link != nullptr && link->active;
}

std::size_t Links::active_count() const {
  return static_cast<std::size_t>(std::ranges::count_if(links_, [](const auto& entry) { return entry.second.active; }));
}

std::vector<NodeId> Links::active() const {
  std::vector<NodeId> nodes;
  for (const auto& [name, link] : links_) {
    if (link.active) nodes.push_back(link.id());
  }
  return nodes;
}

Link* Links::random_active(Random& random, const std::vector<std::uint64_t>& excluded) {
  std::vector<Link*> candidates;
  for (auto& [name, link] : links_) {
    const bool is_excluded = std::ranges::find(excluded, name) != excluded.end();
    if (link.active && !is_excluded) candidates.push_back(&link);
  }
  return candidates.empty() ? nullptr : candidates[random.below(candidates.size())];
}

}  // namespace troupe::overlay::hyparview
