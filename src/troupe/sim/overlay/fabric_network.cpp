#include "troupe/sim/overlay/fabric_network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "troupe/wire/codec.hpp"

namespace troupe::sim {

using overlay::LinkId;
using overlay::Member;

FabricNetwork::FabricNetwork(std::uint64_t seed, FabricNetworkOptions options)
    : options_(std::move(options)),
      random_(seed),
      latencies_(random_.next(), options_.nodes, options_.zones, options_.jitter),
      nodes_(options_.nodes) {
  for (std::uint32_t i = 0; i < options_.nodes; ++i) {
    nodes_[i].self = {.name = fmt::format("n{}", i),
                      .incarnation = 0,
                      .address = address_of(i),
                      .http = {},
                      .zone = fmt::format("z{}", latencies_.zone(i)),
                      .server = i < options_.servers};
    indices_[nodes_[i].self.id().name] = i;
  }
}

FabricNetwork::~FabricNetwork() = default;

std::string FabricNetwork::address_of(std::uint32_t node) { return fmt::format("n{}:1", node); }

void FabricNetwork::fail(std::string what) {
  if (!failure_.empty()) return;
  failure_ = fmt::format("at {:.3f} s: {}", to_milliseconds(now().time_since_epoch()) / 1000, what);
  misfortune(failure_);
}

void FabricNetwork::misfortune(std::string_view what) {
  if (trace_) trace_(fmt::format("{:10.3f} {}", to_milliseconds(now().time_since_epoch()) / 1000, what));
  if (watcher_ != nullptr) watcher_->on_misfortune(now(), what);
}

std::vector<std::uint32_t> FabricNetwork::alive() const {
  std::vector<std::uint32_t> alive;
  for (std::uint32_t i = 0; i < options_.nodes; ++i) {
    if (is_alive(i)) alive.push_back(i);
  }
  return alive;
}

void FabricNetwork::run_for(Duration duration) {
  const TimePoint end = later(now(), duration);
  while (failure_.empty() && queue_.step(end)) {
  }
}

// -- Nodes ------------------------------------------------------------------------------------------------------------

void FabricNetwork::start(std::uint32_t index, std::vector<std::string> join) {
  Node& node = nodes_[index];
  if (node.fabric != nullptr) return;
  Member self = node.self;
  self.incarnation += 1'000;
  node = Node{.self = self, .life = node.life + 1, .started = now(), .bytes_sent = node.bytes_sent};
  node.fabric = make_fabric(self, std::move(join));
  if (node.fabric == nullptr) return;
  if (watcher_ != nullptr) watcher_->on_node(now(), index, true);
  apply(index, node.fabric->start(now()));
}

std::unique_ptr<overlay::Fabric> FabricNetwork::make_fabric(const Member& self, std::vector<std::string> join) {
  auto overlay = overlay::make_overlay(options_.overlay, join, random_.fork());
  if (!overlay) {
    fail(overlay.error().detail);
    return nullptr;
  }
  overlay::FabricOptions options = options_.fabric;
  options.join = std::move(join);
  if (!options_.is_thin)
    return std::make_unique<overlay::Fabric>(std::move(options), self, std::move(*overlay), random_.fork());
  queue_.after(options_.thin_join_delay, [this, self] { directory_.add(self); });
  return std::make_unique<ThinFabric>(std::move(options), self, std::move(*overlay), directory_, random_.fork());
}

void FabricNetwork::crash(std::uint32_t node) {
  if (nodes_[node].fabric != nullptr) stop(node, random_.chance(options_.silent_crashes));
}

/// The process is gone; `is_silent`: its machine as well.
void FabricNetwork::stop(std::uint32_t index, bool is_silent) {
  Node& node = nodes_[index];
  for (const LinkId link : std::vector(node.ends)) {
    if (is_silent) {
      fall_silent(Connections::other(link));
    } else {
      tell_of_end(Connections::other(link), Connections::What::kReset);
    }
    close_end(link);
  }
  if (options_.is_thin) queue_.after(options_.thin_death_delay, [this, id = node.self.id()] { directory_.remove(id); });
  node.is_machine_gone = is_silent;
  node.fabric.reset();
  node.chosen.clear();
  if (watcher_ != nullptr) watcher_->on_node(now(), index, false);
}

void FabricNetwork::leave(std::uint32_t index) {
  Node& node = nodes_[index];
  if (!is_alive(index)) return;
  node.is_leaving = true;
  apply(index, node.fabric->leave(now()));
  for (const LinkId link : std::vector(node.ends)) {
    if (!connections_.find(link)->ends[Connections::side(link)].is_up) continue;
    tell_of_end(Connections::other(link), Connections::What::kGoodbye);
    close_end(link);
  }
  queue_.after(Duration(random_.between(0, Duration(500ms).count())), [this, index, life = node.life] {
    if (nodes_[index].life == life && nodes_[index].fabric != nullptr) stop(index, false);
  });
}

void FabricNetwork::stall(std::uint32_t index, Duration duration) {
  Node& node = nodes_[index];
  node.stalled_until = std::max(node.stalled_until, now() + duration);
  for (const LinkId link : node.ends) give_up_after(Connections::other(link), duration);
}

// -- Broadcasts -------------------------------------------------------------------------------------------------------

std::size_t FabricNetwork::broadcast(std::uint32_t root, std::size_t payload_bytes) {
  const std::size_t number = broadcasts_.size();
  broadcasts_.push_back({.begun = now(), .root = root});
  broadcasts_.back().hops.assign(options_.nodes, TrackedBroadcast::kNotReached);
  arrived_from_ = root;
  if (watcher_ != nullptr) watcher_->on_broadcast(now(), number, root);
  const BroadcastNumber content{number, Bytes::copy_of(std::string(payload_bytes, '.'))};
  apply(root, nodes_[root].fabric->broadcast(now(), wire::encode(content)));
  return number;
}

void FabricNetwork::carry_out(std::uint32_t index, const overlay::Delivered& action) {
  const auto content = wire::decode<BroadcastNumber>(action.payload);
  if (!content || content->number >= broadcasts_.size()) return fail("a broadcast arrived that nobody sent");
  TrackedBroadcast& broadcast = broadcasts_[content->number];
  std::uint8_t& hops = broadcast.hops[index];
  // What a node has had in one life of its process it may have again in the next.
  if (hops != TrackedBroadcast::kNotReached && nodes_[index].started < broadcast.begun)
    return fail(fmt::format("n{} had broadcast {} of n{} twice", index, content->number, broadcast.root));
  if (watcher_ != nullptr) watcher_->on_delivered(now(), content->number, arrived_from_, index);
  hops = index == broadcast.root ? 0 : static_cast<std::uint8_t>(std::min(broadcast.hops[arrived_from_] + 1, 0xfe));
}

// -- What fabrics ask for ---------------------------------------------------------------------------------------------

void FabricNetwork::apply(std::uint32_t index, const overlay::Actions& actions) {
  for (const overlay::Action& action : actions) {
    std::visit([&](const auto& one) { carry_out(index, one); }, action);
    if (!std::holds_alternative<overlay::Send>(action)) ++changes_;
  }
  schedule_tick(index);
}

void FabricNetwork::schedule_tick(std::uint32_t index) {
  Node& node = nodes_[index];
  const auto next = node.fabric->next_tick();
  if (!next || *next >= node.tick_at) return;
  node.tick_at = std::max(*next, now());
  queue_.at(node.tick_at, [this, index, life = node.life, when = node.tick_at] { tick(index, life, when); });
}

void FabricNetwork::tick(std::uint32_t index, std::uint64_t life, TimePoint when) {
  Node& node = nodes_[index];
  if (node.fabric == nullptr || node.life != life || node.tick_at != when) return;
  if (node.stalled_until > now()) {
    node.tick_at = node.stalled_until;
    queue_.at(node.tick_at, [this, index, life, when = node.tick_at] { tick(index, life, when); });
    return;
  }
  node.tick_at = TimePoint::max();
  const auto due = node.fabric->next_tick();
  if (!due || *due > now()) return schedule_tick(index);
  const overlay::Actions actions = node.fabric->on_tick(now());
  const auto next = node.fabric->next_tick();
  if (next && *next <= now()) return fail(fmt::format("n{} ticks without end", index));
  apply(index, actions);
}

void FabricNetwork::carry_out(std::uint32_t index, const overlay::MemberUp& action) {
  if (watcher_ != nullptr) watcher_->on_member(now(), index, action.member, overlay::MemberState::kUp);
  if (!options_.follows_members) return;
  Node& node = nodes_[index];
  if (!node.members.emplace(action.member.name, action.member).second)
    return fail(fmt::format("n{}: {} is up twice without a down", index, action.member.name));
  if (action.member.incarnation < node.newest[action.member.name])
    return fail(fmt::format("n{}: an older life of {} came up", index, action.member.name));
  node.newest[action.member.name] = action.member.incarnation;
  if (!node.fabric->next_hop(action.member.id()))
    fail(fmt::format("n{}: {} is up without a way to it", index, action.member.name));
}

void FabricNetwork::carry_out(std::uint32_t index, const overlay::MemberUnreachable& action) {
  if (watcher_ != nullptr) watcher_->on_member(now(), index, action.member, overlay::MemberState::kUnreachable);
  if (options_.follows_members && nodes_[index].members[action.member.name] != action.member)
    fail(fmt::format("n{}: {} is unreachable without being up", index, action.member.name));
}

void FabricNetwork::carry_out(std::uint32_t index, const overlay::WayChanged& action) {
  if (watcher_ != nullptr) watcher_->on_member(now(), index, action.member, overlay::MemberState::kUp);
  if (options_.follows_members && nodes_[index].members[action.member.name] != action.member)
    fail(fmt::format("n{}: there is another way to {}, who is not up", index, action.member.name));
}

void FabricNetwork::carry_out(std::uint32_t index, const overlay::MemberDown& action) {
  const auto state = action.left ? overlay::MemberState::kLeft : overlay::MemberState::kDown;
  if (watcher_ != nullptr) watcher_->on_member(now(), index, action.member, state);
  if (trace_)
    misfortune(fmt::format("n{}: {} is {}: {}", index, action.member.name, to_string(state), action.reason.detail));
  if (!action.left) ++downs_;
  if (!options_.follows_members) return;
  const auto up = nodes_[index].members.extract(action.member.name);
  if (up.empty() || up.mapped() != action.member)
    return fail(fmt::format("n{}: {} is down without being up", index, action.member.name));
  if (action.reason.detail.empty()) fail(fmt::format("n{}: {} is down without a reason", index, action.member.name));
}

void FabricNetwork::carry_out(std::uint32_t index, const overlay::Reborn& action) {
  Node& node = nodes_[index];
  misfortune(fmt::format("n{} is reborn as {}", index, action.self.incarnation));
  if (action.self.incarnation <= node.self.incarnation || action.self.name != node.self.name)
    return fail(fmt::format("n{} is reborn as an older life or somebody else", index));
  for (const LinkId link : node.ends) {
    if (connections_.find(link)->ends[Connections::side(link)].is_up)
      return fail(fmt::format("n{} is reborn and has links of a life that is over", index));
  }
  node.self.incarnation = action.self.incarnation;
  ++rebirths_;
}

}  // namespace troupe::sim
