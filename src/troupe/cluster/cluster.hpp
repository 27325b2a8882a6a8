#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "troupe/cluster/cluster_actor.hpp"
#include "troupe/cluster/delivery/strong_delivery.hpp"
#include "troupe/cluster/lanes.hpp"
#include "troupe/cluster/links.hpp"
#include "troupe/cluster/routing.hpp"
#include "troupe/overlay/fabric.hpp"
#include "troupe/overlay/overlay_choice.hpp"

namespace troupe::cluster {

struct ClusterOptions {
  std::string cluster = "troupe";  ///< Nodes of different clusters refuse each other.
  overlay::Member self;            ///< Name, incarnation, and the addresses under which others reach this node.
  std::string secret;              ///< Shared by all nodes of the cluster.
  overlay::OverlayChoice overlay;  ///< Who is linked with whom.
  overlay::FabricOptions fabric;
  std::vector<ChannelOptions> channels;          ///< Beside `control`; `data` is added if it is not there.
  std::uint32_t message_bytes_max = 64U << 20U;  ///< The largest message that this node takes from another.
  std::size_t handshakes_max = 128;
  Duration handshake_timeout = 5s;
  Duration lane_away_max = 5s;  ///< LinksOptions::lane_away_max
  std::uint8_t hops_max = 64;   ///< Nodes that a message passes at most, on its way to one that is not a neighbour.
  std::size_t broadcast_bytes_per_second = 1U << 20U;  ///< Begun by this node; and as much at once.
  link::LivenessOptions liveness;
  link::WindowOptions window;
  std::size_t chunk_bytes = 64U << 10U;  ///< A message above this goes in chunks, between which others go.
  StrongDeliveryOptions delivery;
};

/// A node's part in the cluster: its lanes, its routing tables and its cluster actor, in either world. Made before the
/// shards run; `start` is called on shard 0.
class Cluster final : private RouteTables, private LaneShards {
 public:
  /// One host for each shard of the node, in order. They outlive this object.
  explicit Cluster(std::vector<ShardHost*> hosts);
  ~Cluster() override;

  /// For ShardHost::send_to_node of that shard.
  Routing& routing(std::uint32_t shard) { return *routings_[shard]; }

  /// A shard of the node and its way to the network.
  struct Place {
    Shard* shard = nullptr;
    Network* network = nullptr;
  };

  /// Before the shards run, or where one thread runs them all: opens the lanes and joins. Fails with `invalid_argument`
  /// if the node's own identity is not fit to be shown.
  Result<Ref<Membership>> start(ClusterOptions options, std::vector<Place> places, Metrics& metrics, LogSink& log_sink);

  /// On that shard's thread, at the end of each round of its loop. Nothing before `start`.
  void flush(std::uint32_t shard);

  /// On shard 0's thread: a peer connected to the cluster port.
  void on_accept(std::unique_ptr<Connection> connection);

  /// On the thread of shard `from`: what all shards say of their lanes. `done` runs there, once, after `within` at the
  /// latest, with what has come by then.
  void report_lanes(std::uint32_t from, Duration within, std::move_only_function<void(LaneReports)> done);

  /// After the shards have stopped: cuts all lanes.
  void stop();

 private:
  class Listener;
  class Loss;
  struct Gathering;

  // RouteTables
  void add(const NodeId& node, const NodeId& next_hop) override;
  void remove(const NodeId& node, const std::string& reason) override;
  void reconnected(const NodeId& node, const NodeId& next_hop) override;
  void be_reborn(std::uint64_t incarnation) override;

  // LaneShards
  void attach(PartedLane lane) override;
  void use(const NodeId& node, overlay::LinkId link, const std::vector<ChannelLanes>& channels) override;
  void deliver(const NodeId& node, overlay::LinkId link) override;
  void close(overlay::LinkId link, const std::string& reason, bool leaves) override;

  void renew(std::uint32_t shard, const NodeId& node);
  void after_all_shards(std::function<void(std::uint32_t)> action);
  void send_task(std::uint32_t from, std::uint32_t to, ShardTask task);
  void on_each_shard(const std::function<void(std::uint32_t, Shard&)>& action);

  std::vector<ShardHost*> hosts_;
  std::vector<std::unique_ptr<Loss>> losses_;  ///< One for each shard, as the next.
  std::vector<std::unique_ptr<Lanes>> lanes_;  ///< Once started.
  std::vector<std::unique_ptr<Routing>> routings_;
  std::vector<std::unique_ptr<StrongDelivery>> deliveries_;  ///< Once started, each on its own shard.
  std::unique_ptr<Links> links_;
  std::unique_ptr<Listener> listener_;
  std::vector<Place> places_;
};

}  // namespace troupe::cluster
