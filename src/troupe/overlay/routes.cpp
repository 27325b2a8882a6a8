#include "troupe/overlay/routes.hpp"

#include <algorithm>
#include <cstddef>

#include "troupe/base/hash.hpp"

namespace troupe::overlay {

std::vector<MemberTable::Entry*> find_ways(MemberTable& table, std::uint64_t self,
                                           const std::vector<std::uint64_t>& neighbours, std::uint32_t search) {
  std::vector<MemberTable::Entry*> found;
  std::vector<MemberTable::Entry*> changed;
  const auto reach = [&](MemberTable::Entry& entry, std::uint64_t name, const Way& way) {
    entry.search = search;
    const Way before = entry.way;
    entry.way = {.next_hop = way.next_hop,
                 .path = combine(way.path, name),
                 .hops = static_cast<std::uint16_t>(way.hops + 1)};
    found.push_back(&entry);
    if (entry.way.path != before.path) changed.push_back(&entry);
  };
  for (const std::uint64_t name : neighbours) {
    if (MemberTable::Entry* entry = table.find(name); entry != nullptr) reach(*entry, name, {.next_hop = name});
  }
  for (std::size_t i = 0; i < found.size(); ++i) {
    MemberTable::Entry& from = *found[i];
    const std::uint64_t from_name = from.record->member.id().name;
    for (const std::uint64_t name : from.record->neighbours) {
      if (name == self) continue;
      MemberTable::Entry* entry = table.find(name);
      if (entry == nullptr || entry->search == search || entry->record->left) continue;
      if (std::ranges::binary_search(entry->record->neighbours, from_name)) reach(*entry, name, from.way);
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
