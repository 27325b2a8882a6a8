#include "troupe/overlay/fabric/routes.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "troupe/base/hash.hpp"

namespace troupe::overlay {

void Routes::record_changed(std::uint64_t name, const std::vector<Edge>& before, const std::vector<Edge>& after) {
  const std::size_t known = suspects_.size();
  const auto suspect = [&](const Edge& edge) { suspects_.push_back({edge.to}); };
  auto older = before.begin();
  auto newer = after.begin();
  while (older != before.end() || newer != after.end()) {
    if (newer == after.end() || (older != before.end() && older->to < newer->to)) {
      suspect(*older++);
    } else if (older == before.end() || newer->to < older->to) {
      suspect(*newer++);
    } else {
      if (older->made != newer->made) suspect(*newer);
      ++older, ++newer;
    }
  }
  if (suspects_.size() > known) suspects_.push_back({name});
}

std::vector<MemberTable::Entry*> Routes::update(std::uint64_t self,
                                                const std::function<bool(std::uint64_t)>& is_neighbour) {
  self_ = self;
  is_neighbour_ = is_neighbour;
  std::ranges::sort(suspects_);
  suspects_.erase(std::ranges::unique(suspects_).begin(), suspects_.end());
  for (const Suspect& suspect : suspects_) {
    const Entry* entry = table_.find(suspect.name);
    if (entry == nullptr || suspect.name == self_) continue;
    if (suspect.is_another || !still_holds(suspect.name, *entry)) lose_way(suspect);
  }
  for (const std::uint64_t name : lost_) look_around(name);
  for (const Suspect& suspect : std::exchange(suspects_, {})) look_around(suspect.name);
  while (!offers_.empty()) {
    std::pop_heap(offers_.begin(), offers_.end());
    const Offer offer = offers_.back();
    offers_.pop_back();
    accept(offer);
  }
  lost_.clear();

  std::vector<std::pair<std::uint64_t, Entry*>> changed;
  for (const auto& [name, path] : std::exchange(paths_, {})) {
    Entry* entry = table_.find(name);
    if (entry->way.path != path) changed.emplace_back(name, entry);
  }
  std::ranges::sort(changed, {}, [](const auto& each) {
    return std::tuple(each.second->way.hops == 0, each.second->way.hops, each.first);
  });
  std::vector<Entry*> entries;
  for (const auto& [name, entry] : changed) entries.push_back(entry);
  return entries;
}

template <class Visit>
void Routes::for_each_link(std::uint64_t name, const Entry& entry, Visit visit) {
  if (entry.record->left) return;
  for (const Edge& edge : entry.record->links) {
    if (edge.to == self_) continue;
    Entry* other = table_.find(edge.to);
    if (other == nullptr || other->record->left) continue;
    if (const Edge* back = other->record->link_to(name)) visit(*other, edge.to, *back);
  }
}

bool Routes::has_way_without(std::uint64_t self, std::uint64_t neighbour) const {
  std::vector<std::uint64_t> found{neighbour};
  std::unordered_set<std::uint64_t> seen{self, neighbour};
  for (std::size_t i = 0; i < found.size(); ++i) {
    const Entry* entry = table_.find(found[i]);
    if (entry == nullptr || entry->record->left) continue;
    if (i > 0 && entry->way.hops == 1) return true;
    for (const Edge& edge : entry->record->links) {
      const Entry* other = table_.find(edge.to);
      const bool is_linked = other != nullptr && !other->record->left && other->record->link_to(found[i]) != nullptr;
      if (is_linked && seen.insert(edge.to).second) found.push_back(edge.to);
    }
  }
  return false;
}

/// Whether the last link of the way is there as it was. Of the links before it others see.
bool Routes::still_holds(std::uint64_t name, const Entry& entry) const {
  const Way& way = entry.way;
  if (way.hops == 0) return true;
  if (way.hops == 1) return is_neighbour_(name);
  const Entry* via = table_.find(way.via);
  if (via == nullptr || via->record->left || entry.record->left) return false;
  const Edge* edge = via->record->link_to(name);
  return edge != nullptr && edge->made == way.made && entry.record->link_to(way.via) != nullptr;
}

/// There is no way to this node as it was, nor to those behind it.
void Routes::lose_way(const Suspect& first) {
  std::vector<std::uint64_t> behind{first.name};
  while (!behind.empty()) {
    const std::uint64_t name = behind.back();
    behind.pop_back();
    Entry& entry = *table_.find(name);
    if (entry.way.hops == 0) continue;
    paths_.try_emplace(name, first.is_another ? ~entry.way.path : entry.way.path);
    entry.way = {};
    lost_.push_back(name);
    // One that is no more linked with it is a suspect itself.
    for (const Edge& edge : entry.record->links) {
      const Entry* other = table_.find(edge.to);
      if (other != nullptr && other->way.hops > 1 && other->way.via == name) behind.push_back(edge.to);
    }
  }
}

/// The ways to this node over each of its links.
void Routes::look_around(std::uint64_t name) {
  const Entry* entry = table_.find(name);
  if (entry == nullptr || name == self_ || entry->way.hops == 1) return;
  const auto offer = [this](const Offer& each) {
    offers_.push_back(each);
    std::push_heap(offers_.begin(), offers_.end());
  };
  if (is_neighbour_(name)) return offer({1, name, name});
  if (entry->way.hops == 2) return;
  for_each_link(name, *entry, [&](const Entry& other, std::uint64_t via, const Edge&) {
    const auto hops = static_cast<std::uint16_t>(other.way.hops + 1);
    if (other.way.hops > 0 && (entry->way.hops == 0 || hops < entry->way.hops)) offer({hops, name, via});
  });
}

/// Goes this way, if it is shorter, and offers it to those around.
void Routes::accept(const Offer& offer) {
  Entry& entry = *table_.find(offer.to);
  if (entry.way.hops != 0 && entry.way.hops <= offer.hops) return;
  Way way{.next_hop = offer.to, .via = offer.to, .path = combine(offer.to, 0), .made = 0, .hops = 1};
  if (offer.hops > 1) {
    const Entry& via = *table_.find(offer.via);
    const std::uint32_t made = via.record->link_to(offer.to)->made;
    way = {.next_hop = via.way.next_hop,
           .via = offer.via,
           .path = combine(combine(via.way.path, offer.to), made),
           .made = made,
           .hops = offer.hops};
  }
  paths_.try_emplace(offer.to, entry.way.path);
  entry.way = way;
  const auto hops = static_cast<std::uint16_t>(offer.hops + 1);
  for_each_link(offer.to, entry, [&](const Entry& other, std::uint64_t name, const Edge&) {
    if (other.way.hops != 0 && other.way.hops <= hops) return;
    offers_.push_back({hops, name, offer.to});
    std::push_heap(offers_.begin(), offers_.end());
  });
}

}  // namespace troupe::overlay
