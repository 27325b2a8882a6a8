#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "troupe/cluster/cluster.hpp"
#include "troupe/document/memory_journal.hpp"
#include "troupe/document/owners/placement.hpp"
#include "troupe/document/services.hpp"
#include "troupe/session/render_cache.hpp"
#include "troupe/sim/event_queue.hpp"
#include "troupe/sim/sim_network.hpp"

namespace troupe::sim {

struct SimNodeOptions {
  std::uint32_t index = 0;
  std::uint32_t shards = 2;
  std::uint32_t data_lanes = 1;
  std::string overlay = "full_mesh";
  bool is_server = true;
  std::vector<std::string> join;        ///< Cluster addresses of other nodes.
  std::uint32_t nodes = 1;              ///< In the world; each may own documents.
  bool shares_journal = false;          ///< One disk is that of all: documents move.
  document::DocumentOptions documents;  ///< Types and limits; the node fills in who owns what.
  cluster::StrongDeliveryOptions delivery;
  cluster::ClusterOptions cluster;  ///< Times and limits; the rest is set from the above.
  Duration flush_max = 5ms;         ///< The disk's time for one flush, at most, unless it stalls.
  double flush_stall_chance = 0.002;
  Duration flush_stall_max = 2s;
  double unknown_chance = 0;  ///< That a flush succeeds or fails, and its writers are told neither.
};

inline std::string sim_node_name(std::uint32_t index) { return "n" + std::to_string(index); }
inline std::string sim_address(std::uint32_t index) { return "10.0.0." + std::to_string(index + 1) + ":7400"; }

/// One life of a simulated node: the shards, cluster and services of a real one, turned by the event queue. Destroying
/// it is a crash: nothing that it was about to send leaves it, and only its disk remains.
class SimNode {
 public:
  SimNode(SimNodeOptions options, std::uint64_t incarnation, EventQueue& events, SimNetwork& network,
          document::MemoryDisk& disk, LogSink& log_sink, Random random);
  ~SimNode();
  SimNode(const SimNode&) = delete;
  SimNode& operator=(const SimNode&) = delete;

  Shard& shard(std::uint32_t index);
  std::uint32_t shard_count() const { return options_.shards; }
  session::RenderCache& render_cache(std::uint32_t shard);
  NodeId id() const { return id_; }
  const std::string& name() const { return name_; }
  std::uint32_t index() const { return options_.index; }
  Ref<cluster::Membership> membership() const { return membership_; }
  document::MemoryJournal& journal() { return *journal_; }
  const Metrics& metrics() const { return metrics_; }

  /// Something was given to the shard from outside: it gets a turn soon, and after it each time it needs one.
  void wake(std::uint32_t shard);
  /// Hands its documents over and leaves the cluster in good order; the node is to be destroyed some time later.
  void leave();

 private:
  struct SimShard;

  SimNetwork::Owner owner(std::uint32_t index);
  void turn(std::uint32_t index);
  void schedule_flush();
  template <class Action>
  void after(Duration delay, Action action);

  SimNodeOptions options_;
  std::string name_;
  NodeId id_;
  EventQueue& events_;
  SimNetwork& network_;
  LogSink& log_sink_;
  Random random_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  NameTable names_;
  Metrics metrics_;
  document::DocumentOptions document_options_;
  std::unique_ptr<document::MemoryJournal> journal_;
  std::vector<std::unique_ptr<cluster::Network>> ports_;  ///< One for each shard.
  std::vector<std::unique_ptr<SimShard>> shards_;
  std::unique_ptr<cluster::Cluster> cluster_;
  Ref<cluster::Membership> membership_;
};

}  // namespace troupe::sim
