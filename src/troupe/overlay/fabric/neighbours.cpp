#include "troupe/overlay/fabric/neighbours.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace troupe::overlay {

namespace {

/// More links with one peer than crossing dials can make; a peer that opens more is up to no good.
constexpr std::size_t kLinksPerPeerMax = 4;

}  // namespace

void Neighbours::add(TimePoint now, LinkId id, const Member& peer, bool dialed_by_us, Actions& actions) {
  const Neighbour::Link link{.id = id, .dialed_by_us = dialed_by_us, .since = now};
  const auto [entry, is_new] = all_.try_emplace(peer.id().name, Neighbour{.member = peer});
  Neighbour& neighbour = entry->second;
  owners_[id] = entry->first;
  if (is_new) {
    neighbour.links.push_back(link);
    actions.push_back(LinkChosen{peer.id(), id});
    return;
  }
  const Neighbour::Link before = neighbour.links.front();
  const bool wins = beats(now, neighbour, link);
  neighbour.links.insert(wins ? neighbour.links.begin() : neighbour.links.end(), link);
  if (wins) actions.push_back(LinkChosen{peer.id(), id});
  // The other end closes what lost. But long after the window it cannot see two crossing dials in this: it came with a
  // new link because the one before is dead for it.
  const bool closes = dials_first(peer) || (wins && now - before.since > 2 * duplicate_window_);
  if (!closes && neighbour.links.size() <= kLinksPerPeerMax) return;
  const auto loser = closes && wins ? neighbour.links.begin() + 1 : neighbour.links.end() - 1;
  actions.push_back(CloseLink{loser->id, fmt::format("another link to node '{}' is in use", self_)});
  owners_.erase(loser->id);
  neighbour.links.erase(loser);
}

/// Whether a new link is to be used instead of the one in use.
bool Neighbours::beats(TimePoint now, const Neighbour& neighbour, const Neighbour::Link& link) const {
  const Neighbour::Link& chosen = neighbour.links.front();
  if (now - chosen.since > duplicate_window_) return true;
  return link.dialed_by_us == chosen.dialed_by_us || link.dialed_by_us == dials_first(neighbour.member);
}

bool Neighbours::remove(LinkId link, Actions& actions) {
  const auto owner = owners_.find(link);
  const auto entry = all_.find(owner->second);
  owners_.erase(owner);
  Neighbour& neighbour = entry->second;
  const bool was_in_use = neighbour.links.front().id == link;
  std::erase_if(neighbour.links, [&](const Neighbour::Link& each) { return each.id == link; });
  if (neighbour.links.empty()) {
    all_.erase(entry);
    return true;
  }
  if (was_in_use) actions.push_back(LinkChosen{neighbour.member.id(), neighbour.links.front().id});
  return false;
}

void Neighbours::close(std::uint64_t name, const std::string& reason, Actions& actions, LinkId gone) {
  const auto entry = all_.find(name);
  if (entry == all_.end()) return;
  for (const Neighbour::Link& link : entry->second.links) {
    if (link.id != gone) actions.push_back(CloseLink{link.id, reason});
    owners_.erase(link.id);
  }
  all_.erase(entry);
}

const Neighbours::Neighbour* Neighbours::find(std::uint64_t name) const {
  const auto entry = all_.find(name);
  return entry == all_.end() ? nullptr : &entry->second;
}

const Neighbours::Neighbour* Neighbours::owner(LinkId link) const {
  const auto entry = owners_.find(link);
  return entry == owners_.end() ? nullptr : find(entry->second);
}

}  // namespace troupe::overlay
