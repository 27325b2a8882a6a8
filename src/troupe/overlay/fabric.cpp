#include "troupe/overlay/fabric.hpp"

#include <algorithm>
#include <utility>

#include "troupe/overlay/fabric/fabric_messages.hpp"
#include "troupe/wire/codec.hpp"

namespace troupe::overlay {

Fabric::Fabric(FabricOptions options, Member self, std::unique_ptr<Overlay> overlay, Random random)
    : options_(std::move(options)),
      self_(std::move(self)),
      self_id_(self_.id()),
      first_incarnation_(self_.incarnation),
      overlay_(std::move(overlay)),
      random_(random),
      dials_(options_.backoff, options_.members_max),
      neighbours_(self_.name, options_.duplicate_window),
      suspicions_(options_.suspicion),
      plumtree_(
          [&] {
            PlumtreeOptions broadcast = options_.broadcast;
            broadcast.spreading = overlay_->spreading();
            return broadcast;
          }(),
          self_id_, random_.fork()) {}

Fabric::~Fabric() = default;

Actions Fabric::start(TimePoint now) {
  now_ = now;
  for (const std::string& address : options_.join) {
    if (address != self_.address) dials_.configure(address, now);
    joined_.insert(address);
  }
  exchange_at_ = now + jittered(options_.exchange_interval, random_);
  spread_wait_ = options_.publish_after;
  heal_at_ = now + jittered(options_.heal_interval, random_);
  write_own_record();
  Actions actions;
  carry_out(overlay_->start(*this), actions);
  return finish(std::move(actions));
}

Actions Fabric::join(TimePoint now, const std::string& address) {
  now_ = now;
  if (!leaving_ && address != self_.address) {
    dials_.configure(address, now);
    dials_.hurry(address, now);
    joined_.insert(address);
  }
  return finish({});
}

Actions Fabric::discover(TimePoint now, const std::vector<std::string>& addresses) {
  now_ = now;
  if (leaving_) return {};
  const auto before = std::exchange(discovered_, std::set(addresses.begin(), addresses.end()));
  for (const std::string& address : discovered_) {
    // What was known before is left alone: it may be our own, which was found out and dropped.
    if (!before.contains(address) && !joined_.contains(address) && address != self_.address)
      dials_.configure(address, now);
  }
  for (const std::string& address : before) {
    if (!discovered_.contains(address) && !joined_.contains(address)) dials_.release(address);
  }
  return finish({});
}

Actions Fabric::leave(TimePoint now) {
  now_ = now;
  leaving_ = true;
  dials_.clear();
  connecting_.clear();
  return {};
}

Actions Fabric::broadcast(TimePoint now, Bytes payload) {
  now_ = now;
  Actions actions{Delivered{self_id_, payload}};
  const message::Packet packet{static_cast<std::uint8_t>(message::Topic::kApplication), std::move(payload)};
  take(plumtree_.broadcast(now, wire::encode(packet)), actions);
  return finish(std::move(actions));
}

Actions Fabric::on_tick(TimePoint now) {
  now_ = now;
  Actions actions;
  if (leaving_) return actions;
  if (now >= suspicions_.next_due()) suspect(actions);
  if (now >= judge_at_) pass_time(actions);
  if (now >= publish_at_) publish(actions);
  if (now >= pronounce_at_) pronounce(actions);
  if (now >= heal_at_) heal();
  if (now >= spread_at_) spread_news(actions);
  if (now >= exchange_at_) exchange(actions);
  if (const auto due = overlay_->next_tick(); due && *due <= now) carry_out(overlay_->on_tick(*this), actions);
  if (const auto due = plumtree_.next_tick(); due && *due <= now) take(plumtree_.on_tick(now), actions);
  return finish(std::move(actions));
}

std::optional<TimePoint> Fabric::next_tick() const {
  if (leaving_) return std::nullopt;
  TimePoint next =
      std::min({judge_at_, publish_at_, pronounce_at_, heal_at_, spread_at_, exchange_at_, suspicions_.next_due()});
  for (const auto& due : {dials_.next_due(), overlay_->next_tick(), plumtree_.next_tick()}) {
    if (due) next = std::min(next, *due);
  }
  return next;
}

/// What follows from the event: ways that changed, what the overlay makes of the new members, dials.
Actions Fabric::finish(Actions actions) {
  const auto is_linked = [this](std::uint64_t name) { return neighbours_.find(name) != nullptr; };
  while (!leaving_ && (!routes_.is_current() || members_changed_)) {
    for (MemberTable::Entry* entry : routes_.update(self_id_.name, is_linked)) judge(*entry, actions);
    if (std::exchange(members_changed_, false)) carry_out(overlay_->on_members_changed(*this), actions);
  }
  closed_.clear();
  const auto wanted_here = [this](const std::string& address, const DialList::Target& target) {
    return wanted(address, target);
  };
  for (std::string& address : dials_.take_due(now_, wanted_here)) actions.push_back(Dial{std::move(address)});
  return actions;
}

void Fabric::on_round_trip(NodeId neighbour, Duration round_trip) {
  if (!is_neighbour(neighbour)) return;
  const auto [place, is_first] = round_trips_.try_emplace(neighbour.name, round_trip);
  // Smoothed as TCP does it (RFC 6298, section 2.3).
  if (!is_first) place->second += (round_trip - place->second) / 8;
}

std::vector<MemberStatus> Fabric::statuses() const {
  std::vector<MemberStatus> all{{self_, MemberState::kUp}};
  for (const auto& [name, entry] : table_.entries()) {
    if (name == self_id_.name || !entry.was_up) continue;
    switch (entry.stage) {
      case MemberTable::Stage::kHeard: break;
      case MemberTable::Stage::kUp: {
        const bool is_suspected = suspicions_.suspected().contains(name);
        all.push_back({entry.record->member, is_suspected ? MemberState::kSuspected : MemberState::kUp});
        break;
      }
      case MemberTable::Stage::kUnreachable: all.push_back({entry.record->member, MemberState::kUnreachable}); break;
      case MemberTable::Stage::kDown: all.push_back({entry.record->member, MemberState::kDown}); break;
      case MemberTable::Stage::kLeft: all.push_back({entry.record->member, MemberState::kLeft}); break;
    }
  }
  std::ranges::sort(all, {}, [](const MemberStatus& status) -> const std::string& { return status.member.name; });
  return all;
}

std::optional<NodeId> Fabric::next_hop(NodeId node) const {
  if (is_neighbour(node)) return neighbours_.find(node.name)->member.id();
  const MemberTable::Entry* entry = table_.find(node.name);
  if (entry == nullptr || entry->stage != MemberTable::Stage::kUp || node.same_node(self_id_)) return std::nullopt;
  if (node.incarnation != 0 && node.incarnation != entry->record->member.incarnation) return std::nullopt;
  const Neighbours::Neighbour* next = neighbours_.find(entry->way.next_hop);
  return next == nullptr ? std::nullopt : std::optional(next->member.id());
}

// What the overlay sees.

std::vector<const Member*> Fabric::members() const {
  std::vector<const Member*> members;
  for (const auto& [name, entry] : table_.entries()) {
    if (entry.stage < MemberTable::Stage::kDown && name != self_id_.name) members.push_back(&entry.record->member);
  }
  std::ranges::sort(members, {}, [](const Member* member) { return member->id().name; });
  return members;
}

const Member* Fabric::find(std::uint64_t name) const {
  if (const auto* neighbour = neighbours_.find(name); neighbour != nullptr) return &neighbour->member;
  const MemberTable::Entry* entry = table_.find(name);
  return entry == nullptr || entry->stage >= MemberTable::Stage::kDown ? nullptr : &entry->record->member;
}

bool Fabric::is_suspected(std::uint64_t name) const {
  const MemberTable::Entry* entry = table_.find(name);
  return entry != nullptr && entry->stage == MemberTable::Stage::kUnreachable;
}

std::vector<NodeId> Fabric::neighbours() const {
  std::vector<NodeId> nodes;
  for (const auto& [name, neighbour] : neighbours_.all()) nodes.push_back(neighbour.member.id());
  return nodes;
}

bool Fabric::is_neighbour(NodeId node) const {
  const Neighbours::Neighbour* neighbour = neighbours_.find(node.name);
  return neighbour != nullptr && (node.incarnation == 0 || node == neighbour->member.id());
}

bool Fabric::has_other_way(NodeId neighbour) const { return routes_.has_way_without(self_id_.name, neighbour.name); }

std::optional<Duration> Fabric::round_trip(NodeId neighbour) const {
  const auto found = round_trips_.find(neighbour.name);
  return found == round_trips_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace troupe::overlay
