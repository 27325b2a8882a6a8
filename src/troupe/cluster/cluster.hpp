#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "troupe/cluster/cluster_actor.hpp"
#include "troupe/cluster/routing.hpp"
#include "troupe/overlay/full_mesh.hpp"

namespace troupe::cluster {

struct ClusterOptions {
  std::string cluster = "troupe";  ///< Nodes of different clusters refuse each other.
  overlay::Member self;            ///< Name, incarnation, and the addresses under which others reach this node.
  std::string secret;              ///< Shared by all nodes of the cluster.
  overlay::FullMeshOptions overlay;
  std::uint16_t data_lanes = 1;
  std::uint32_t message_bytes_max = 64U << 20U;  ///< The largest message that this node takes from another.
  std::size_t lane_queue_bytes_max = 128U << 20U;
  std::size_t handshakes_max = 128;
  Duration handshake_timeout = 5s;
  link::LivenessOptions liveness;
};

/// A node's part in the cluster: its lanes, its routing tables and its cluster actor, in either world. Made before the
/// shards run; `start` is called on shard 0.
class Cluster final : private RouteTables {
 public:
  /// One host for each shard of the node, in order. They outlive this object.
  explicit Cluster(std::vector<ShardHost*> hosts);
  ~Cluster() override;

  /// For ShardHost::send_to_node of that shard.
  Routing& routing(std::uint32_t shard) { return *routings_[shard]; }

  /// On shard 0's thread: opens the lanes and joins. Fails with `invalid_argument` if the node's own identity is not
  /// fit to be shown.
  Result<Ref<Membership>> start(ClusterOptions options, Shard& shard, Network& network, Metrics& metrics,
                                LogSink& log_sink);

  /// On shard 0's thread, at the end of each round of its loop. Nothing before `start`.
  void flush();

  /// On shard 0's thread: a peer connected to the cluster port.
  void on_accept(std::unique_ptr<Connection> connection);

  /// On shard 0's thread, after its actors have ended: cuts all lanes.
  void stop();

 private:
  class Listener;

  void add(const NodeId& node) override;
  void remove(const NodeId& node, const std::string& reason) override;
  void reconnected(const NodeId& node) override;
  void on_each_shard(const std::function<void(Routing&, Shard&)>& action);

  std::vector<ShardHost*> hosts_;
  std::unique_ptr<Lanes> lanes_;
  std::unique_ptr<Listener> listener_;
  std::vector<std::unique_ptr<Routing>> routings_;
  Shard* shard_ = nullptr;  ///< Shard 0, once started.
};

}  // namespace troupe::cluster
