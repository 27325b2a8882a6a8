#include "troupe/overlay/plumtree.hpp"

#include <algorithm>
#include <utility>

namespace troupe::overlay {

using plumtree::Gossip;
using plumtree::Kind;
using plumtree::Mention;

namespace {

/// A slice of what was received keeps alive the block that the socket was read into, many times a small payload. From
/// this size on that is at most twice the payload, and a copy would cost more.
constexpr std::size_t kKeptAsSliceBytesMin = 32U << 10U;

std::uint16_t one_more(std::uint16_t hops) {
  return hops == std::numeric_limits<std::uint16_t>::max() ? hops : static_cast<std::uint16_t>(hops + 1);
}

}  // namespace

Plumtree::Plumtree(PlumtreeOptions options, NodeId self, Random random)
    : options_(options),
      self_(self),
      random_(random),
      seed_(random_.next()),
      trees_(options.roots_max, seed_),
      seen_(options.seen_blocks_max, options.seen_for, seed_),
      kept_(options.kept_bytes_max, options.keep_for, seed_),
      missing_({.first_wait = options.first_wait,
                .graft_wait = options.graft_wait,
                .grafts_max = options.grafts_max,
                .missing_max = options.missing_max,
                .missing_per_neighbour_max = options.missing_per_neighbour_max}) {}

PlumtreeOutputs Plumtree::broadcast(TimePoint now, Bytes payload) {
  PlumtreeOutputs outputs;
  ++counters_.broadcasts;
  Gossip gossip{.id = {self_, next_sequence_++}, .payload = std::move(payload)};
  seen_.insert(now, gossip.id);
  if (relays()) trees_.touch(self_);
  spread(now, std::move(gossip), kNobody, {}, outputs);
  return outputs;
}

// Algorithm 3, NeighborUp: every link begins as a branch, which here is what a free slot says in every tree.
PlumtreeOutputs Plumtree::on_neighbour_up(TimePoint now, NodeId node) {
  PlumtreeOutputs outputs;
  if (find(node) || node == self_) return outputs;
  const auto free = std::ranges::find(neighbours_, false, &Neighbour::up);
  const auto slot = static_cast<Slot>(free - neighbours_.begin());
  if (free == neighbours_.end()) neighbours_.emplace_back();
  neighbours_[slot] = {.node = node, .up = true};
  neighbour_index_.insert(plumtree::hash_of(node, seed_), slot);
  for (const Mention& mention : kept_.newest(now, options_.catch_up_for, options_.catch_up_max)) {
    Mention there = mention;
    there.hops = one_more(mention.hops);
    if (mention.root != node) announce(now, slot, there, outputs);
  }
  return outputs;
}

// Algorithm 3, NeighborDown. Nothing is sent: what the lost branch would have brought is announced by others.
PlumtreeOutputs Plumtree::on_neighbour_down(TimePoint, NodeId node) {
  const auto slot = find(node);
  if (!slot) return {};
  neighbour_index_.erase(plumtree::hash_of(node, seed_), *slot);
  neighbours_[*slot] = {};
  trees_.forget(*slot);
  missing_.forget(*slot);
  return {};
}

PlumtreeOutputs Plumtree::on_message(TimePoint now, NodeId from, const Bytes& message) {
  PlumtreeOutputs outputs;
  const auto slot = find(from);
  if (!slot) {
    ++counters_.stray_messages;
    return outputs;
  }
  const Kind kind = plumtree::kind_of(message);
  if (kind == Kind::kGossip) {
    on_gossip(now, *slot, message, outputs);
    return outputs;
  }
  const auto mentions = plumtree::decode_list(message, options_.announce_batch_max);
  if (!mentions) {
    ++counters_.malformed_messages;
    return outputs;
  }
  switch (kind) {
    case Kind::kAnnounce: on_announcements(now, *slot, *mentions); break;
    case Kind::kGraft: on_grafts(now, *slot, *mentions, outputs); break;
    case Kind::kPrune: on_prunes(*slot, *mentions, outputs); break;
    default: ++counters_.malformed_messages; break;  // Or of a newer node.
  }
  return outputs;
}

PlumtreeOutputs Plumtree::on_tick(TimePoint now) {
  PlumtreeOutputs outputs;
  ask_for_missing(now, outputs);
  if (announce_due_ && *announce_due_ <= now) {
    announce_due_.reset();
    for (Slot slot = 0; slot < neighbours_.size(); ++slot) flush_announcements(slot, outputs);
  }
  kept_.on_tick(now);
  seen_.on_tick(now);
  return outputs;
}

std::optional<TimePoint> Plumtree::next_tick() const {
  std::optional<TimePoint> next;
  for (const auto& due : {announce_due_, missing_.next_tick(), kept_.next_tick(), seen_.next_tick()}) {
    if (due && (!next || *due < *next)) next = due;
  }
  return next;
}

void Plumtree::reborn(NodeId self) {
  self_ = self;
  next_sequence_ = 0;
}

Plumtree::Branches Plumtree::branches(NodeId root) const {
  Branches branches;
  const auto row = trees_.find(root);
  for (Slot slot = 0; slot < neighbours_.size(); ++slot) {
    if (!neighbours_[slot].up) continue;
    (is_eager(row, root, slot) ? branches.eager : branches.lazy).push_back(neighbours_[slot].node);
  }
  const auto parent = row ? trees_.parent(*row) : std::nullopt;
  if (parent) branches.parent = neighbours_[*parent].node;
  return branches;
}

// Algorithm 1, Receive(GOSSIP).
void Plumtree::on_gossip(TimePoint now, Slot from, const Bytes& message, PlumtreeOutputs& outputs) {
  auto gossip = plumtree::decode_gossip(message);
  const bool is_forged = gossip && gossip->id.root == self_ && gossip->id.sequence >= next_sequence_;
  if (!gossip || is_forged) {
    ++counters_.malformed_messages;
    return;
  }
  if (gossip->age >= options_.keep_for) {
    ++counters_.late_payloads;
    return;
  }
  const NodeId root = gossip->id.root;
  if (root == self_ || !seen_.insert(now, gossip->id)) return on_redundant(from, root, outputs);

  ++counters_.payloads;
  const Announcers announcers = missing_.take(gossip->id);
  // What an earlier life of this node has said is handed on, but is no news to it.
  if (!root.same_node(self_)) outputs.emplace_back(PlumtreeDeliver{root, gossip->payload, gossip->hops});
  if (!relays()) return spread(now, std::move(*gossip), from, announcers, outputs);

  const auto row = trees_.touch(root);
  // It was on its way when this node pruned the link. Without a word its next one would come from nobody.
  if (trees_.is_lazy(row, from)) send(from, Kind::kGraft, Mention{.root = root}, outputs);
  trees_.set_lazy(row, from, false);
  trees_.set_parent(row, from);
  exchange_branch(row, *gossip, from, announcers, outputs);
  spread(now, std::move(*gossip), from, announcers, outputs);
}

/// Algorithm 1, Receive(GOSSIP), of what is known: the link is no branch.
void Plumtree::on_redundant(Slot from, NodeId root, PlumtreeOutputs& outputs) {
  ++counters_.redundant_payloads;
  if (!has_trees()) return;
  const auto row = trees_.touch(root);
  if (trees_.parent(row) == from) return;
  trees_.set_lazy(row, from, true);
  ++counters_.prunes;
  send(from, Kind::kPrune, Mention{.root = root}, outputs);
}

/// Algorithm 2, Receive(IHAVE).
void Plumtree::on_announcements(TimePoint now, Slot from, std::span<const Mention> mentions) {
  for (const Mention& mention : mentions) {
    if (!mention.sequence || mention.root == self_) continue;
    const plumtree::BroadcastId id{mention.root, *mention.sequence};
    if (seen_.contains(id)) continue;
    if (!missing_.announced(now, id, {from, mention.hops})) ++counters_.refused_announcements;
  }
}

/// Algorithm 2, Receive(GRAFT). A root that is not remembered is eager anyhow, and its name is not worth a place.
void Plumtree::on_grafts(TimePoint now, Slot from, std::span<const Mention> mentions, PlumtreeOutputs& outputs) {
  for (const Mention& mention : mentions) {
    if (const auto row = trees_.find(mention.root)) trees_.set_lazy(*row, from, false);
    if (!mention.sequence) continue;
    auto gossip = kept_.find(now, {mention.root, *mention.sequence});
    if (!gossip) continue;
    gossip->hops = one_more(gossip->hops);
    ++counters_.payloads_sent;
    outputs.emplace_back(PlumtreeSend{neighbours_[from].node, plumtree::encode_gossip(*gossip)});
  }
}

/// Algorithm 1, Receive(PRUNE). It answers what this node sent a while ago. If the newest broadcast has come from there
/// since, the link is this node's only branch by now.
void Plumtree::on_prunes(Slot from, std::span<const Mention> mentions, PlumtreeOutputs& outputs) {
  if (!has_trees()) return;
  for (const Mention& mention : mentions) {
    const auto row = trees_.find(mention.root);
    if (!row) continue;
    if (trees_.parent(*row) == from) {
      send(from, Kind::kGraft, Mention{.root = mention.root}, outputs);
    } else {
      trees_.set_lazy(*row, from, true);
    }
  }
}

/// Algorithm 1, EagerPush and LazyPush, of a broadcast that came from `from` or begins here; and it is kept.
void Plumtree::spread(TimePoint now, Gossip gossip, Slot from, const Announcers& announcers, PlumtreeOutputs& outputs) {
  const NodeId root = gossip.id.root;
  const bool begins_here = from == kNobody;
  const auto row = trees_.find(root);
  std::vector<Slot> eager;
  std::vector<Slot> lazy;
  for (Slot slot = 0; slot < neighbours_.size(); ++slot) {
    if (!hands_on_to(slot, root, from, announcers)) continue;
    const bool is_pushed = relays() ? is_eager(row, root, slot) : begins_here;
    (is_pushed ? eager : lazy).push_back(slot);
  }

  const std::uint16_t hops = one_more(gossip.hops);
  if (!eager.empty()) {
    const std::size_t size = gossip.payload.size();
    const Bytes message = plumtree::encode_gossip({gossip.id, hops, gossip.age, gossip.payload});
    for (const Slot slot : eager) outputs.emplace_back(PlumtreeSend{neighbours_[slot].node, message});
    counters_.payloads_sent += eager.size();
    gossip.payload = plumtree::payload_of(message, size);
  } else if (gossip.payload.size() < kKeptAsSliceBytesMin) {
    gossip.payload = Bytes::copy_of(gossip.payload.span());
  }

  const std::size_t announced = relays() ? lazy.size() : std::min(lazy.size(), options_.announce_max);
  for (std::size_t i = 0; i < announced; ++i) {
    // Those who hear of it are drawn only where not all do.
    if (announced < lazy.size()) std::swap(lazy[i], lazy[i + random_.below(lazy.size() - i)]);
    announce(now, lazy[i], {root, gossip.id.sequence, hops}, outputs);
  }
  kept_.keep(now, std::move(gossip));
}

/// Whether this neighbour may not have the broadcast yet.
bool Plumtree::hands_on_to(Slot neighbour, NodeId root, Slot from, const Announcers& announcers) const {
  const Neighbour& one = neighbours_[neighbour];
  if (!one.up || neighbour == from || one.node == root) return false;
  return std::ranges::find(announcers, neighbour, &plumtree::MissingBroadcasts::Announcer::neighbour) ==
         announcers.end();
}

/// Algorithm 4 (section 3.8): if somebody had announced it over a path that is much shorter, that link becomes the
/// branch in place of the one that it came over. No cycle comes of it: the announcer had it before, so not through this
/// node.
void Plumtree::exchange_branch(plumtree::Trees::Row row, const Gossip& gossip, Slot from, const Announcers& announcers,
                               PlumtreeOutputs& outputs) {
  const auto shortest = std::ranges::min_element(announcers, {}, &plumtree::MissingBroadcasts::Announcer::hops);
  if (!has_trees() || options_.shorter_hops_min == 0 || shortest == announcers.end() || shortest->neighbour == from)
    return;
  if (shortest->hops + options_.shorter_hops_min > gossip.hops) return;
  ++counters_.exchanges;
  ++counters_.prunes;
  trees_.set_lazy(row, shortest->neighbour, false);
  trees_.set_lazy(row, from, true);
  trees_.set_parent(row, shortest->neighbour);
  send(shortest->neighbour, Kind::kGraft, Mention{.root = gossip.id.root}, outputs);
  send(from, Kind::kPrune, Mention{.root = gossip.id.root}, outputs);
}

/// The paper's lazy queues, and its policy for them: after a while, or when there are many.
void Plumtree::announce(TimePoint now, Slot to, const Mention& mention, PlumtreeOutputs& outputs) {
  auto& announcements = neighbours_[to].announcements;
  announcements.push_back(mention);
  if (!announce_due_) announce_due_ = later(now, options_.announce_delay);
  if (announcements.size() >= options_.announce_batch_max) flush_announcements(to, outputs);
}

void Plumtree::flush_announcements(Slot to, PlumtreeOutputs& outputs) {
  // A vector that keeps no memory: there are many neighbours, and long pauses.
  std::vector<Mention> announcements = std::exchange(neighbours_[to].announcements, {});
  if (announcements.empty()) return;
  counters_.announced += announcements.size();
  // Those of one root share its name.
  std::ranges::sort(announcements, {}, [](const Mention& one) { return std::pair(one.root, one.sequence); });
  send(to, Kind::kAnnounce, announcements, outputs);
}

/// Algorithm 2, the timers. Those who announced are told that they are branches now; that this node pushes to them too
/// is decided when the payload comes.
void Plumtree::ask_for_missing(TimePoint now, PlumtreeOutputs& outputs) {
  auto asks = missing_.on_tick(now);
  std::ranges::sort(asks, {}, [](const auto& ask) { return std::pair(ask.neighbour, ask.id); });
  std::vector<Mention> mentions;
  for (std::size_t i = 0; i < asks.size(); ++i) {
    const auto& ask = asks[i];
    if (const auto row = trees_.find(ask.id.root)) trees_.set_lazy(*row, ask.neighbour, false);
    mentions.push_back({ask.id.root, ask.id.sequence, ask.hops});
    const bool is_last = i + 1 == asks.size() || asks[i + 1].neighbour != ask.neighbour;
    if (!is_last && mentions.size() < options_.announce_batch_max) continue;
    counters_.grafts += mentions.size();
    send(ask.neighbour, Kind::kGraft, mentions, outputs);
    mentions.clear();
  }
}

void Plumtree::send(Slot to, Kind kind, const Mention& mention, PlumtreeOutputs& outputs) {
  send(to, kind, std::span(&mention, 1), outputs);
}

void Plumtree::send(Slot to, Kind kind, std::span<const Mention> mentions, PlumtreeOutputs& outputs) {
  outputs.emplace_back(PlumtreeSend{neighbours_[to].node, plumtree::encode_list(kind, mentions)});
}

std::optional<Plumtree::Slot> Plumtree::find(NodeId node) const {
  return neighbour_index_.find(plumtree::hash_of(node, seed_),
                               [&](Slot slot) { return neighbours_[slot].node == node; });
}

/// Where nobody hands anything on, only the root has branches.
bool Plumtree::is_eager(std::optional<plumtree::Trees::Row> row, NodeId root, Slot neighbour) const {
  if (!relays()) return root == self_;
  return !row || !trees_.is_lazy(*row, neighbour);
}

}  // namespace troupe::overlay
