#include "troupe/cluster/links.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "troupe/actor/actor.hpp"

namespace troupe::cluster {

/// One of a link's lanes, which may be made several times.
struct Links::LaneSlot {
  bool up = false;  ///< It moved to its shard, and was not lost since.
  std::uint32_t life = 0;
  unsigned attempts = 0;  ///< To make it again.
  TimerId deadline;       ///< For that.
};

/// The lanes to one peer in one of its lives.
struct Links::LinkState {
  overlay::LinkId id = 0;
  std::uint64_t token = 0;  ///< The random number that its lanes share.
  bool dialed = false;
  std::string address;   ///< Dialed: where.
  overlay::Member peer;  ///< Once the control lane is up.
  NodeId node;
  Lane* control = nullptr;
  std::map<std::string, std::vector<LaneSlot>> lanes;  ///< By channel and index. Known once the control lane is up.
  std::size_t missing = 0;                             ///< Lanes that are not up yet.
  TimePoint began{};                                   ///< When the control lane was up.
  bool up = false;                                     ///< Reported to the listener.
  TimerId deadline;                                    ///< For all lanes to be up.
  std::vector<Bytes> early;  ///< What the peer's fabric said before: for the peer the link is up a moment sooner.
  std::size_t early_bytes = 0;
};

Links::Links(LinksOptions options, Shard& shard, Network& network, LaneShards& shards, Metrics& metrics,
             LogSink& log_sink)
    : options_(std::move(options)),
      shard_(shard),
      network_(network),
      shards_(shards),
      log_(log_sink, "cluster"),
      metrics_(metrics),
      refusal_lines_(options_.refusal_lines_max, 10s),
      lanes_(shard, *this) {}

Links::~Links() { *alive_ = false; }

Links::LinkState* Links::find_link(overlay::LinkId link) const {
  const auto found = links_.find(link);
  return found == links_.end() ? nullptr : found->second.get();
}

Links::LaneSlot* Links::find_slot(LinkState& link, const std::string& channel, std::uint16_t index) {
  const auto found = link.lanes.find(channel);
  return found == link.lanes.end() || index >= found->second.size() ? nullptr : &found->second[index];
}

link::Identity Links::identity_for(std::string_view channel, std::uint16_t index, std::uint16_t lanes,
                                   std::uint64_t link) const {
  link::Identity identity = options_.identity;
  identity.channel = channel;
  for (const ChannelOptions& each : options_.channels) identity.channels.push_back({each.name, each.parallelism});
  identity.lane = index;
  identity.lanes = lanes;
  identity.link = link;
  return identity;
}

void Links::add_lane(std::unique_ptr<Connection> connection, link::Role role, link::Identity identity,
                     overlay::LinkId link) {
  link::Nonce nonce;
  network_.secure_random(nonce);
  link::LinkOptions options{.secret = options_.secret,
                            .handshake_timeout = options_.handshake_timeout,
                            .liveness = options_.liveness,
                            .window = options_.window,
                            .chunk_bytes = options_.chunk_bytes};
  if (const LinkState* state = find_link(link); state != nullptr && state->control != nullptr) {
    options.expected_node = state->peer.name;
  }
  std::string channel = role == link::Role::kDialer ? identity.channel : std::string();
  const std::uint16_t index = identity.lane;
  Lane& lane =
      lanes_.add(std::move(connection), link::Link(std::move(options), role, std::move(identity), nonce, shard_.now()));
  lane.channel = std::move(channel);
  lane.index = index;
  lane.owner = link;
  if (role == link::Role::kAcceptor) ++handshakes_;
  lanes_.start(lane);
}

// Dialing.

void Links::dial(const std::string& address) {
  const overlay::LinkId id = ++last_link_;
  auto link = std::make_unique<LinkState>();
  link->id = id;
  link->dialed = true;
  link->address = address;
  network_.secure_random(std::as_writable_bytes(std::span(&link->token, 1)));
  LinkState& state = *link;
  links_.emplace(id, std::move(link));
  open_lane(state, std::string(kControlChannel), 0, 1);
}

void Links::open_lane(const LinkState& link, const std::string& channel, std::uint16_t index, std::uint16_t lanes) {
  network_.connect(link.address, [this, alive = alive_, id = link.id, channel, index,
                                  lanes](Result<std::unique_ptr<Connection>> connection) {
    if (!*alive) return;
    LinkState* link = find_link(id);
    if (link == nullptr) return;  // Closed meanwhile.
    if (!connection) return on_lane_not_made(*link, channel, index, connection.error());
    add_lane(std::move(*connection), link::Role::kDialer, identity_for(channel, index, lanes, link->token), id);
  });
}

// Accepting.

void Links::on_accept(std::unique_ptr<Connection> connection) {
  if (handshakes_ >= options_.handshakes_max) {
    return report_refused(
        fmt::format("{} is turned away: {} connections are in their handshake (cluster.handshakes_max)",
                    connection->peer_address(), handshakes_),
        "too_many_handshakes");
  }
  add_lane(std::move(connection), link::Role::kAcceptor, identity_for(kControlChannel, 0, 1, 0), 0);
}

void Links::accept_into_link(Lane& lane) {
  const link::Identity& peer = lane.link.peer();
  lane.channel = peer.channel;
  lane.index = peer.lane;
  const auto same = std::ranges::find_if(links_, [&](const auto& each) {
    return !each.second->dialed && each.second->token == peer.link && each.second->node == peer.id();
  });
  if (peer.channel == kControlChannel && same == links_.end()) {
    auto link = std::make_unique<LinkState>();
    link->id = ++last_link_;
    link->token = peer.link;
    lane.owner = link->id;
    links_.emplace(link->id, std::move(link));
    return;
  }
  if (peer.channel != kControlChannel && same != links_.end()) {
    lane.owner = same->first;
    return;
  }
  lane.link.give_up("the lane belongs to no link that is known here", lane.actions);
}

// Both.

void Links::on_lane_established(Lane& lane) {
  if (lane.link.role() == link::Role::kAcceptor) --handshakes_;
  if (const link::Identity& peer = lane.link.peer(); !lane.may_claim_its_address()) {
    return lane.link.give_up("the certificate of " + peer.node + " does not name the host of " + peer.address +
                                 ", where it says it is reached",
                             lane.actions);
  }
  if (lane.owner == 0) accept_into_link(lane);
  LinkState* link = find_link(lane.owner);
  if (link == nullptr) return;
  lane.channel == kControlChannel ? on_control_established(*link, lane) : on_data_established(*link, lane);
}

void Links::on_control_established(LinkState& link, Lane& lane) {
  const link::Identity& peer = lane.link.peer();
  link.control = &lane;
  lane.cut_bytes = 2 * options_.channels[0].queue_bytes_max;
  link.peer = {.name = peer.node,
               .incarnation = peer.incarnation,
               .address = peer.address,
               .http = peer.http_address,
               .zone = peer.zone,
               .server = peer.server,
               .placement = peer.placement};
  link.node = peer.id();
  // Who wants more lanes gets them: each shard of either side then has one of its own.
  for (const ChannelOptions& channel : options_.channels) link.lanes[channel.name].resize(channel.parallelism);
  for (const link::ChannelWish& channel : peer.channels) {
    std::vector<LaneSlot>& lanes = link.lanes[channel.name];
    lanes.resize(std::max<std::size_t>(lanes.size(), channel.lanes));
  }
  for (const auto& [name, lanes] : link.lanes) link.missing += lanes.size();
  open_meter(lane, metrics_, shard_.now());
  if (!std::exchange(reporting_, true)) report_each_second();
  link.began = shard_.now();
  link.deadline = shard_.after(options_.handshake_timeout, [this, id = link.id] {
    close_link(id, Error{ErrorCode::kTimeout, "not all lanes of the link came up in time"}, false, true);
  });
  if (!link.dialed) return;
  for (const auto& [name, lanes] : link.lanes) {
    const auto count = static_cast<std::uint16_t>(lanes.size());
    for (std::uint16_t i = 0; i < count; ++i) open_lane(link, name, i, count);
  }
}

void Links::on_data_established(LinkState& link, Lane& lane) {
  const link::Identity& peer = lane.link.peer();
  LaneSlot* slot = find_slot(link, lane.channel, lane.index);
  const bool same_count = link.dialed || (slot != nullptr && peer.lanes == link.lanes[lane.channel].size());
  // One that is up while the link is not is there twice; else this end has not seen yet that the lane was lost.
  if (peer.id() != link.node || slot == nullptr || !same_count || (slot->up && !link.up)) {
    return lane.link.give_up("the lane does not fit the link that it names", lane.actions);
  }
  slot->up = true;
  slot->attempts = 0;
  lane.life = ++slot->life;
  if (link.up) {
    shard_.cancel(slot->deadline);
    log_.info("lane {} of channel {} to {} was made again", lane.index, lane.channel, link.peer.name);
  }
  shards_.attach(lanes_.part(lane));
  if (link.up || --link.missing > 0) return;
  link.up = true;
  shard_.cancel(link.deadline);
  std::size_t lanes = 1;
  for (const auto& [name, each] : link.lanes) lanes += each.size();
  log_.debug("all {} lanes to {} are up, {} ms after the first", lanes, link.peer.name,
             to_milliseconds(shard_.now() - link.began));
  if (listener_ == nullptr) return;
  listener_->on_link_up(link.id, link.peer, link.dialed ? link.address : "");
  for (Bytes& message : std::exchange(link.early, {})) listener_->on_overlay_message(link.id, std::move(message));
}

void Links::on_lane_message(Lane& lane, Bytes payload) {
  LinkState* link = find_link(lane.owner);
  if (link == nullptr || listener_ == nullptr) return;
  if (link->up) return listener_->on_overlay_message(link->id, std::move(payload));
  link->early_bytes += payload.size() + wire::kFrameHeaderBytes;
  link->early.push_back(std::move(payload));
  if (link->early_bytes > options_.channels[0].queue_bytes_max)
    lane.link.give_up("too much was sent before the link was up", lane.actions);
}

void Links::on_lane_heard(Lane& lane) {
  const LinkState* link = find_link(lane.owner);
  const bool is_control = link != nullptr && link->control == &lane;
  if (is_control && link->up && listener_ != nullptr) listener_->on_link_heard(link->id, lane.link.last_round_trip());
}

void Links::on_lane_closed(Lane& lane, const link::Closed& closed) {
  if (lane.link.role() == link::Role::kAcceptor && lane.link.version() == 0)
    --handshakes_;  // It ended in its handshake.
  if (LinkState* link = find_link(lane.owner); link != nullptr && lane.channel != kControlChannel)
    return on_lane_not_made(*link, lane.channel, lane.index, closed.error);
  if (lane.owner != 0) return close_link(lane.owner, closed.error, closed.peer_left, true);
  report_refused(fmt::format("connection from {} refused: {}", lane.peer_address(), closed.error.to_string()),
                 to_string(closed.error.code));
}

// Lanes that are lost while their link goes on.

void Links::on_lane_lost(const LostLane& lost) {
  LinkState* link = find_link(lost.link);
  LaneSlot* slot = link == nullptr ? nullptr : find_slot(*link, lost.channel, lost.index);
  if (slot == nullptr) return;
  if (link->up && listener_ != nullptr) listener_->on_link_shaken(lost.link);
  if (slot->life != lost.life) return;  // Made again already.
  if (!link->up) return close_link(lost.link, lost.reason, false, true);
  slot->up = false;
  log_.warning("lane {} of channel {} to {} was lost: {}", lost.index, lost.channel, link->peer.name,
               lost.reason.to_string());
  metrics_
      .counter("troupe_cluster_lanes_lost_total", "Connections to other nodes that broke while their link went on",
               {{"channel", lost.channel}})
      .add();
  slot->deadline = shard_.after(options_.lane_away_max, [this, lost] {
    close_link(lost.link,
               Error{ErrorCode::kUnreachable, fmt::format("lane {} of channel {} was lost and could not be made again",
                                                          lost.index, lost.channel)},
               false, true);
  });
  if (link->dialed) dial_again(*link, lost.channel, lost.index);
}

void Links::dial_again(LinkState& link, const std::string& channel, std::uint16_t index) {
  constexpr unsigned kDoublingsMax = 6;
  const unsigned doublings = std::min(find_slot(link, channel, index)->attempts++, kDoublingsMax);
  const Duration half = options_.redial_min * (1U << doublings) / 2;
  const Duration pause = half + Duration(shard_.random().below(static_cast<std::uint64_t>(half.count())));
  shard_.after(pause, [this, id = link.id, channel, index] {
    const LinkState* again = find_link(id);
    if (again == nullptr) return;
    open_lane(*again, channel, index, static_cast<std::uint16_t>(again->lanes.at(channel).size()));
  });
}

/// Before the link is up it needs all its lanes; then it has time to make one again.
void Links::on_lane_not_made(LinkState& link, const std::string& channel, std::uint16_t index, const Error& reason) {
  if (!link.up) return close_link(link.id, reason, false, true);
  log_.debug("lane {} of channel {} to {} is not made yet: {}", index, channel, link.peer.name, reason.to_string());
  if (link.dialed) dial_again(link, channel, index);
}

void Links::report_each_second() {
  reporting_ = tick_meters(lanes_);
  if (!reporting_) return;
  shard_.after(1s, [this, alive = alive_] {
    if (*alive) report_each_second();
  });
}

void Links::report_refused(const std::string& line, std::string_view reason) {
  if (const auto left_out = refusal_lines_.take(shard_.now())) {
    log_.warning("{}{}", line, *left_out == 0 ? "" : fmt::format(" ({} such lines before it are left out)", *left_out));
  }
  metrics_
      .counter("troupe_cluster_connections_refused_total", "Connections to the cluster port that were refused",
               {{"reason", std::string(reason)}})
      .add();
}

void Links::use(const NodeId& node, overlay::LinkId id) {
  const LinkState* link = find_link(id);
  if (link == nullptr) return;  // Lost meanwhile: its listener is told next.
  used_[node.name] = id;
  std::vector<ChannelLanes> channels;
  for (const auto& [name, lanes] : link->lanes) channels.push_back({name, static_cast<std::uint16_t>(lanes.size())});
  shards_.use(node, id, channels);
}

void Links::deliver(const NodeId& node, overlay::LinkId id) {
  if (find_link(id) != nullptr) shards_.deliver(node, id);
}

void Links::send_control(const NodeId& node, const Bytes& message) {
  const auto used = used_.find(node.name);
  LinkState* link = used == used_.end() ? nullptr : find_link(used->second);
  if (link == nullptr) return;
  // The overlay repairs what is lost.
  const Result<void> sent = link->control->link.send(
      shard_.now(), 0, [&](wire::Writer& writer) { writer.raw(message); }, link->control->actions);
  if (sent) ++link->control->meter.traffic.messages_sent;
  lanes_.carry_out(*link->control);
}

void Links::close(overlay::LinkId link, const std::string& reason) {
  close_link(link, Error{ErrorCode::kRefused, reason}, false, false);
}

void Links::close_link(overlay::LinkId id, const Error& reason, bool peer_left, bool tell, bool leaves) {
  const auto found = links_.find(id);
  if (found == links_.end()) return;
  const std::unique_ptr<LinkState> link = std::move(found->second);
  links_.erase(found);
  shard_.cancel(link->deadline);
  if (const auto used = used_.find(link->node.name); used != used_.end() && used->second == id) used_.erase(used);
  const std::string why = leaves ? reason.detail : reason.to_string();
  lanes_.for_each([&](Lane& lane) {
    if (lane.owner != id) return;
    leaves ? lane.link.goodbye(why, lane.actions) : lane.link.give_up(why, lane.actions);
    lanes_.retire(lane);
  });
  shards_.close(id, why, leaves);
  if (tell) report_end(*link, reason, peer_left);
}

void Links::report_end(const LinkState& link, const Error& reason, bool peer_left) {
  const MetricLabels labels{{"reason", std::string(to_string(reason.code))}};
  if (link.up) {
    log_.info("link to {} ({}) ended: {}", link.peer.name, link.peer.address, reason.to_string());
    metrics_.counter("troupe_cluster_links_ended_total", "Links to other nodes that ended", labels).add();
    if (listener_ != nullptr) listener_->on_link_down(link.id, reason, peer_left);
  } else if (link.dialed) {
    metrics_.counter("troupe_cluster_dials_failed_total", "Links to other nodes that could not be made", labels).add();
    if (listener_ != nullptr) listener_->on_dial_failed(link.address, reason);
  } else {
    log_.warning("link from {} ({}) ended before it was up: {}", link.peer.name, link.peer.address, reason.to_string());
    metrics_.counter("troupe_cluster_links_ended_total", "Links to other nodes that ended", labels).add();
  }
}

void Links::be_reborn(std::uint64_t incarnation) {
  options_.identity.incarnation = incarnation;
  const Error reason{ErrorCode::kRefused, fmt::format("the node comes back as incarnation {}", incarnation)};
  std::vector<overlay::LinkId> left;
  for (const auto& [id, link] : links_) left.push_back(id);
  for (const overlay::LinkId id : left) close_link(id, reason, false, true);
}

void Links::leave(const std::string& reason) {
  while (!links_.empty()) {
    close_link(links_.begin()->first, Error{ErrorCode::kStopping, reason}, false, false, true);
  }
  flush();
}

}  // namespace troupe::cluster
