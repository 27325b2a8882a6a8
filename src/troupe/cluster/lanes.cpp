#include "troupe/cluster/lanes.hpp"

#include <algorithm>
#include <utility>

#include "troupe/actor/actor.hpp"
#include "troupe/cluster/lane.hpp"

namespace troupe::cluster {

namespace {

constexpr auto kControl = "control";
constexpr auto kData = "data";

}  // namespace

Lanes::Lanes(LanesOptions options, Shard& shard, Network& network, Metrics& metrics, LogSink& log_sink)
    : options_(std::move(options)), shard_(shard), network_(network), log_(log_sink, "cluster"), metrics_(metrics) {}

Lanes::~Lanes() { *alive_ = false; }

Lanes::LinkState* Lanes::find_link(overlay::LinkId link) const {
  const auto found = links_.find(link);
  return found == links_.end() ? nullptr : found->second.get();
}

link::Identity Lanes::identity_for(const std::string& channel, std::uint16_t index, std::uint64_t link) const {
  link::Identity identity = options_.identity;
  identity.channel = channel;
  identity.lane = index;
  identity.lanes = channel == kData ? options_.data_lanes : std::uint16_t{1};
  identity.link = link;
  return identity;
}

Lanes::Lane& Lanes::add_lane(std::unique_ptr<Connection> connection, link::Role role, link::Identity identity,
                             overlay::LinkId link) {
  link::Nonce nonce;
  network_.secure_random(nonce);
  link::LinkOptions options{
      .secret = options_.secret, .handshake_timeout = options_.handshake_timeout, .liveness = options_.liveness};
  if (const LinkState* state = find_link(link); state != nullptr && state->control != nullptr) {
    options.expected_node = state->peer.name;
  }
  const std::uint64_t number = ++last_lane_;
  const std::uint16_t index = identity.lane;
  std::string channel = role == link::Role::kDialer ? identity.channel : std::string();
  auto lane = std::make_unique<Lane>(*this, number, std::move(connection),
                                     link::Link(std::move(options), role, std::move(identity), nonce, shard_.now()));
  Lane& made = *lane;
  made.channel = std::move(channel);
  made.index = index;
  made.owner = link;
  lanes_.emplace(number, std::move(lane));
  if (role == link::Role::kAcceptor) ++handshakes_;
  made.connection->start(made);
  if (role == link::Role::kDialer) made.link.start(made.actions);
  carry_out(made);
  return made;
}

// Dialing.

void Lanes::dial(const std::string& address) {
  const overlay::LinkId id = ++last_link_;
  auto link = std::make_unique<LinkState>();
  link->id = id;
  link->dialed = true;
  link->address = address;
  network_.secure_random(std::as_writable_bytes(std::span(&link->token, 1)));
  LinkState& state = *link;
  links_.emplace(id, std::move(link));
  open_lane(state, kControl, 0);
}

void Lanes::open_lane(LinkState& link, const std::string& channel, std::uint16_t index) {
  network_.connect(link.address, [this, alive = alive_, id = link.id, channel,
                                  index](Result<std::unique_ptr<Connection>> connection) {
    if (!*alive) return;
    LinkState* link = find_link(id);
    if (link == nullptr) return;  // Closed meanwhile.
    if (!connection) return close_link(id, connection.error(), false, true);
    add_lane(std::move(*connection), link::Role::kDialer, identity_for(channel, index, link->token), id);
  });
}

// Accepting.

void Lanes::on_accept(std::unique_ptr<Connection> connection) {
  if (handshakes_ >= options_.handshakes_max) {
    log_.warning("{} is turned away: {} connections are in their handshake (cluster.handshakes_max)",
                 connection->peer_address(), handshakes_);
    metrics_
        .counter("troupe_cluster_connections_refused_total", "Connections to the cluster port that were refused",
                 {{"reason", "too_many_handshakes"}})
        .add();
    return;
  }
  add_lane(std::move(connection), link::Role::kAcceptor, identity_for(kControl, 0, 0), 0);
}

void Lanes::accept_into_link(Lane& lane) {
  const link::Identity& peer = lane.link.peer();
  lane.channel = peer.channel;
  lane.index = peer.lane;
  const auto same = std::ranges::find_if(links_, [&](const auto& each) {
    return !each.second->dialed && each.second->token == peer.link && each.second->node == peer.id();
  });
  if (peer.channel == kControl && same == links_.end()) {
    auto link = std::make_unique<LinkState>();
    link->id = ++last_link_;
    link->token = peer.link;
    lane.owner = link->id;
    links_.emplace(link->id, std::move(link));
    return;
  }
  if (peer.channel == kData && same != links_.end()) {
    lane.owner = same->first;
    return;
  }
  lane.link.give_up("the lane belongs to no link that is known here", lane.actions);
}

// Both.

void Lanes::on_lane_established(Lane& lane) {
  if (lane.link.role() == link::Role::kAcceptor) --handshakes_;
  if (lane.owner == 0) accept_into_link(lane);
  LinkState* link = find_link(lane.owner);
  if (link == nullptr) return;
  const link::Identity& peer = lane.link.peer();
  if (lane.channel == kControl) {
    link->control = &lane;
    link->peer = {peer.node, peer.incarnation, peer.address, peer.http_address};
    link->node = peer.id();
    link->deadline = shard_.after(options_.handshake_timeout, [this, id = link->id] {
      close_link(id, Error{ErrorCode::kTimeout, "not all lanes of the link came up in time"}, false, true);
    });
    if (link->dialed) {
      link->data.resize(options_.data_lanes);
      for (std::uint16_t i = 0; i < options_.data_lanes; ++i) open_lane(*link, kData, i);
    }
    return;
  }
  const std::uint16_t count = link->dialed ? options_.data_lanes : peer.lanes;
  if (link->data.empty()) link->data.resize(count);
  if (peer.id() != link->node || lane.index >= link->data.size() || link->data[lane.index] != nullptr) {
    return lane.link.give_up("the lane does not fit the link that it names", lane.actions);
  }
  link->data[lane.index] = &lane;
  check_complete(*link);
}

void Lanes::check_complete(LinkState& link) {
  if (link.up || link.control == nullptr || link.data.empty() ||
      std::ranges::find(link.data, nullptr) != link.data.end())
    return;
  link.up = true;
  shard_.cancel(link.deadline);
  if (listener_ != nullptr) listener_->on_link_up(link.id, link.peer, link.dialed ? link.address : "");
}

void Lanes::Lane::on_bytes(Bytes bytes) {
  if (retired) return;
  link.on_bytes(lanes.shard_.now(), std::move(bytes), actions);
  lanes.carry_out(*this);
}

void Lanes::Lane::on_end(std::string_view cause) {
  if (retired) return;
  link.on_end(cause, actions);
  lanes.carry_out(*this);
}

void Lanes::carry_out(Lane& lane) {
  if (std::exchange(lane.actions.established, false)) on_lane_established(lane);
  std::vector<Bytes> received = std::exchange(lane.actions.received, {});
  for (Bytes& payload : received) receive(lane, payload);
  if (lane.actions.closed) {
    const link::Closed closed = std::move(*lane.actions.closed);
    retire(lane, true);
    return on_lane_closed(lane, closed);
  }
  mark_dirty(lane);
  arm(lane);
}

void Lanes::mark_dirty(Lane& lane) {
  if (!std::exchange(lane.dirty, true)) dirty_.push_back(lane.number);
}

void Lanes::arm(Lane& lane) {
  // Traffic only moves a link's next tick to later: a timer that is set is left to fire early.
  const TimePoint due = lane.link.next_tick();
  if (lane.timer_due <= due) return;
  shard_.cancel(lane.timer);
  lane.timer_due = due;
  lane.timer = shard_.after(due - shard_.now(), [this, number = lane.number] {
    const auto found = lanes_.find(number);
    if (found == lanes_.end()) return;
    Lane& ticked = *found->second;
    ticked.timer_due = TimePoint::max();
    ticked.link.on_tick(shard_.now(), ticked.actions);
    carry_out(ticked);
  });
}

void Lanes::flush() {
  for (const std::uint64_t number : std::exchange(dirty_, {})) {
    const auto found = lanes_.find(number);
    if (found == lanes_.end()) continue;
    Lane& lane = *found->second;
    lane.dirty = false;
    lane.unflushed_bytes = 0;
    std::vector<Bytes>& writes = lane.actions.writes();
    if (!writes.empty()) lane.connection->write(writes);
    writes.clear();
    if (lane.connection->unsent_bytes() > 2 * options_.lane_queue_bytes_max) {
      close_link(lane.owner,
                 Error{ErrorCode::kQueueFull, "the peer does not read: its lane's queue is over twice its bound"},
                 false, true);
    }
  }
  retired_.clear();
}

void Lanes::retire(Lane& lane, bool orderly) {
  if (std::exchange(lane.retired, true)) return;
  if (lane.link.role() == link::Role::kAcceptor && lane.link.version() == 0)
    --handshakes_;  // It ended in its handshake.
  shard_.cancel(lane.timer);
  if (orderly) {
    std::vector<Bytes>& writes = lane.actions.writes();
    if (!writes.empty()) lane.connection->write(writes);
    writes.clear();
    lane.connection->finish();
  }
  const auto found = lanes_.find(lane.number);
  retired_.push_back(std::move(found->second));
  lanes_.erase(found);
}

void Lanes::on_lane_closed(Lane& lane, const link::Closed& closed) {
  if (lane.owner == 0) return log_refusal(lane, closed.error);
  close_link(lane.owner, closed.error, closed.peer_left, true);
}

void Lanes::log_refusal(const Lane& lane, const Error& error) {
  log_.warning("connection from {} refused: {}", lane.connection->peer_address(), error.to_string());
  metrics_
      .counter("troupe_cluster_connections_refused_total", "Connections to the cluster port that were refused",
               {{"reason", std::string(to_string(error.code))}})
      .add();
}

void Lanes::close(overlay::LinkId link, const std::string& reason) {
  close_link(link, Error{ErrorCode::kRefused, reason}, false, false);
}

void Lanes::close_link(overlay::LinkId id, const Error& reason, bool peer_left, bool tell) {
  const auto found = links_.find(id);
  if (found == links_.end()) return;
  const std::unique_ptr<LinkState> link = std::move(found->second);
  links_.erase(found);
  shard_.cancel(link->deadline);
  if (const auto chosen = chosen_.find(link->node.name); chosen != chosen_.end() && chosen->second == id)
    chosen_.erase(chosen);
  std::vector<Lane*> lanes;
  for (const auto& [number, lane] : lanes_) {
    if (lane->owner == id) lanes.push_back(lane.get());
  }
  for (Lane* lane : lanes) {
    lane->link.give_up(reason.to_string(), lane->actions);
    retire(*lane, true);
  }
  if (tell) report_end(*link, reason, peer_left);
}

void Lanes::report_end(const LinkState& link, const Error& reason, bool peer_left) {
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

void Lanes::leave(const std::string& reason) {
  while (!links_.empty()) {
    const overlay::LinkId id = links_.begin()->first;
    // A goodbye on each lane, without an error's name in front.
    for (const auto& [number, lane] : lanes_) {
      if (lane->owner == id) lane->link.goodbye(reason, lane->actions);
    }
    close(id, reason);
  }
  flush();
}

}  // namespace troupe::cluster
