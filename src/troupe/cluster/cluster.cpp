#include "troupe/cluster/cluster.hpp"

#include <deque>
#include <utility>
#include <variant>

namespace troupe::cluster {

/// Makes turns of the cluster's actor from what Lanes reports. News of links is never lost, or the overlay would go on
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
  void on_dial_failed(const std::string& address, const Error& reason) override { report(DialFailed{address, reason}); }
  void on_overlay_message(const NodeId& from, Bytes message) override {
    shard_.tell(actor_, OverlayMessage{from, std::move(message)});  // Overlays repair what is lost.
  }

 private:
  using News = std::variant<LinkUp, LinkDown, DialFailed>;

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

Cluster::Cluster(std::vector<ShardHost*> hosts) : hosts_(std::move(hosts)) {
  for (std::uint32_t i = 0; i < hosts_.size(); ++i) {
    routings_.push_back(std::make_unique<Routing>(*hosts_[i], i, 0, lanes_));
  }
}

Cluster::~Cluster() = default;

Result<Ref<Membership>> Cluster::start(ClusterOptions options, Shard& shard, Network& network, Metrics& metrics,
                                       LogSink& log_sink) {
  LanesOptions lanes{.identity = {.cluster = options.cluster,
                                  .node = options.self.name,
                                  .incarnation = options.self.incarnation,
                                  .address = options.self.address,
                                  .http_address = options.self.http,
                                  .channel = "control",
                                  .frame_bytes_max = options.message_bytes_max},
                     .secret = options.secret,
                     .data_lanes = options.data_lanes,
                     .handshake_timeout = options.handshake_timeout,
                     .liveness = options.liveness,
                     .lane_queue_bytes_max = options.lane_queue_bytes_max,
                     .handshakes_max = options.handshakes_max};
  if (const auto valid = link::check(lanes.identity); !valid) return std::unexpected(valid.error());
  shard_ = &shard;
  lanes_ = std::make_unique<Lanes>(std::move(lanes), shard, network, metrics, log_sink);
  auto overlay = std::make_unique<overlay::FullMesh>(options.overlay, options.self, shard.random().fork());
  const auto actor = shard.spawn<ClusterActor>({.name = kMembershipName}, options.self, std::move(overlay), *lanes_,
                                               static_cast<RouteTables&>(*this), metrics);
  if (!actor) return std::unexpected(actor.error());
  listener_ = std::make_unique<Listener>(shard, *actor);
  lanes_->set_listener(listener_.get());
  return Ref<Membership>(*actor);
}

void Cluster::flush() {
  if (lanes_) lanes_->flush();
}

void Cluster::on_accept(std::unique_ptr<Connection> connection) {
  if (lanes_) lanes_->on_accept(std::move(connection));
}

void Cluster::stop() { lanes_.reset(); }

void Cluster::add(const NodeId& node) {
  on_each_shard([node](Routing& routing, Shard&) { routing.add(node); });
}

void Cluster::remove(const NodeId& node, const std::string& reason) {
  on_each_shard([node, reason](Routing& routing, Shard& shard) {
    routing.remove(node);
    shard.node_down(node, reason);
  });
}

void Cluster::reconnected(const NodeId& node) {
  on_each_shard([node](Routing&, Shard& shard) { shard.node_reconnected(node); });
}

void Cluster::on_each_shard(const std::function<void(Routing&, Shard&)>& action) {
  action(*routings_[0], *shard_);
  for (std::uint32_t i = 1; i < hosts_.size(); ++i) {
    // The same queue as messages to that shard take, so a message from a new member cannot overtake the news of it.
    ShardTask task = [action, routing = routings_[i].get()](Shard& shard) { action(*routing, shard); };
    hosts_[0]->send_to_shard(i, Envelope::make(EnvelopeKind::kTask, std::move(task), local_payload_type<ShardTask>));
  }
}

}  // namespace troupe::cluster
