#include "troupe/sim/overlay/run_recorder.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <ranges>
#include <utility>

#include "troupe/overlay/fabric/fabric_messages.hpp"
#include "troupe/wire/codec.hpp"

namespace troupe::sim {

using overlay::message::Packet;
namespace plumtree = overlay::plumtree;

namespace {

RunRecord::Time tenths(TimePoint when) { return when.time_since_epoch() / 100us; }

/// Of the name that the network gives to its nodes: "n17".
std::uint32_t index_of(const overlay::Member& member) {
  std::uint32_t index = 0;
  std::from_chars(member.name.data() + 1, member.name.data() + member.name.size(), index);
  return index;
}

RunRecord::Opinion opinion_of(overlay::MemberState state) {
  switch (state) {
    case overlay::MemberState::kUp: return RunRecord::Opinion::kUp;
    case overlay::MemberState::kSuspected:
    case overlay::MemberState::kUnreachable: return RunRecord::Opinion::kSuspected;
    case overlay::MemberState::kDown:
    case overlay::MemberState::kLeft: return RunRecord::Opinion::kGone;
  }
  return RunRecord::Opinion::kUnknown;
}

std::uint32_t* count_of(RunRecord::Fame& fame, RunRecord::Opinion opinion) {
  switch (opinion) {
    case RunRecord::Opinion::kUnknown: return nullptr;
    case RunRecord::Opinion::kUp: return &fame.up;
    case RunRecord::Opinion::kSuspected: return &fame.suspected;
    case RunRecord::Opinion::kGone: return &fame.gone;
  }
  return nullptr;
}

/// The number of a broadcast of the application; empty for those of the fabric.
std::optional<std::size_t> number_of(const Bytes& payload) {
  const auto packet = wire::decode<Packet>(payload);
  if (!packet || packet->kind != static_cast<std::uint8_t>(overlay::message::Topic::kApplication)) return {};
  const auto content = wire::decode<BroadcastNumber>(packet->body);
  if (!content) return {};
  return content->number;
}

}  // namespace

std::size_t RunRecord::size() const {
  return lives.size() + links.size() + fames.size() + judgements.size() + hops.size();
}

void RunRecorder::on_begin(const FabricNetwork& network) {
  nodes_ = network.node_count();
  opinions_.resize(std::size_t{nodes_} * nodes_);
  record_.servers = network.options().servers;
  for (std::uint32_t node = 0; node < nodes_; ++node) {
    record_.zones.push_back(network.latencies().zone(node));
    fames_.push_back({.when = 0, .node = node});
  }
}

/// False if the record has ended. What is due before is written.
bool RunRecorder::begin_entry(TimePoint now) {
  if (record_.is_full) return false;
  if (now >= write_at_) write_fames();
  record_.is_full = record_.size() + underway_.size() + asked_.size() >= options_.entries_max;
  if (!record_.is_full) record_.end = tenths(now);
  return !record_.is_full;
}

void RunRecorder::write_fames() {
  for (const std::uint32_t node : changed_) record_.fames.push_back(fames_[node]);
  changed_.clear();
  write_at_ = TimePoint::max();
}

void RunRecorder::on_node(TimePoint now, std::uint32_t node, bool is_alive) {
  if (!begin_entry(now)) return;
  record_.lives.push_back({.when = tenths(now), .node = node, .is_alive = is_alive});
  // What it held is gone with it; the page knows that.
  for (std::uint32_t other = 0; other < nodes_; ++other) judge(now, node, other, Opinion::kUnknown);
}

void RunRecorder::on_link(TimePoint now, std::uint32_t from, std::uint32_t to, bool is_up) {
  if (begin_entry(now)) record_.links.push_back({.when = tenths(now), .node = from, .peer = to, .is_up = is_up});
}

void RunRecorder::judge(TimePoint now, std::uint32_t observer, std::uint32_t node, Opinion opinion) {
  Opinion& held = opinions_[std::size_t{observer} * nodes_ + node];
  if (held == opinion) return;
  RunRecord::Fame& fame = fames_[node];
  if (std::uint32_t* count = count_of(fame, held)) --*count;
  if (std::uint32_t* count = count_of(fame, opinion)) ++*count;
  fame.when = tenths(now);
  held = opinion;
  if (changed_.empty()) write_at_ = now + options_.fame_step;
  changed_.insert(node);
}

void RunRecorder::on_member(TimePoint now, std::uint32_t node, const overlay::Member& member,
                            overlay::MemberState state) {
  if (!begin_entry(now)) return;
  const std::uint32_t about = index_of(member);
  const Opinion opinion = opinion_of(state);
  if (about >= nodes_ || opinions_[std::size_t{node} * nodes_ + about] == opinion) return;
  judge(now, node, about, opinion);
  if (nodes_ <= options_.judges_max)
    record_.judgements.push_back({.when = tenths(now), .observer = node, .node = about, .opinion = opinion});
}

void RunRecorder::on_misfortune(TimePoint now, std::string_view what) {
  if (begin_entry(now)) record_.words.push_back({.when = tenths(now), .text = std::string(what)});
}

void RunRecorder::on_split(TimePoint now, const std::vector<std::uint32_t>& sides) {
  if (begin_entry(now)) record_.splits.push_back({.when = tenths(now), .sides = sides});
}

void RunRecorder::on_block(TimePoint now, std::uint32_t from, std::uint32_t to) {
  if (begin_entry(now)) record_.blocks.push_back({.when = tenths(now), .from = from, .to = to});
}

void RunRecorder::on_broadcast(TimePoint now, std::size_t, std::uint32_t root) {
  if (begin_entry(now)) record_.broadcasts.push_back({.when = tenths(now), .root = root});
}

void RunRecorder::on_sent(TimePoint now, std::uint32_t from, std::uint32_t to, const Bytes& message,
                          TimePoint arrival) {
  if (record_.is_full) return;
  const auto packet = wire::decode<Packet>(message);
  if (!packet || packet->kind != static_cast<std::uint8_t>(overlay::message::Kind::kBroadcast)) return;
  const plumtree::Kind kind = plumtree::kind_of(packet->body);
  if (kind == plumtree::Kind::kGossip) return take_gossip(now, from, to, packet->body, arrival);
  if (kind != plumtree::Kind::kGraft) return;
  const auto mentions = plumtree::decode_list(packet->body, options_.entries_max);
  if (!mentions) return;
  for (const plumtree::Mention& mention : *mentions) {
    if (mention.sequence) asked_.insert({to, from, {mention.root, *mention.sequence}});
  }
}

void RunRecorder::take_gossip(TimePoint now, std::uint32_t from, std::uint32_t to, const Bytes& message,
                              TimePoint arrival) {
  const auto gossip = plumtree::decode_gossip(message);
  if (!gossip) return;
  const bool was_asked_for = asked_.erase({from, to, gossip->id}) > 0;
  const std::optional<std::size_t> number = number_of(gossip->payload);
  if (!number || !begin_entry(now)) return;
  underway_[{*number, from, to}] = {.sent = tenths(now),
                                    .arrival = tenths(arrival),
                                    .from = from,
                                    .to = to,
                                    .broadcast = static_cast<std::uint32_t>(*number),
                                    .way = was_asked_for ? RunRecord::Way::kRepair : RunRecord::Way::kTree};
}

void RunRecorder::on_delivered(TimePoint now, std::size_t number, std::uint32_t from, std::uint32_t node) {
  const auto found = underway_.find({number, from, node});
  if (found == underway_.end() || !begin_entry(now)) return;
  // It may have waited for a node that stood still.
  found->second.arrival = tenths(now);
  record_.hops.push_back(found->second);
  underway_.erase(found);
}

RunRecord RunRecorder::take() {
  write_fames();
  for (RunRecord::Hop& hop : underway_ | std::views::values) {
    hop.way = RunRecord::Way::kInVain;
    record_.hops.push_back(hop);
  }
  underway_.clear();
  std::ranges::sort(record_.hops, {}, &RunRecord::Hop::sent);
  return std::move(record_);
}

}  // namespace troupe::sim
