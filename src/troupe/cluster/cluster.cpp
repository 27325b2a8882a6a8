#include "troupe/cluster/cluster.hpp"

#include <algorithm>
#include <deque>
#include <iterator>
#include <utility>
#include <variant>

#include "troupe/actor/delivery/deliveries.hpp"

namespace troupe::cluster {

/// Makes turns of the cluster's actor from what Links reports. News of links is never lost, or the overlay would go on
/// believing in a link that is gone: while the actor's mailbox is full (a peer may flood it), it waits here, in order.
/// There are few links, so it is little.
class Cluster::Listener final : public LinkListener {
 public:
  Listener(Shard& shard, Ref<ClusterActor> actor) : shard_(shard), actor_(actor) {}
  ~Listener() override { *alive_ = false; }

  void on_link_up(overlay::LinkId link, const overlay::Member& peer, const std::string& dialed) override {
    report(LinkUp{link, peer, dialed});
  }
  void on_link_down(overlay::LinkId link, const Error& reason, bool peer_left) override {
    report(LinkDown{link, reason, peer_left});
  }
  void on_link_shaken(overlay::LinkId link) override { report(LinkShaken{link}); }
  void on_link_heard(overlay::LinkId link, std::optional<Duration> round_trip) override {
    if (waiting_.empty()) (void)shard_.tell(actor_, LinkHeard{link, round_trip});  // The next one will do as well.
  }
  void on_dial_failed(const std::string& address, const Error& reason) override { report(DialFailed{address, reason}); }
  void on_overlay_message(overlay::LinkId link, Bytes message) override {
    report(OverlayMessage{link, std::move(message)});  // In order with the news of its link, and never lost alone.
  }

 private:
  using News = std::variant<LinkUp, LinkDown, LinkShaken, DialFailed, OverlayMessage>;

  bool tell(const News& news) {
    return std::visit([this](const auto& each) { return shard_.tell(actor_, each) != SendOutcome::kFull; }, news);
  }
  void report(News news) {
    if (waiting_.empty() && tell(news)) return;
    waiting_.push_back(std::move(news));
    if (waiting_.size() == 1) try_later();
  }
  void try_later() {
    shard_.after(10ms, [this, alive = alive_] {
      if (!*alive) return;
      while (!waiting_.empty() && tell(waiting_.front())) waiting_.pop_front();
      if (!waiting_.empty()) try_later();
    });
  }

  Shard& shard_;
  Ref<ClusterActor> actor_;
  std::deque<News> waiting_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

/// Takes the news of a lost lane from its shard to the links.
class Cluster::Loss final : public LaneLoss {
 public:
  Loss(Cluster& cluster, std::uint32_t shard) : cluster_(cluster), shard_(shard) {}
  void on_lane_lost(const LostLane& lane) override {
    cluster_.send_task(shard_, 0, [&cluster = cluster_, lane](Shard&) {
      cluster.links_->on_lane_lost(lane);
      cluster.on_each_shard([&cluster, lane](std::uint32_t i, Shard&) { cluster.lanes_[i]->tell_loss(lane); });
    });
  }
  void on_link_lost(overlay::LinkId link, const Error& reason, bool peer_left) override {
    cluster_.send_task(shard_, 0, [&cluster = cluster_, link, reason, peer_left](Shard&) {
      cluster.links_->on_link_lost(link, reason, peer_left);
    });
  }

 private:
  Cluster& cluster_;
  std::uint32_t shard_;
};

Cluster::Cluster(std::vector<ShardHost*> hosts) : hosts_(std::move(hosts)) {
  for (std::uint32_t i = 0; i < hosts_.size(); ++i) {
    routings_.push_back(std::make_unique<Routing>(*hosts_[i], i, lanes_));
    losses_.push_back(std::make_unique<Loss>(*this, i));
  }
}

Cluster::~Cluster() = default;

Result<Ref<Membership>> Cluster::start(ClusterOptions options, std::vector<Place> places, Metrics& metrics,
                                       LogSink& log_sink) {
  const auto shards = static_cast<std::uint32_t>(hosts_.size());
  LinksOptions links{.identity = {.cluster = options.cluster,
                                  .node = options.self.name,
                                  .incarnation = options.self.incarnation,
                                  .address = options.self.address,
                                  .http_address = options.self.http,
                                  .channel = "control",
                                  .frame_bytes_max = options.message_bytes_max,
                                  .zone = options.self.zone,
                                  .server = options.self.server,
                                  .placement = options.self.placement},
                     .secret = options.secret,
                     .channels = completed(options.channels, static_cast<std::uint16_t>(shards)),
                     .handshake_timeout = options.handshake_timeout,
                     .lane_away_max = options.lane_away_max,
                     .liveness = options.liveness,
                     .window = options.window,
                     .chunk_bytes = options.chunk_bytes,
                     .handshakes_max = options.handshakes_max};
  if (const auto valid = link::check(links.identity); !valid) return std::unexpected(valid.error());
  if (const auto valid = check(options.channels); !valid) return std::unexpected(valid.error());
  places_ = std::move(places);
  Shard& shard = *places_[0].shard;
  auto overlay = overlay::make_overlay(options.overlay, options.fabric.join, shard.random().fork());
  if (!overlay) return std::unexpected(overlay.error());
  for (std::uint32_t i = 0; i < shards; ++i) {
    lanes_.push_back(std::make_unique<Lanes>(LanesOptions{.message_bytes_max = options.message_bytes_max,
                                                          .hops_max = options.hops_max,
                                                          .shards = shards,
                                                          .channels = links.channels},
                                             *routings_[i], *places_[i].shard, *places_[i].network, *losses_[i],
                                             metrics, log_sink));
    if ((*overlay)->relays()) routings_[i]->number_all();
    deliveries_.push_back(
        std::make_unique<StrongDelivery>(options.delivery, *places_[i].shard, *routings_[i], metrics, log_sink));
    places_[i].shard->deliveries().set_remote(deliveries_[i].get());
  }
  options.fabric.suspicion.interval =
      std::max(options.liveness.heartbeat_interval, options.liveness.round_trip_interval);
  links_ = std::make_unique<Links>(std::move(links), shard, *places_[0].network, static_cast<LaneShards&>(*this),
                                   metrics, log_sink);
  auto fabric =
      std::make_unique<overlay::Fabric>(options.fabric, options.self, *std::move(overlay), shard.random().fork());
  const auto actor =
      shard.spawn<ClusterActor>({.name = kMembershipName}, std::move(fabric), options.broadcast_bytes_per_second,
                                *links_, static_cast<RouteTables&>(*this), metrics);
  if (!actor) return std::unexpected(actor.error());
  listener_ = std::make_unique<Listener>(shard, *actor);
  links_->set_listener(listener_.get());
  return Ref<Membership>(*actor);
}

void Cluster::flush(std::uint32_t shard) {
  if (lanes_.empty()) return;
  deliveries_[shard]->flush();
  lanes_[shard]->flush();
  if (shard == 0) links_->flush();
}

void Cluster::on_accept(std::unique_ptr<Connection> connection) {
  if (links_) links_->on_accept(std::move(connection));
}

/// What has come of a report, on the shard that asked for it.
struct Cluster::Gathering {
  LaneReports reports;  ///< `silent` has those that are still awaited.
  std::move_only_function<void(LaneReports)> done;

  void take(std::uint32_t shard, std::vector<LaneReport> lanes) {
    std::erase(reports.silent, shard);
    std::ranges::move(lanes, std::back_inserter(reports.lanes));
    if (reports.silent.empty()) finish();
  }
  void finish() {
    if (!done) return;
    sort(reports);
    std::exchange(done, nullptr)(std::move(reports));
  }
};

void Cluster::report_lanes(std::uint32_t from, Duration within, std::move_only_function<void(LaneReports)> done) {
  const auto gathering = std::make_shared<Gathering>(Gathering{{}, std::move(done)});
  for (std::uint32_t i = 0; i < lanes_.size(); ++i) gathering->reports.silent.push_back(i);
  if (lanes_.empty()) return gathering->finish();
  for (std::uint32_t i = 0; i < lanes_.size(); ++i) {
    send_task(from, i, [this, from, i, gathering](Shard&) {
      std::vector<LaneReport> lanes = lanes_[i]->report();
      if (i == 0) std::ranges::move(links_->report(), std::back_inserter(lanes));
      send_task(i, from,
                [i, gathering, lanes = std::move(lanes)](Shard&) mutable { gathering->take(i, std::move(lanes)); });
    });
  }
  places_[from].shard->after(within, [gathering] { gathering->finish(); });
}

void Cluster::stop() {
  links_.reset();
  for (std::size_t i = 0; i < deliveries_.size(); ++i) places_[i].shard->deliveries().set_remote(nullptr);
  deliveries_.clear();
  lanes_.clear();
}

void Cluster::add(const NodeId& node, const NodeId& next_hop) {
  on_each_shard([this, node, next_hop](std::uint32_t i, Shard&) {
    routings_[i]->add(node, next_hop);
    deliveries_[i]->node_up(node);
  });
  after_all_shards([this, node](std::uint32_t i) { lanes_[i]->release(node); });
}

void Cluster::remove(const NodeId& node, const std::string& reason) {
  on_each_shard([this, node, reason](std::uint32_t i, Shard& shard) {
    routings_[i]->remove(node);
    shard.messages_lost(node, {ErrorCode::kUnreachable, reason}, [](ActorId, ActorId, const Via&) { return true; });
    shard.node_down(node, reason);
    deliveries_[i]->node_gone(node);
  });
}

void Cluster::reconnected(const NodeId& node, const NodeId& next_hop) {
  on_each_shard([this, node, next_hop](std::uint32_t i, Shard& shard) {
    const auto before = routings_[i]->next_hop(node);
    routings_[i]->add(node, next_hop);
    // Of a link that was lost, its lanes tell.
    if (next_hop != node || before != node) {
      const Error why{ErrorCode::kUnreachable, "the way to the node through other nodes has changed"};
      shard.messages_lost(node, why, [](ActorId, ActorId, const Via&) { return true; });
    }
    renew(i, node);
  });
}

/// A signal or an acknowledgement may have been lost.
void Cluster::renew(std::uint32_t shard, const NodeId& node) {
  places_[shard].shard->node_reconnected(node);
  deliveries_[shard]->node_reconnected(node);
}

void Cluster::be_reborn(std::uint64_t incarnation) {
  on_each_shard([this, incarnation](std::uint32_t i, Shard& shard) {
    shard.be_reborn(incarnation);
    deliveries_[i]->be_reborn();
  });
}

void Cluster::attach(PartedLane lane) {
  const auto shard = static_cast<std::uint32_t>(lane.index % hosts_.size());
  const bool again = lane.life > 1;
  const NodeId peer = lane.link.peer().id();
  const auto then = [this, again, peer] {
    if (again) on_each_shard([this, peer](std::uint32_t i, Shard&) { renew(i, peer); });
  };
  if (shard == 0) return lanes_[0]->attach(std::move(lane)), then();
  send_task(0, shard, [this, shard, then, lane = std::move(lane)](Shard&) mutable {
    lanes_[shard]->attach(std::move(lane));
    send_task(shard, 0, [then](Shard&) { then(); });
  });
}

void Cluster::use(const NodeId& node, overlay::LinkId link, const std::vector<ChannelLanes>& channels) {
  on_each_shard([this, node, link, channels](std::uint32_t i, Shard&) { lanes_[i]->use(node, link, channels); });
}

void Cluster::deliver(const NodeId& node, overlay::LinkId link) {
  after_all_shards([this, node, link](std::uint32_t i) { lanes_[i]->deliver(node, link); });
}

/// Each shard says to the first that it has come so far; when all have, each is told to act.
void Cluster::after_all_shards(std::function<void(std::uint32_t)> action) {
  const auto finish = [this, action = std::move(action)] {
    on_each_shard([action](std::uint32_t i, Shard&) { action(i); });
  };
  if (hosts_.size() == 1) return finish();
  const auto missing = std::make_shared<std::size_t>(hosts_.size() - 1);  // Only on shard 0.
  for (std::uint32_t i = 1; i < hosts_.size(); ++i) {
    send_task(0, i, [this, i, missing, finish](Shard&) {
      send_task(i, 0, [missing, finish](Shard&) {
        if (--*missing == 0) finish();
      });
    });
  }
}

void Cluster::close(overlay::LinkId link, const std::string& reason, bool leaves) {
  on_each_shard([this, link, reason, leaves](std::uint32_t i, Shard&) { lanes_[i]->close(link, reason, leaves); });
}

/// The same queue as messages to that shard take, so a message from a new member cannot overtake the news of it.
void Cluster::send_task(std::uint32_t from, std::uint32_t to, ShardTask task) {
  EnvelopePtr envelope = Envelope::make(EnvelopeKind::kTask, std::move(task), local_payload_type<ShardTask>);
  if (from == to) return places_[to].shard->deliver(std::move(envelope));
  hosts_[from]->send_to_shard(to, std::move(envelope));
}

void Cluster::on_each_shard(const std::function<void(std::uint32_t, Shard&)>& action) {
  action(0, *places_[0].shard);
  for (std::uint32_t i = 1; i < hosts_.size(); ++i) send_task(0, i, [action, i](Shard& shard) { action(i, shard); });
}

}  // namespace troupe::cluster
