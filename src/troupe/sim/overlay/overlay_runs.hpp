#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "troupe/base/time.hpp"
#include "troupe/sim/overlay/fabric_network.hpp"
#include "troupe/sim/overlay/state_channels.hpp"

namespace troupe::sim {

/// One part of an experiment, and what it took.
struct PhaseTime {
  std::string name;
  double simulated_seconds = 0;
  double wall_seconds = 0;
  double processor_seconds = 0;  ///< Less than `wall_seconds` where others use the machine too.
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

/// The advertisement counter of PARTISAN (USENIX ATC 2019, section 5.2, figure 9): each client counts what it has shown
/// in its replica of a grow-only counter, and every node sends the whole state to its neighbours now and then, until
/// all know that so many have been shown as were to be. Clients of client_server only count, its servers only relay;
/// else all nodes do both. Holds if all know in the end, no replica has counted what was not shown, and, where
/// queues are bounded, what a server holds does not grow.
struct CounterRunOptions {
  std::string overlay = "client_server";
  std::uint32_t nodes = 32;
  std::uint32_t servers = 1;
  Duration increment_interval = 10s;
  Duration propagation_interval = 5s;
  Duration duration = 30min;  ///< In which as many are shown as are to be.
  StateChannelOptions channels;
  std::function<void(double minutes)> progress;  ///< Called now and then.
};

struct CounterOutcome {
  std::string failure;
  std::uint64_t trace_hash = 0;
  std::uint64_t shown = 0;          ///< In the end, by all.
  std::uint64_t bytes_sent = 0;     ///< With the overlay's own.
  std::uint64_t state_bytes = 0;    ///< Of these, states of the counter.
  std::uint64_t replaced = 0;       ///< States that were not sent, because a newer one took their place.
  double ended_seconds = 0;         ///< Until all knew that the last was shown.
  std::uint64_t queue_bytes = 0;    ///< The most that any one node held.
  std::uint64_t server_bytes[3]{};  ///< The most that a server held, in each third of the run.
  double simulated_seconds = 0;
  double wall_seconds = 0;
};
CounterOutcome run_advertisement_counter(std::uint64_t seed, const CounterRunOptions& options);

}  // namespace troupe::sim
