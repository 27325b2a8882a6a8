#include "troupe/overlay/fabric/routes.hpp"

#include <cstddef>

#include "troupe/base/hash.hpp"

namespace troupe::overlay {

std::vector<MemberTable::Entry*> find_ways(MemberTable& table, std::uint64_t self, const std::vector<Edge>& links,
                                           std::uint32_t search) {
  std::vector<MemberTable::Entry*> found;
  std::vector<MemberTable::Entry*> changed;
  const auto reach = [&](MemberTable::Entry& entry, const Edge& edge, const Way& way) {
    entry.search = search;
    const Way before = entry.way;
    entry.way = {.next_hop = way.next_hop,
                 .path = combine(combine(way.path, edge.to), edge.made),
                 .hops = static_cast<std::uint16_t>(way.hops + 1)};
    found.push_back(&entry);
    if (entry.way.path != before.path) changed.push_back(&entry);
  };
  for (const Edge& edge : links) {
    if (MemberTable::Entry* entry = table.find(edge.to); entry != nullptr) reach(*entry, edge, {.next_hop = edge.to});
  }
  for (std::size_t i = 0; i < found.size(); ++i) {
    MemberTable::Entry& from = *found[i];
    const std::uint64_t from_name = from.record->member.id().name;
    for (const Edge& edge : from.record->links) {
      if (edge.to == self) continue;
      MemberTable::Entry* entry = table.find(edge.to);
      if (entry == nullptr || entry->search == search || entry->record->left) continue;
      if (entry->record->link_to(from_name) != nullptr) reach(*entry, edge, from.way);
    }
  }
  for (auto& [name, entry] : table.entries()) {
    if (entry.search == search || entry.way.hops == 0) continue;
    entry.way = {};
    changed.push_back(&entry);
  }
  return changed;
}

}  // namespace troupe::overlay
