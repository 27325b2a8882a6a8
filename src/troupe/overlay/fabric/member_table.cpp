#include "troupe/overlay/fabric/member_table.hpp"

#include <algorithm>
#include <utility>

#include "troupe/base/hash.hpp"

namespace troupe::overlay {

namespace {

std::uint64_t hash_of(const RecordVersion& version) {
  return combine(combine(version.name, version.incarnation), version.version);
}

}  // namespace

const Edge* Record::link_to(std::uint64_t name) const {
  const auto found = std::ranges::lower_bound(links, name, {}, &Edge::to);
  return found == links.end() || found->to != name ? nullptr : &*found;
}

void MemberTable::toggle(const Entry& entry) {
  if (is_shown(entry)) summary_[bucket_of(entry.id.name)] ^= hash_of(version_of(entry));
}

MemberTable::News MemberTable::merge(Record record, TimePoint now) {
  const NodeId id = record.member.id();
  const auto [place, is_first] = entries_.try_emplace(id.name);
  Entry& entry = place->second;
  News news = News::kFirst;
  if (!is_first) {
    const RecordVersion version{id.name, id.incarnation, record.version, record.left};
    if (version <= version_of(entry)) return News::kNone;
    news = id == entry.id ? News::kChanged : News::kNewLife;
    toggle(entry);
  }
  if (news != News::kChanged) {
    entry.stage = Stage::kHeard;
    entry.since = now;
  }
  entry.id = id;
  entry.record = std::make_shared<const Record>(std::move(record));
  entry.heard = now;
  toggle(entry);
  return news;
}

void MemberTable::set_stage(Entry& entry, Stage stage, TimePoint now) {
  toggle(entry);
  entry.stage = stage;
  entry.since = now;
  entry.was_up |= stage == Stage::kUp;
  toggle(entry);
}

void MemberTable::erase(std::uint64_t name) {
  const auto place = entries_.find(name);
  if (place == entries_.end()) return;
  toggle(place->second);
  entries_.erase(place);
}

MemberTable::Entry* MemberTable::find(std::uint64_t name) {
  const auto place = entries_.find(name);
  return place == entries_.end() ? nullptr : &place->second;
}

const MemberTable::Entry* MemberTable::find(std::uint64_t name) const {
  const auto place = entries_.find(name);
  return place == entries_.end() ? nullptr : &place->second;
}

std::vector<RecordVersion> MemberTable::versions(const Summary& other) const {
  std::vector<RecordVersion> versions;
  for (const auto& [name, entry] : entries_) {
    const std::size_t bucket = bucket_of(name);
    if (summary_[bucket] == other[bucket] || entry.stage == Stage::kDown) continue;
    versions.push_back(version_of(entry));
  }
  std::ranges::sort(versions, {}, &RecordVersion::name);
  return versions;
}

MemberTable::Difference MemberTable::compare(const std::vector<RecordVersion>& versions, const Summary& other) const {
  Difference difference;
  std::unordered_map<std::uint64_t, const RecordVersion*> theirs;
  for (const RecordVersion& each : versions) {
    theirs.emplace(each.name, &each);
    const Entry* mine = find(each.name);
    const bool is_news = mine == nullptr ? !each.left : version_of(*mine) < each;
    if (is_news) difference.wanted.push_back(each.name);
  }
  for (const auto& [name, entry] : entries_) {
    const std::size_t bucket = bucket_of(name);
    if (summary_[bucket] == other[bucket] || entry.stage == Stage::kDown) continue;
    const auto known = theirs.find(name);
    const bool is_news = known == theirs.end() ? !entry.record->left : *known->second < version_of(entry);
    if (is_news) difference.newer.push_back(&entry);
  }
  std::ranges::sort(difference.newer, {}, [](const Entry* entry) { return entry->id.name; });
  return difference;
}

}  // namespace troupe::overlay
