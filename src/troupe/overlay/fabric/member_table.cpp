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

void MemberTable::toggle(Summary& summary, const Record& record) {
  const RecordVersion version = version_of(record);
  summary[bucket_of(version.name)] ^= hash_of(version);
}

void MemberTable::toggle(const Entry& entry) {
  if (is_shown(entry)) toggle(summary_, *entry.record);
}

MemberTable::News MemberTable::merge(Record record, TimePoint now) {
  const std::uint64_t name = record.member.id().name;
  const auto [place, is_first] = entries_.try_emplace(name);
  Entry& entry = place->second;
  News news = News::kFirst;
  if (!is_first) {
    if (version_of(record) <= version_of(*entry.record)) return News::kNone;
    news = record.member.incarnation == entry.record->member.incarnation ? News::kChanged : News::kNewLife;
    toggle(entry);
  }
  if (news != News::kChanged) {
    entry.stage = Stage::kHeard;
    entry.since = now;
    entry.way = {};
  }
  entry.record = std::make_shared<const Record>(std::move(record));
  toggle(entry);
  return news;
}

void MemberTable::set_stage(Entry& entry, Stage stage, TimePoint now) {
  toggle(entry);
  entry.stage = stage;
  entry.since = now;
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
    versions.push_back(version_of(*entry.record));
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
    const bool is_news = mine == nullptr ? !each.left : version_of(*mine->record) < each;
    if (is_news) difference.wanted.push_back(each.name);
  }
  for (const auto& [name, entry] : entries_) {
    const std::size_t bucket = bucket_of(name);
    if (summary_[bucket] == other[bucket] || entry.stage == Stage::kDown) continue;
    const auto known = theirs.find(name);
    const bool is_news = known == theirs.end() ? !entry.record->left : *known->second < version_of(*entry.record);
    if (is_news) difference.newer.push_back(entry.record);
  }
  std::ranges::sort(difference.newer, {}, [](const auto& record) { return record->member.id().name; });
  return difference;
}

}  // namespace troupe::overlay
