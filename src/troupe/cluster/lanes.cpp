#include "troupe/cluster/lanes.hpp"

#include <algorithm>
#include <utility>

#include "troupe/actor/actor.hpp"
#include "troupe/cluster/routing.hpp"

namespace troupe::cluster {

namespace {

/// Messages that stay in order: those of one sender, or with one key, to one recipient.
std::uint64_t flow_of(std::uint32_t key, ActorId sender, ActorId recipient) {
  return combine(key != 0 ? key : sender.raw(), recipient.raw());
}
std::uint64_t flow_of(const Envelope& envelope) {
  return flow_of(envelope.key, envelope.sender.actor, envelope.recipient);
}

/// Journey::group
std::uint8_t group_of(std::uint64_t flow) {
  return static_cast<std::uint8_t>(flow & ((1U << Journey::kGroupBits) - 1));
}

/// What chooses its lane. On a journey that is the group, on all nodes alike.
std::uint64_t lane_flow_of(const Envelope& envelope) {
  if (envelope.stamps && envelope.stamps->journey) [[unlikely]]
    return envelope.stamps->journey->group;
  return flow_of(envelope);
}

SendOutcome outcome_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kQueueFull: return SendOutcome::kFull;
    case ErrorCode::kTooLarge: return SendOutcome::kTooLarge;
    default: return SendOutcome::kUnreachable;
  }
}

bool is_full(const Lane& lane, const ChannelOptions& options, std::size_t share) {
  return lane.link.waiting_bytes() > options.queue_bytes_max / share ||
         lane.link.waiting_messages() >= std::max<std::size_t>(options.queue_messages_max / share, 1);
}

}  // namespace

Lanes::Lanes(LanesOptions options, Routing& routing, Shard& shard, Network& network, LaneLoss& loss, Metrics& metrics,
             LogSink& log_sink)
    : options_(std::move(options)),
      routing_(routing),
      shard_(shard),
      network_(network),
      loss_(loss),
      log_(log_sink, "cluster"),
      metrics_(metrics),
      lanes_(shard, *this) {}

// What Links tells all shards.

void Lanes::attach(PartedLane parted) {
  Lane& lane = lanes_.adopt(std::move(parted), network_);
  const ChannelOptions& options = options_of(lane.channel);
  lane.priority = options.priority;
  lane.cut_bytes = 2 * options.queue_bytes_max;
  const auto same = [&lane](const Lane* other) { return other->channel == lane.channel && other->index == lane.index; };
  std::vector<Lane*>& lanes = links_[lane.owner].lanes;
  if (const auto earlier = std::ranges::find_if(lanes, same); earlier != lanes.end()) {
    // The peer knows before this node that the connection broke. What still comes over it would be out of order.
    Lane& lost = **earlier;
    lose(lost, Error{ErrorCode::kUnreachable, "the peer made the lane again"});
    lanes_.retire(lost);
  }
  lanes.push_back(&lane);
  place(lane, &lane);
  open_meter(lane, metrics_, shard_.now());
  lanes_.carry_out(lane);
  if (!std::exchange(reporting_, true)) report_each_second();
}

/// A channel that only the peer has is used here as `data` is.
const ChannelOptions& Lanes::options_of(const std::string& channel) const {
  const auto found = std::ranges::find(options_.channels, channel, &ChannelOptions::name);
  return found == options_.channels.end() ? options_.channels[0] : *found;
}

void Lanes::use(const NodeId& node, overlay::LinkId link, const std::vector<ChannelLanes>& channels) {
  if (const Peer* before = peer_of(node); before != nullptr && before->link != link)
    tell_loss_of_all(*before, Error{ErrorCode::kUnreachable, "another link to the node took this one's place"});
  Peer peer{.node = node, .link = link, .channels = {}};
  const auto state = links_.find(link);
  for (const ChannelLanes& each : channels) {
    PeerChannel channel{
        .name = each.name,
        .id = Channel(each.name).id(),
        .lanes = each.lanes,
        .options = &options_of(each.name),
        .own = {},
    };
    channel.own.resize(lanes_of_shard(channel, shard_.index()));
    if (state != links_.end()) {
      for (Lane* lane : state->second.lanes) {
        if (lane->channel == each.name) slot_of(channel, *lane) = lane;
      }
    }
    peer.channels.insert(each.name == kDataChannel ? peer.channels.begin() : peer.channels.end(), std::move(channel));
  }
  peers_[node.name] = std::move(peer);
}

void Lanes::deliver(const NodeId& node, overlay::LinkId link) {
  const overlay::LinkId before = std::exchange(delivered_[node.name], link);
  if (const auto earlier = links_.find(before); earlier != links_.end() && before != link)
    earlier->second.delivery = Delivery::kSuperseded;
  const auto found = links_.find(link);
  if (found == links_.end()) return;
  found->second.delivery = Delivery::kOpen;
  const std::vector<Lane*> lanes = found->second.lanes;
  for (Lane* lane : lanes) lane->held_bytes = 0;
  for (auto& [lane, payload] : std::exchange(found->second.held, {})) receive(*lane, std::move(payload));
  for (Lane* lane : lanes) lanes_.carry_out(*lane);
}

void Lanes::close(overlay::LinkId link, const std::string& reason, bool leaves) {
  forget(link, Error{leaves ? ErrorCode::kStopping : ErrorCode::kUnreachable, reason});
  lanes_.for_each([&](Lane& lane) {
    if (lane.owner != link) return;
    newest_.erase(lane.number);
    leaves ? lane.link.goodbye(reason, lane.actions) : lane.link.give_up(reason, lane.actions);
    lanes_.retire(lane);
  });
}

void Lanes::forget(overlay::LinkId link, const Error& why) {
  links_.erase(link);
  last_peer_ = nullptr;
  std::erase_if(peers_, [&](const auto& each) {
    if (each.second.link != link) return false;
    tell_loss_of_all(each.second, why);
    return true;
  });
  std::erase_if(delivered_, [&](const auto& each) { return each.second == link; });
}

// Lanes that are lost while their link goes on.

/// Of all shards' lanes, number i belongs to shard i modulo the number of shards.
std::size_t Lanes::lanes_of_shard(const PeerChannel& channel, std::uint32_t shard) const {
  return channel.lanes > shard ? (channel.lanes - shard - 1) / options_.shards + 1 : 0;
}

Lane*& Lanes::slot_of(PeerChannel& channel, const Lane& lane) { return channel.own.at(lane.index / options_.shards); }

void Lanes::place(Lane& lane, Lane* in_its_slot) {
  for (auto& [name, peer] : peers_) {
    if (peer.link != lane.owner) continue;
    for (PeerChannel& channel : peer.channels) {
      if (channel.name == lane.channel) slot_of(channel, lane) = in_its_slot;
    }
  }
}

/// Takes the lane out of use; its owner destroys it.
void Lanes::lose(Lane& lane, const Error& why) {
  newest_.erase(lane.number);
  place(lane, nullptr);
  if (const auto found = links_.find(lane.owner); found != links_.end()) {
    std::erase(found->second.lanes, &lane);
    std::erase_if(found->second.held, [&](const auto& each) { return each.first == &lane; });
  }
  loss_.on_lane_lost({lane.owner, lane.link.peer().id(), lane.channel, lane.index, lane.life, why});
}

void Lanes::tell_loss(const LostLane& lost) {
  const Peer* peer = peer_of(lost.node);
  if (peer == nullptr || peer->link != lost.link) return;
  const bool is_numbered = routing_.is_numbered(lost.node);
  shard_.messages_lost(lost.node, lost.reason, [&](ActorId sender, ActorId recipient, const Via& via) {
    const PeerChannel& channel = channel_of(*peer, via.channel.id());
    if (channel.name != lost.channel) return false;
    std::uint64_t flow = flow_of(via.key.hash(), sender, recipient);
    if (is_numbered) flow = cluster::group_of(flow);
    const std::uint32_t shard = shard_for(channel, flow);
    if (lost.index % options_.shards != shard) return false;
    return channel.options->lane_choice != LaneChoice::kAffinity ||
           flow % lanes_of_shard(channel, shard) == lost.index / options_.shards;
  });
}

void Lanes::tell_loss_of_all(const Peer& peer, const Error& why) {
  shard_.messages_lost(peer.node, why, [](ActorId, ActorId, const Via&) { return true; });
}

// Sending.

const Lanes::Peer* Lanes::peer_of(const NodeId& node) const {
  if (last_peer_ == nullptr || last_peer_->node.name != node.name) {
    const auto found = peers_.find(node.name);
    if (found == peers_.end()) return nullptr;
    last_peer_ = &found->second;
  }
  return last_peer_->node == node ? last_peer_ : nullptr;
}

/// What names no channel, or one that the link does not have, goes over `data`.
const Lanes::PeerChannel& Lanes::channel_of(const Peer& peer, std::uint16_t id) {
  if (id == 0) return peer.channels[0];
  const auto found = std::ranges::find(peer.channels, id, &PeerChannel::id);
  return found == peer.channels.end() ? peer.channels[0] : *found;
}

std::uint32_t Lanes::shard_for(const NodeId& node, const Envelope& envelope) const {
  const Peer* peer = peer_of(node);
  if (peer == nullptr) return shard_.index();
  const PeerChannel& channel = channel_of(*peer, envelope.channel);
  return channel.own.empty() ? shard_for(channel, lane_flow_of(envelope)) : shard_.index();
}

std::uint32_t Lanes::shard_for(const PeerChannel& channel, std::uint64_t flow) const {
  if (!channel.own.empty() || channel.lanes == 0) return shard_.index();
  return static_cast<std::uint32_t>(flow % channel.lanes) % options_.shards;
}

/// Null while the lane is being made again.
Lane* Lanes::choose_lane(const PeerChannel& channel, const Envelope& envelope) {
  if (channel.own.size() == 1) return channel.own[0];
  switch (channel.options->lane_choice) {
    case LaneChoice::kRandom: return channel.own[shard_.random().below(channel.own.size())];
    case LaneChoice::kRoundRobin: return channel.own[++turn_ % channel.own.size()];
    case LaneChoice::kAffinity: break;
  }
  return channel.own[lane_flow_of(envelope) % channel.own.size()];
}

bool Lanes::keeps_order(const NodeId& neighbour, const Envelope& envelope) const {
  const Peer* peer = peer_of(neighbour);
  return peer == nullptr || channel_of(*peer, envelope.channel).options->lane_choice == LaneChoice::kAffinity;
}

std::uint8_t Lanes::group_of(const Envelope& envelope) { return cluster::group_of(flow_of(envelope)); }

SendOutcome Lanes::room_for(const NodeId& node, const Envelope& envelope) const {
  const Peer* peer = peer_of(node);
  if (peer == nullptr) return SendOutcome::kUnreachable;
  const PeerChannel& channel = channel_of(*peer, envelope.channel);
  if (channel.own.empty()) return SendOutcome::kTaken;  // Another shard's lane: not seen from here.
  const Lane* lane = channel.own[lane_flow_of(envelope) % channel.own.size()];
  return lane == nullptr || is_full(*lane, *channel.options, 2) ? SendOutcome::kFull : SendOutcome::kTaken;
}

SendOutcome Lanes::send(const NodeId& node, EnvelopePtr envelope) {
  const Result<void> sent = try_send(node, envelope);
  return sent ? SendOutcome::kTaken : outcome_of(sent.error().code);
}

void Lanes::send_for(const NodeId& node, EnvelopePtr envelope) {
  const bool is_ask = envelope->kind == EnvelopeKind::kAsk;
  const Address asker{shard_.node(), envelope->sender.actor};
  const std::uint64_t correlation = envelope->correlation;
  const EnvelopeKind kind = envelope->kind;
  const ActorId recipient = envelope->recipient;
  const bool is_on_journey = envelope->stamps && envelope->stamps->journey;
  const NodeId to = is_on_journey ? envelope->stamps->journey->to : node;
  const Result<void> sent = try_send(node, envelope);
  if (sent) return;
  if (kind == EnvelopeKind::kTell) refused_[{to, asker.actor.shard()}].emplace(asker.actor, recipient);
  if (!is_ask) return;
  EnvelopePtr answer = Envelope::make(EnvelopeKind::kError, sent.error());
  answer->correlation = correlation;
  shard_.send(std::move(answer), asker);
}

void Lanes::flush() {
  lanes_.flush();
  for (auto& [from, pairs] : std::exchange(refused_, {})) {
    ShardTask task = [node = from.first, pairs = std::move(pairs)](Shard& shard) {
      const Error why{ErrorCode::kQueueFull, "the lane of another shard to the node is full, or broke"};
      shard.messages_lost(node, why, [&](ActorId sender, ActorId recipient, const Via&) {
        return pairs.contains({sender, recipient});
      });
    };
    shard_.host().send_to_shard(from.second,
                                Envelope::make(EnvelopeKind::kTask, std::move(task), local_payload_type<ShardTask>));
  }
}

Result<void> Lanes::try_send(const NodeId& node, EnvelopePtr& envelope) {
  if (envelope->type() != nullptr && envelope->type()->encode == nullptr)
    return fail(ErrorCode::kTooLarge, "messages of this type stay inside their node");
  const Peer* peer = peer_of(node);
  const PeerChannel* channel = peer == nullptr ? nullptr : &channel_of(*peer, envelope->channel);
  if (channel == nullptr || channel->own.empty())
    return refuse(node, *envelope, {ErrorCode::kUnreachable, "there is no link to the node"});
  Lane* const chosen = choose_lane(*channel, *envelope);
  if (chosen == nullptr)
    return refuse(node, *envelope, {ErrorCode::kUnreachable, "the lane to the node broke and is being made again"});
  Lane& lane = *chosen;
  if (is_refusable(envelope->kind)) {
    if (channel->options->monotonic && envelope->kind == EnvelopeKind::kTell && !envelope->is_for_deliveries() &&
        !lane.link.has_room())
      return queue_newest(lane, *channel, envelope);
    if (is_full(lane, *channel->options, 1) && !make_room(lane, *channel)) {
      if (channel->options->when_full == WhenFull::kDropNewest && envelope->kind == EnvelopeKind::kTell) {
        lane.meter.drop(DropCause::kPolicy);
        return {};
      }
      lane.meter.drop(DropCause::kQueueFull);
      return refuse(node, *envelope,
                    {ErrorCode::kQueueFull,
                     "the lane to the node has its queue full (queue_bytes, "
                     "queue_messages of its channel)"});
    }
  }
  return write(lane, *channel->options, node, *envelope);
}

Result<void> Lanes::queue_newest(Lane& lane, const PeerChannel& channel, EnvelopePtr& envelope) {
  NewestQueue& queue = newest_[lane.number];
  if (queue.size() >= channel.options->queue_messages_max && !queue.contains(NewestQueue::key_of(*envelope))) {
    if (channel.options->when_full == WhenFull::kDropOldest) {
      (void)queue.pop();
      lane.meter.drop(DropCause::kPolicy);
      (void)queue.push(std::move(envelope));
      return {};
    }
    const bool drops = channel.options->when_full == WhenFull::kDropNewest;
    lane.meter.drop(drops ? DropCause::kPolicy : DropCause::kQueueFull);
    if (drops) return {};
    count_dead_letter(ErrorCode::kQueueFull);
    return fail(ErrorCode::kQueueFull, "the lane to the node has its queue full (queue_messages of its channel)");
  }
  if (queue.push(std::move(envelope))) lane.meter.drop(DropCause::kReplaced);
  lane.more_messages = queue.size();
  return {};
}

/// The peer has given credit: what waits unencoded may go.
void Lanes::on_lane_progress(Lane& lane) {
  const auto found = newest_.find(lane.number);
  if (found == newest_.end()) return;
  while (lane.link.has_room()) {
    const EnvelopePtr next = found->second.pop();
    if (!next) break;
    (void)write(lane, options_of(lane.channel), lane.link.peer().id(), *next);
  }
  lane.more_messages = found->second.size();
  if (lane.more_messages == 0) newest_.erase(found);
}

/// Drops what has waited longest until there is room, if that is the channel's policy. What has reserved room is never
/// dropped, nor what is partly sent.
bool Lanes::make_room(Lane& lane, const PeerChannel& channel) {
  if (channel.options->when_full != WhenFull::kDropOldest) return false;
  while (is_full(lane, *channel.options, 1)) {
    if (!lane.link.drop_oldest()) return false;
    lane.meter.drop(DropCause::kPolicy);
  }
  return true;
}

Result<void> Lanes::write(Lane& lane, const ChannelOptions& channel, const NodeId& node, const Envelope& envelope) {
  const PayloadType* type = envelope.type();
  const RoutedHead head = encode_head({.node = node,
                                       .kind = envelope.kind,
                                       .recipient = envelope.recipient,
                                       .sender = envelope.sender.actor,
                                       .correlation = envelope.correlation,
                                       .tag = envelope.tag(),
                                       .body = {},
                                       .stamps = nullptr});
  const Result<void> sent = lane.link.send(
      shard_.now(), flow_of(envelope),
      [&](wire::Writer& writer) {
        const auto body = [&](wire::Writer& to) {
          if (type != nullptr) type->encode(envelope.payload(), to);
        };
        write_routed(writer, head, envelope.stamps.get(), body, channel.compression);
      },
      lane.actions, channel.when_full == WhenFull::kDropOldest && envelope.kind == EnvelopeKind::kTell);
  if (!sent) {
    lane.meter.drop(sent.error().code == ErrorCode::kTooLarge ? DropCause::kTooLarge : DropCause::kLost);
    return refuse(node, envelope, sent.error());
  }
  ++lane.meter.traffic.messages_sent;
  lanes_.mark_dirty(lane);
  return {};
}

std::unexpected<Error> Lanes::refuse(const NodeId& node, const Envelope& envelope, Error why) {
  count_dead_letter(why.code);
  const bool is_passing =
      envelope.stamps && envelope.stamps->journey && envelope.stamps->journey->from != shard_.node();
  if (envelope.kind == EnvelopeKind::kReply && why.code == ErrorCode::kTooLarge && !is_passing) {
    // The asker on the other node is told why, instead of waiting for an answer that cannot come.
    EnvelopePtr error = Envelope::make(EnvelopeKind::kError, Error{why.code, "the answer: " + why.detail});
    error->recipient = envelope.recipient;
    error->sender = envelope.sender;
    error->correlation = envelope.correlation;
    (void)send(node, std::move(error));
  }
  return std::unexpected(std::move(why));
}

void Lanes::count_dead_letter(ErrorCode why) {
  metrics_
      .counter("troupe_dead_letters_total", "Messages that no handler received",
               {{"reason", std::string(to_string(why))}})
      .add();
}

// What is seen from outside: once a second, so that a message costs no atomic operation for it.

void Lanes::report_each_second() {
  reporting_ = tick_meters(lanes_);  // A node that is alone has nothing to wake up for.
  if (reporting_) shard_.after(1s, [this] { report_each_second(); });
}

}  // namespace troupe::cluster
