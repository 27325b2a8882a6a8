#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "troupe/sim/event_queue.hpp"
#include "troupe/sim/sim_network.hpp"
#include "troupe/sim/sim_node.hpp"

namespace troupe::sim {

struct WorldOptions {
  std::uint32_t nodes = 3;
  std::uint32_t shards = 2;  ///< Of each node.
  std::uint32_t data_lanes = 1;
  std::string overlay = "full_mesh";  ///< Static: a line. Of client_server, the first two are servers.
  double unknown_chance = 0;          ///< Of each flush (SimNodeOptions).
  bool shares_journal = false;        ///< All nodes have one disk, that of node 0: documents move.
  SimNetworkOptions network;
  document::DocumentOptions documents;  ///< Types and limits.
  cluster::StrongDeliveryOptions delivery;
  cluster::ClusterOptions cluster;              ///< Of each node: times and limits.
  std::function<void(std::string_view)> trace;  ///< Gets each log line, with its virtual time; null for none.
};

/// A simulated cluster under one seed: the same seed and options give the same run, to the last byte. The nodes are the
/// real ones down to the ports: only threads, sockets, clocks and disks are simulated.
class World final : private LogSink {
 public:
  World(std::uint64_t seed, WorldOptions options);
  ~World() override;

  EventQueue& events() { return events_; }
  SimNetwork& network() { return network_; }
  Random& random() { return random_; }
  std::uint32_t node_count() const { return static_cast<std::uint32_t>(nodes_.size()); }

  /// Null while it is down.
  SimNode* node(std::uint32_t index) { return nodes_[index].life.get(); }
  document::MemoryDisk& disk(std::uint32_t index) { return *nodes_[options_.shares_journal ? 0 : index].disk; }

  /// What is stopping has stopped then.
  void start(std::uint32_t index);
  /// Kills the process, or takes the power from the whole machine, of which the others are told nothing.
  void crash(std::uint32_t index, bool with_its_machine = false);
  /// Ends the process in good order, within a second or two.
  void stop(std::uint32_t index);

  void run_for(Duration duration);
  /// Runs until `reached()`; false if `within` passes first.
  bool run_until(const std::function<bool()>& reached, Duration within);

  /// Every node that is up sees every other one that is up, and no more.
  bool converged();

  std::uint64_t trace_hash() const { return events_.trace_hash(); }

 private:
  bool enabled(LogLevel level) const override;
  void write(LogLevel level, std::string_view component, std::string_view text) override;

  struct Place {
    std::unique_ptr<document::MemoryDisk> disk;
    std::unique_ptr<SimNode> life;
    std::uint64_t incarnation = 0;
    bool is_stopping = false;
  };

  WorldOptions options_;
  Random random_;
  EventQueue events_;
  SimNetwork network_;
  std::vector<Place> nodes_;
};

}  // namespace troupe::sim
