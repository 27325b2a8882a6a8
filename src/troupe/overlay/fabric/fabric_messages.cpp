// What fabrics say to each other: broadcasts, and the comparison of their tables.

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include "troupe/overlay/fabric.hpp"
#include "troupe/overlay/fabric/fabric_messages.hpp"
#include "troupe/overlay/fabric/well_formed.hpp"
#include "troupe/wire/codec.hpp"

namespace troupe::overlay {

namespace {

/// So that a large table travels in messages that other traffic can pass.
constexpr std::size_t kRecordsPerMessage = 256;

/// A broadcast reaches all in this time, unless it is lost. Until then tables differ, and need no repair.
constexpr Duration kUnderway = 3s;

template <class T>
Bytes packet(message::Kind kind, const T& body) {
  return wire::encode(message::Packet{static_cast<std::uint8_t>(kind), wire::encode(body)});
}

template <class T>
Bytes packet(message::Topic topic, const T& body) {
  return wire::encode(message::Packet{static_cast<std::uint8_t>(topic), wire::encode(body)});
}

}  // namespace

Actions Fabric::on_message(TimePoint now, LinkId link, const Bytes& bytes) {
  now_ = now;
  Actions actions;
  const Neighbours::Neighbour* owner = neighbours_.owner(link);
  // Over another link than that in use it would be out of order: with each link all is said anew.
  if (leaving_ || owner == nullptr || owner->links.front().id != link) return actions;
  const NodeId from = owner->member.id();
  const auto packet = wire::decode<message::Packet>(bytes);
  if (!packet) {
    ++malformed_messages_;
    return actions;
  }
  switch (static_cast<message::Kind>(packet->kind)) {
    case message::Kind::kOverlay: carry_out(overlay_->on_message(*this, from, packet->body), actions); break;
    case message::Kind::kBroadcast: take(plumtree_.on_message(now, from, packet->body), actions); break;
    default: take_exchange(from, packet->kind, packet->body, actions);
  }
  return finish(std::move(actions));
}

void Fabric::take(const PlumtreeOutputs& outputs, Actions& actions) {
  for (const PlumtreeOutput& output : outputs) {
    if (const auto* send = std::get_if<PlumtreeSend>(&output)) {
      if (!is_neighbour(send->to)) continue;  // What was delivered before it has closed this link.
      const message::Packet packet{static_cast<std::uint8_t>(message::Kind::kBroadcast), send->message};
      actions.push_back(Send{send->to, wire::encode(packet)});
    } else if (const auto* delivery = std::get_if<PlumtreeDeliver>(&output)) {
      take_broadcast(delivery->root, delivery->payload, actions);
    }
  }
}

void Fabric::take_broadcast(NodeId from, const Bytes& payload, Actions& actions) {
  const auto packet = wire::decode<message::Packet>(payload);
  if (!packet) {
    ++malformed_messages_;
    return;
  }
  bool is_malformed = false;
  switch (static_cast<message::Topic>(packet->kind)) {
    case message::Topic::kRecords:
      if (auto records = wire::decode<message::Records>(packet->body)) {
        for (Record& record : records->records) merge(std::move(record), actions);
      } else {
        is_malformed = true;
      }
      break;
    case message::Topic::kVerdict:
      if (const auto verdict = wire::decode<message::Verdict>(packet->body)) {
        take_verdict(from, *verdict, actions);
      } else {
        is_malformed = true;
      }
      break;
    case message::Topic::kDismissal:
      if (const auto dismissal = wire::decode<message::Dismissal>(packet->body)) {
        take_dismissal(dismissal->node, actions);
      } else {
        is_malformed = true;
      }
      break;
    case message::Topic::kApplication: actions.push_back(Delivered{from, packet->body}); break;
    default: break;  // A newer node's.
  }
  if (is_malformed) ++malformed_messages_;
}

void Fabric::take_exchange(NodeId from, std::uint8_t kind, const Bytes& body, Actions& actions) {
  const auto is_malformed = [this](const auto& decoded) {
    if (!decoded) ++malformed_messages_;
    return !decoded;
  };
  switch (static_cast<message::Kind>(kind)) {
    case message::Kind::kSummary: {
      const auto summary = wire::decode<message::Summary>(body);
      if (is_malformed(summary) || summary->buckets == table_.summary()) return;
      const message::Versions versions{table_.summary(), table_.versions(summary->buckets)};
      actions.push_back(Send{from, packet(message::Kind::kVersions, versions)});
      return;
    }
    case message::Kind::kVersions: {
      const auto versions = wire::decode<message::Versions>(body);
      if (is_malformed(versions)) return;
      const auto difference = table_.compare(versions->versions, versions->buckets);
      send_records(from, difference.newer, difference.wanted, actions);
      return;
    }
    case message::Kind::kRecords: {
      auto records = wire::decode<message::Records>(body);
      if (is_malformed(records)) return;
      bool is_news = false;
      for (Record& record : records->records) is_news |= merge(std::move(record), actions);
      // No broadcast has brought this, and none will: it may be from another part of the cluster, and others lack it
      // too.
      if (is_news && !records->is_underway) spread_at_ = std::min(spread_at_, now_ + spread_wait_);
      std::vector<const MemberTable::Entry*> answer;
      for (const std::uint64_t name : records->wanted) {
        if (const MemberTable::Entry* entry = table_.find(name)) answer.push_back(entry);
      }
      send_records(from, answer, {}, actions);
      return;
    }
    case message::Kind::kProbe: {
      const auto probe = wire::decode<message::Probe>(body);
      if (is_malformed(probe)) return;
      const MemberTable::Entry* entry = table_.find(probe->name);
      const bool is_here = probe->name == self_id_.name || neighbours_.find(probe->name) != nullptr;
      if (entry == nullptr || entry->record->left || is_here) return;
      const Member& member = entry->record->member;
      if (!member.address.empty()) (void)dials_.seek(member.address, member.id(), now_, now_ + options_.down_after);
      return;
    }
    default: return;  // A newer node's.
  }
}

void Fabric::send_summary(NodeId to, Actions& actions) const {
  actions.push_back(Send{to, packet(message::Kind::kSummary, message::Summary{table_.summary()})});
}

/// Sends what the other table lacks, but what is being broadcast only to a new neighbour: it may have come too late for
/// that.
void Fabric::send_records(NodeId to, const std::vector<const MemberTable::Entry*>& entries,
                          const std::vector<std::uint64_t>& wanted, Actions& actions) const {
  const Neighbours::Neighbour* neighbour = neighbours_.find(to.name);
  if (neighbour == nullptr) return;  // What it sent had this node come back in a new life: the link is closed.
  const bool is_new = now_ - neighbour->links.front().since < kUnderway;
  message::Records parts[2] = {{.wanted = wanted}, {.is_underway = true}};
  for (const MemberTable::Entry* entry : entries) {
    const bool is_underway = now_ - entry->heard < kUnderway;
    if (is_underway && !is_new) continue;
    message::Records& part = parts[is_underway ? 1 : 0];
    part.records.push_back(*entry->record);
    if (part.records.size() < kRecordsPerMessage) continue;
    actions.push_back(Send{to, packet(message::Kind::kRecords, part)});
    part = {.is_underway = is_underway};
  }
  for (const message::Records& part : parts) {
    if (!part.records.empty() || !part.wanted.empty())
      actions.push_back(Send{to, packet(message::Kind::kRecords, part)});
  }
}

/// Compares tables with all neighbours, because one brought news; if that goes on, ever more rarely.
void Fabric::spread_news(Actions& actions) {
  spread_at_ = TimePoint::max();
  spread_wait_ = std::min(2 * spread_wait_, options_.exchange_interval);
  for (const auto& [name, neighbour] : neighbours_.all()) send_summary(neighbour.member.id(), actions);
}

/// Compares tables with one neighbour.
void Fabric::exchange(Actions& actions) {
  exchange_at_ = now_ + jittered(options_.exchange_interval, random_);
  if (spread_at_ == TimePoint::max()) spread_wait_ = std::max(spread_wait_ / 2, options_.publish_after);
  const auto& neighbours = neighbours_.all();
  if (neighbours.empty()) return;
  const auto any = std::next(neighbours.begin(), static_cast<std::ptrdiff_t>(random_.below(neighbours.size())));
  send_summary(any->second.member.id(), actions);
}

/// Takes what somebody says of a node. True if it is news.
bool Fabric::merge(Record record, Actions& actions) {
  const std::uint64_t name = record.member.id().name;
  if (!well_formed(record.member) || record.links.size() > options_.members_max) {
    ++malformed_messages_;
    return false;
  }
  if (name == self_id_.name) {
    const bool is_this_life = record.member.name == self_.name && record.member.incarnation == self_.incarnation;
    if (is_this_life && record.left && !leaving_) be_reborn(self_.incarnation, actions);
    return false;
  }
  std::ranges::sort(record.links, {}, &Edge::to);
  std::optional<MemberTable::Entry> before;
  if (const MemberTable::Entry* known = table_.find(name); known != nullptr) {
    if (known->record->member.name != record.member.name) return false;  // Their names have the same hash.
    before = *known;
  } else if (!make_room()) {
    return false;
  }
  const bool left = record.left;
  const std::vector<Edge> none;
  const std::vector<Edge>& links_before = before && !before->record->left ? before->record->links : none;
  const MemberTable::News news = table_.merge(std::move(record), now_);
  if (news == MemberTable::News::kNone) return false;
  MemberTable::Entry& entry = *table_.find(name);
  routes_.record_changed(name, links_before, left ? none : entry.record->links);
  if (news == MemberTable::News::kNewLife) routes_.life_changed(name);
  // Both ends have to name the link: it matters to the other one.
  const bool is_named = entry.record->version != 0 && entry.record->link_to(self_id_.name) != nullptr;
  if (is_named && unsettled_.erase(name) > 0) publish_soon();
  if (news == MemberTable::News::kNewLife) end_life(*before, entry.record->member, actions);
  if (news != MemberTable::News::kChanged || left) members_changed_ = true;
  if (left) {
    const bool was_up = entry.stage == MemberTable::Stage::kUp || entry.stage == MemberTable::Stage::kUnreachable;
    if (was_up) actions.push_back(MemberDown{entry.record->member, {ErrorCode::kUnreachable, "it left"}, true});
    set_stage(entry, MemberTable::Stage::kLeft);
    dials_.drop_learned(entry.id);
  } else if (news != MemberTable::News::kChanged) {
    set_stage(entry, MemberTable::Stage::kHeard);
  }
  return true;
}

/// A node was started again, or reborn: what is known of its life before ends here.
void Fabric::end_life(const MemberTable::Entry& before, const Member& newer, Actions& actions) {
  const Member& older = before.record->member;
  if (before.stage == MemberTable::Stage::kUp || before.stage == MemberTable::Stage::kUnreachable) {
    Error reason{ErrorCode::kUnreachable, fmt::format("restarted as incarnation {}", newer.incarnation)};
    actions.push_back(MemberDown{older, std::move(reason), false});
  }
  dials_.drop_learned(older.id());
  const Neighbours::Neighbour* linked = neighbours_.find(older.id().name);
  if (linked == nullptr || linked->member.incarnation == newer.incarnation) return;
  neighbours_.close(older.id().name,
                    fmt::format("node '{}' has restarted as incarnation {}", newer.name, newer.incarnation), actions);
  drop_neighbour(older, LinkEnd::kLost, actions);
}

/// The member that has been gone the longest and can be forgotten: there is no link with it.
std::optional<std::uint64_t> Fabric::longest_gone() const {
  std::optional<std::pair<TimePoint, std::uint64_t>> longest;
  for (const auto& [name, entry] : table_.entries()) {
    if (entry.stage < MemberTable::Stage::kDown || neighbours_.find(name) != nullptr) continue;
    const std::pair candidate{entry.since, name};
    if (!longest || candidate < *longest) longest = candidate;
  }
  return longest ? std::optional(longest->second) : std::nullopt;
}

/// Forgets one that is gone, if the table is full.
bool Fabric::make_room() {
  if (!is_full()) return true;
  const auto gone = longest_gone();
  if (gone) forget(*gone);
  return gone.has_value();
}

/// Tells all with whom we are linked.
void Fabric::publish(Actions& actions) {
  publish_at_ = TimePoint::max();
  std::erase_if(unsettled_, [this](const auto& each) { return each.second <= now_; });
  for (const auto& [name, due] : unsettled_) publish_at_ = std::min(publish_at_, due);
  const Record& record = write_own_record();
  take(plumtree_.broadcast(now_, packet(message::Topic::kRecords, message::Records{.records = {record}})), actions);
}

/// A node said goodbye to us: all hear of it.
void Fabric::spread_goodbye(std::uint64_t name, Actions& actions) {
  const MemberTable::Entry* entry = table_.find(name);
  if (entry == nullptr) return;
  Record record = *entry->record;
  record.left = true;
  const message::Records records{.records = {record}};
  if (merge(std::move(record), actions))
    take(plumtree_.broadcast(now_, packet(message::Topic::kRecords, records)), actions);
}

/// Our own record stands in the table as those of the others do.
const Record& Fabric::write_own_record() {
  Record record{.member = self_, .version = ++version_, .left = false, .links = {}};
  for (const auto& [name, neighbour] : neighbours_.all()) {
    if (!unsettled_.contains(name)) record.links.push_back({name, made_[name]});
  }
  (void)table_.merge(std::move(record), now_);
  MemberTable::Entry& entry = *table_.find(self_id_.name);
  table_.set_stage(entry, MemberTable::Stage::kUp, now_);
  return *entry.record;
}

// Verdicts.

/// What is to be said to members that were declared down here, and to whom there is a way.
message::Verdict Fabric::verdict() const {
  message::Verdict verdict{.down = {}, .weight = 0, .least = self_id_.name};
  for (const auto& [name, entry] : table_.entries()) {
    if (entry.stage == MemberTable::Stage::kUp) {
      ++verdict.weight;
      verdict.least = std::min(verdict.least, name);
    }
    if (entry.stage == MemberTable::Stage::kDown && entry.way.hops > 0)
      verdict.down.push_back(entry.record->member.id());
  }
  std::ranges::sort(verdict.down);
  return verdict;
}

void Fabric::pronounce(Actions& actions) {
  pronounce_at_ = TimePoint::max();
  const message::Verdict mine = verdict();
  if (mine.down.empty()) return;
  take(plumtree_.broadcast(now_, packet(message::Topic::kVerdict, mine)), actions);
  pronounce_at_ = now_ + options_.down_after;  // Until they have heard it.
}

void Fabric::take_verdict(NodeId from, const message::Verdict& theirs, Actions& actions) {
  const message::Verdict mine = verdict();
  if (std::ranges::includes(theirs.down, mine.down) && !mine.down.empty())
    pronounce_at_ = now_ + options_.down_after + jittered(options_.down_after, random_);  // It is said already.
  if (!std::ranges::binary_search(theirs.down, self_id_)) return;
  const MemberTable::Entry* sender = table_.find(from.name);
  const bool is_mutual = sender != nullptr && sender->stage == MemberTable::Stage::kDown;
  // Each half has declared the other one down: the larger one goes on, or that with the least NodeId::name. Of two
  // nodes that are both in touch with all others, the one with the smaller of theirs goes on.
  const bool yields = !is_mutual || std::tuple(mine.weight, theirs.least, from.name) <
                                        std::tuple(theirs.weight, mine.least, self_id_.name);
  if (yields) be_reborn(self_.incarnation, actions);
}

bool Fabric::declare_down(TimePoint now, std::uint64_t name, Actions& actions) {
  now_ = now;
  const MemberTable::Entry* entry = table_.find(name);
  if (entry == nullptr || entry->stage >= MemberTable::Stage::kDown) return false;
  const NodeId node = entry->record->member.id();
  take(plumtree_.broadcast(now, packet(message::Topic::kDismissal, message::Dismissal{node})), actions);
  take_dismissal(node, actions);
  actions = finish(std::move(actions));
  return true;
}

void Fabric::take_dismissal(NodeId node, Actions& actions) {
  if (node == self_id_) return be_reborn(self_.incarnation, actions);
  MemberTable::Entry* entry = table_.find(node.name);
  if (entry == nullptr || entry->record->member.id() != node) return;
  declare(*entry, {ErrorCode::kUnreachable, "an operator declared it down"}, actions);
}

}  // namespace troupe::overlay
