// How the members stand: who can be reached, who is suspected, who is down, and what a node does that finds itself
// down.

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "troupe/overlay/fabric.hpp"
#include "troupe/overlay/fabric/fabric_messages.hpp"
#include "troupe/wire/codec.hpp"

namespace troupe::overlay {

/// The way to this member is another one, or there is none any more.
void Fabric::judge(MemberTable::Entry& entry, Actions& actions) {
  using Stage = MemberTable::Stage;
  const bool has_way = entry.way.hops > 0;
  switch (entry.stage) {
    case Stage::kHeard:
      if (!has_way) return;
      if (const auto wait = patience(entry); entry.way.hops > 1 && wait && now_ - entry.since < *wait) {
        judge_at_ = std::min(judge_at_, entry.since + *wait);
        return;
      }
      set_stage(entry, Stage::kUp);
      actions.push_back(MemberUp{entry.record->member});
      break;
    case Stage::kUp:
      if (has_way) {
        actions.push_back(WayChanged{entry.record->member});
        return;
      }
      set_stage(entry, Stage::kUnreachable);
      actions.push_back(MemberUnreachable{entry.record->member});
      show_all_links();
      probe(entry, actions);
      heal_at_ = std::min(heal_at_, now_ + jittered(options_.seek_interval, random_));
      break;
    case Stage::kUnreachable:
      if (!has_way) return;
      set_stage(entry, Stage::kUp);
      actions.push_back(WayChanged{entry.record->member});
      break;
    case Stage::kDown:
      // One of those who see it says so; the others hear that it is said.
      if (has_way) pronounce_at_ = std::min(pronounce_at_, now_ + jittered(options_.publish_after, random_));
      return;
    case Stage::kLeft: return;
  }
  members_changed_ = true;
}

void Fabric::set_stage(MemberTable::Entry& entry, MemberTable::Stage stage) {
  table_.set_stage(entry, stage, now_);
  if (const auto limit = patience(entry)) judge_at_ = std::min(judge_at_, now_ + *limit);
}

/// How long a member may stay in its stage; if there is a limit.
std::optional<Duration> Fabric::patience(const MemberTable::Entry& entry) const {
  switch (entry.stage) {
    case MemberTable::Stage::kHeard:
      if (entry.way.hops == 0) return 2 * options_.down_after;
      return overlay_->relays() ? Duration{} : options_.direct_wait;
    case MemberTable::Stage::kUp: return std::nullopt;
    case MemberTable::Stage::kUnreachable: return options_.down_after;
    case MemberTable::Stage::kDown:
    case MemberTable::Stage::kLeft: return options_.forget_after;
  }
  return std::nullopt;
}

/// Looks at those whose time in their stage is over.
void Fabric::pass_time(Actions& actions) {
  judge_at_ = TimePoint::max();
  std::vector<std::uint64_t> due;
  for (const auto& [name, entry] : table_.entries()) {
    const auto limit = patience(entry);
    if (!limit) continue;
    if (now_ - entry.since >= *limit) {
      due.push_back(name);
    } else {
      judge_at_ = std::min(judge_at_, entry.since + *limit);
    }
  }
  std::ranges::sort(due);
  for (const std::uint64_t name : due) {
    MemberTable::Entry& entry = *table_.find(name);
    if (entry.stage >= MemberTable::Stage::kDown) {
      if (neighbours_.find(name) != nullptr) continue;
      forget(name);
      continue;
    }
    if (entry.stage == MemberTable::Stage::kHeard && entry.way.hops > 0) {
      judge(entry, actions);
      continue;
    }
    const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(now_ - entry.since);
    declare(entry, {ErrorCode::kUnreachable, fmt::format("no way to it for {} ms", waited.count())}, actions);
  }
}

void Fabric::forget(std::uint64_t name) {
  routes_.record_changed(name, table_.find(name)->record->links, {});
  table_.erase(name);
  made_.erase(name);
}

void Fabric::declare(MemberTable::Entry& entry, const Error& reason, Actions& actions) {
  using Stage = MemberTable::Stage;
  if (entry.stage >= Stage::kDown) return;
  if (entry.stage != Stage::kHeard) actions.push_back(MemberDown{entry.record->member, reason, false});
  set_stage(entry, Stage::kDown);
  members_changed_ = true;
  if (entry.way.hops > 0) pronounce_at_ = std::min(pronounce_at_, now_ + options_.down_after);
}

/// There is no way to this member any more. If we had a link with it that was lost, it is on us to see whether it is
/// still there, and on some of those who can look from elsewhere.
void Fabric::probe(const MemberTable::Entry& entry, Actions& actions) {
  const Record& record = *entry.record;
  if (record.link_to(self_id_.name) == nullptr || record.member.address.empty()) return;
  if (closed_.contains(entry.id.name)) return;
  (void)dials_.seek(record.member.address, record.member.id(), now_, now_ + options_.down_after);
  ask_others(entry, actions);
}

void Fabric::ask_others(const MemberTable::Entry& entry, Actions& actions) {
  std::vector<NodeId> asked = neighbours();
  std::erase(asked, entry.id);
  std::ranges::shuffle(asked, random_);
  asked.resize(std::min(asked.size(), options_.probes));
  const message::Packet packet{static_cast<std::uint8_t>(message::Kind::kProbe),
                               wire::encode(message::Probe{entry.id.name})};
  for (const NodeId& node : asked) actions.push_back(Send{node, wire::encode(packet)});
}

Actions Fabric::on_heard(TimePoint now, LinkId link, std::optional<Duration> round_trip) {
  now_ = now;
  Actions actions;
  const Neighbours::Neighbour* owner = neighbours_.owner(link);
  if (leaving_ || owner == nullptr || owner->links.front().id != link) return actions;
  const NodeId node = owner->member.id();
  if (round_trip) on_round_trip(node, *round_trip);
  if (suspicions_.heard(node.name, now)) report_suspicion(owner->member, false, actions);
  return actions;
}

/// Only of members that are up: a link may also be there with one that was declared down.
void Fabric::report_suspicion(const Member& member, bool is_suspected, Actions& actions) const {
  const MemberTable::Entry* entry = table_.find(member.id().name);
  if (entry != nullptr && entry->stage == MemberTable::Stage::kUp && entry->id == member.id())
    actions.push_back(MemberSuspected{member, is_suspected});
}

/// Those of whom nothing was heard for too long. If others reach them, there is another way before the link is lost.
void Fabric::suspect(Actions& actions) {
  for (const std::uint64_t name : suspicions_.pass_time(now_)) {
    report_suspicion(neighbours_.find(name)->member, true, actions);
    if (const MemberTable::Entry* entry = table_.find(name)) ask_others(*entry, actions);
  }
}

/// Dials one of the members that nobody reaches: links that changed everywhere at once may have left an island. If
/// there is none, one of those that are down: if only the network failed, the two parts of the cluster find each other.
void Fabric::heal() {
  std::vector<const MemberTable::Entry*> unreachable;
  std::vector<const MemberTable::Entry*> down;
  for (const auto& [name, entry] : table_.entries()) {
    if (entry.record->member.address.empty() || neighbours_.find(name) != nullptr) continue;
    if (entry.stage == MemberTable::Stage::kUnreachable) unreachable.push_back(&entry);
    if (entry.stage == MemberTable::Stage::kDown) down.push_back(&entry);
  }
  heal_at_ = now_ + jittered(unreachable.empty() ? options_.heal_interval : options_.seek_interval, random_);
  std::vector<const MemberTable::Entry*>& candidates = unreachable.empty() ? down : unreachable;
  if (candidates.empty()) return;
  std::ranges::sort(candidates, {}, [](const MemberTable::Entry* entry) { return entry->id.name; });
  const MemberTable::Entry& one = *candidates[random_.below(candidates.size())];
  (void)dials_.learn(one.record->member.address, one.id, now_, now_ + 1ms);
}

/// For the others this life is over. Everything that was agreed in it is made anew: links, and what this node thought
/// of others while it was cut off.
void Fabric::be_reborn(std::uint64_t after, Actions& actions) {
  if (leaving_) return;
  const std::uint64_t incarnation = std::max(after, self_.incarnation) + 1;
  const auto before = neighbours_.all();
  for (const auto& [name, neighbour] : before) {
    const std::string reason =
        fmt::format("node '{}' was declared down, and comes back as incarnation {}", self_.name, incarnation);
    neighbours_.close(name, reason, actions);
    drop_neighbour(neighbour.member, LinkEnd::kLost, actions);
  }
  self_.incarnation = incarnation;
  self_id_ = self_.id();
  version_ = 0;
  write_own_record();
  plumtree_.reborn(self_id_);
  actions.push_back(Reborn{self_});
  for (auto& [name, entry] : table_.entries()) {
    if (entry.stage == MemberTable::Stage::kDown) set_stage(entry, MemberTable::Stage::kHeard);
  }
  members_changed_ = true;
  for (const auto& [name, neighbour] : before) {
    const Duration wait = options_.backoff.wait(0, random_);
    if (!neighbour.member.address.empty())
      (void)dials_.seek(neighbour.member.address, neighbour.member.id(), now_ + wait, now_ + options_.down_after);
  }
}

}  // namespace troupe::overlay
