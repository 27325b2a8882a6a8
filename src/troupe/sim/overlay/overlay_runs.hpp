#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "troupe/base/time.hpp"
#include "troupe/sim/overlay/fabric_network.hpp"

namespace troupe::sim {

/// One part of an experiment, and what it took.
struct PhaseTime {
  std::string name;
  double simulated_seconds = 0;
  double wall_seconds = 0;
};

/// What one run of an overlay measured.
struct OverlayOutcome {
  std::string failure;  ///< Empty if all held.
  std::uint64_t trace_hash = 0;
  std::uint32_t nodes = 0;
  double crash = 0;

  double reached_fraction = 0;             ///< Of the survivors, by the broadcasts of the last round after the crash.
  std::vector<double> reached_by_round{};  ///< In each round after the crash.
  std::uint32_t rounds_to_heal = 0;        ///< The first from which on 99 % are reached; 0: none was.
  double redundant_payloads_per_node = 0;  ///< For one broadcast in the stable network, beside the one that is needed.
  std::uint32_t hops_max = 0;              ///< Of those broadcasts.
  std::uint64_t broadcasts = 0;            ///< All that were checked.
  std::uint64_t bytes_sent = 0;            ///< In the whole run.
  std::uint64_t messages_sent = 0;
  double join_seconds = 0;  ///< Simulated, until all saw all.
  double heal_seconds = 0;  ///< Simulated, from the crash until the survivors saw each other and nobody else.
  std::vector<PhaseTime> phases{};
  double simulated_seconds = 0;
  double wall_seconds = 0;
};

/// The options of a network for this overlay and so many nodes: bounds that fit thousands of nodes in one process, and
/// HyParView's views of the size that the paper gives for them.
FabricNetworkOptions network_options(const std::string& overlay, std::uint32_t nodes);

/// Whom the operator links this node with in a `static` cluster: two random nodes before it.
std::vector<std::string> static_neighbours(std::uint32_t node, Random& random);

/// HyParView's experiment (section 5 of the paper): nodes join one after another, each through a random one that is
/// there; broadcasts in the stable network; many crash at once; broadcasts in each of the next membership rounds. Holds
/// if every survivor sees the others and nobody else in the end, over links that are symmetric and connected, and if
/// every broadcast in a stable network reaches all of it once.
struct ExperimentOptions {
  std::string overlay = "peer_to_peer";
  std::uint32_t nodes = 128;
  std::uint32_t concurrent = 0;  ///< So many of the nodes join at once, at last.
  Duration doubling_time = 2s;   ///< The cluster grows as fast as joins through random nodes make it: exponentially.
  double crash = 0.8;
  bool silent = false;            ///< The machines crash, and no connection is reset.
  std::uint32_t rounds = 4;       ///< Membership rounds to look at after the crash.
  std::uint32_t roots = 10;       ///< Nodes that broadcast in the stable network.
  std::uint32_t broadcasts = 10;  ///< Of each of them, and in each round.
  bool is_thin = false;           ///< FabricNetworkOptions::is_thin. Ways, which are not there then, are not checked.
  std::function<void(const PhaseTime&)> progress;  ///< Called after each phase.
  std::function<void(std::string_view)> trace;
  NetworkWatcher* watcher = nullptr;
};
OverlayOutcome run_overlay_experiment(std::uint64_t seed, const ExperimentOptions& options);

/// A small cluster in which nodes crash, restart and leave, and links stall, break, are blocked one way or between two
/// halves; then all heals. Holds if all nodes see each other then and nothing changes any more, over links as above, if
/// messages find their way from each to each, and each broadcast reaches everybody once. The seed chooses the number of
/// nodes if it is 0. Some seeds have only stalls of up to a second and jitter of 200 ms: then nobody may be declared
/// down.
struct OverlayFaultsOptions {
  std::string overlay = "peer_to_peer";
  std::uint32_t nodes = 0;
  std::uint32_t faults = 25;
  std::function<void(std::string_view)> trace;
  NetworkWatcher* watcher = nullptr;
};
OverlayOutcome run_overlay_faults(std::uint64_t seed, const OverlayFaultsOptions& options);

}  // namespace troupe::sim
