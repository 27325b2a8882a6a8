#include "troupe/overlay/hyparview/passive_view.hpp"

#include <algorithm>

namespace troupe::overlay::hyparview {

void PassiveView::insert(NodeId node, const View& view, const std::vector<NodeId>& expendable, Random& random) {
  const Member* member = view.find(node.name);
  if (size_max_ == 0 || member == nullptr || member->incarnation < node.incarnation) return;
  if (node.same_node(view.self().id())) return;
  erase(node.name);
  if (nodes_.size() >= size_max_) {
    const auto given_away = std::ranges::find_if(nodes_, [&](NodeId held) {
      return std::ranges::find(expendable, held.name, &NodeId::name) != expendable.end();
    });
    if (given_away != nodes_.end()) {
      nodes_.erase(given_away);
    } else {
      (void)take_random(nodes_, random);
    }
  }
  nodes_.push_back({node.name, member->incarnation});
}

bool PassiveView::erase(std::uint64_t name) {
  return std::erase_if(nodes_, [&](NodeId held) { return held.name == name; }) > 0;
}

void PassiveView::follow(const View& view) {
  std::erase_if(nodes_, [&](NodeId& held) {
    const Member* member = view.find(held.name);
    if (member != nullptr) held.incarnation = member->incarnation;
    return member == nullptr;
  });
}

bool PassiveView::contains(std::uint64_t name) const {
  return std::ranges::find(nodes_, name, &NodeId::name) != nodes_.end();
}

}  // namespace troupe::overlay::hyparview
