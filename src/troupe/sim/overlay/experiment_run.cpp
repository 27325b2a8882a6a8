#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <string>
#include <vector>

#include "troupe/sim/overlay/cluster_checks.hpp"
#include "troupe/sim/overlay/overlay_runs.hpp"

namespace troupe::sim {

namespace {

constexpr double kHealed = 0.99;

/// One run of HyParView's experiment, phase by phase.
class Experiment {
 public:
  Experiment(std::uint64_t seed, const ExperimentOptions& options)
      : options_(options), network_(seed, adapted(options)), random_(seed * 2 + 1) {
    network_.watch(options.watcher);
    network_.trace_to(options.trace);
    round_ = network_.options().overlay.peer_to_peer.shuffle.period;
  }

  OverlayOutcome run() {
    const auto begin = std::chrono::steady_clock::now();
    run_phase("join", &Experiment::join);
    run_phase("rest", &Experiment::rest);
    run_phase("broadcasts", &Experiment::broadcast_while_stable);
    run_phase("crash", &Experiment::crash_many);
    run_phase("broadcasts after the crash", &Experiment::broadcast_after_the_crash);
    run_phase("survivors", &Experiment::look_at_the_survivors);
    outcome_.failure = failure();
    outcome_.nodes = options_.nodes;
    outcome_.crash = options_.crash;
    outcome_.trace_hash = network_.trace_hash();
    outcome_.bytes_sent = network_.bytes_sent();
    outcome_.messages_sent = network_.messages_sent();
    outcome_.broadcasts = network_.broadcasts().size();
    outcome_.simulated_seconds = seconds_since(TimePoint{});
    outcome_.wall_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return outcome_;
  }

 private:
  static double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

  static FabricNetworkOptions adapted(const ExperimentOptions& options) {
    FabricNetworkOptions adapted = network_options(options.overlay, options.nodes);
    adapted.silent_crashes = options.silent ? 1 : 0;
    adapted.is_thin = options.is_thin;
    return adapted;
  }

  void run_phase(std::string name, void (Experiment::*phase)()) {
    if (!failure().empty()) return;
    const auto begin = std::chrono::steady_clock::now();
    const double used = processor_seconds();
    const TimePoint simulated = network_.now();
    (this->*phase)();
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
    outcome_.phases.push_back({std::move(name), seconds_since(simulated), wall.count(), processor_seconds() - used});
    if (options_.progress) options_.progress(outcome_.phases.back());
  }

  const std::string& failure() const { return network_.failure(); }
  double seconds_since(TimePoint then) const { return to_milliseconds(network_.now() - then) / 1000; }

  void check(const std::string& disorder, std::string_view when) {
    if (!disorder.empty()) network_.fail(fmt::format("{}: {}", when, disorder));
  }

  /// A random one of the nodes before this one; the last `concurrent` nodes only know those that are there already.
  std::vector<std::string> contacts(std::uint32_t node) {
    if (options_.overlay == "static") return static_neighbours(node, random_);
    const std::uint32_t one_by_one = options_.nodes - std::min(options_.concurrent, options_.nodes - 1);
    const std::uint32_t known = std::min(node, one_by_one);
    if (node == 0) return {};
    return {FabricNetwork::address_of(static_cast<std::uint32_t>(random_.below(known)))};
  }

  void join() {
    network_.misfortune("nodes join");
    const std::uint32_t one_by_one = options_.nodes - std::min(options_.concurrent, options_.nodes - 1);
    for (std::uint32_t node = 0; node < options_.nodes && failure().empty(); ++node) {
      network_.start(node, contacts(node));
      if (node >= one_by_one) continue;
      const double wait = static_cast<double>(options_.doubling_time.count()) * std::log(2) / (node + 1);
      network_.run_for(Duration(static_cast<Duration::rep>(wait)));
    }
    check(settle(network_, 10min), "not one cluster after the joins");
    outcome_.join_seconds = seconds_since(TimePoint{});
  }

  /// The number of payloads that came, and of those that came once more, so far.
  struct Payloads {
    std::uint64_t needed = 0;
    std::uint64_t redundant = 0;
  };
  Payloads payloads() const {
    Payloads sum;
    for (const std::uint32_t node : network_.alive()) {
      const overlay::PlumtreeCounters& counters = network_.fabric(node)->broadcasts().counters();
      sum.needed += counters.payloads;
      sum.redundant += counters.redundant_payloads;
    }
    return sum;
  }

  void broadcast_from(const std::vector<std::uint32_t>& roots) {
    for (const std::uint32_t root : roots) {
      network_.broadcast(root);
      network_.run_for(200ms);
    }
  }

  void rest() { network_.run_for(2 * round_); }

  void broadcast_while_stable() {
    check(settle(network_, 1min), "not one cluster any more, though nothing has happened");
    network_.misfortune("broadcasts in the stable network");
    const std::size_t first = network_.broadcasts().size();
    std::vector<std::uint32_t> roots;
    for (std::uint32_t i = 0; i < options_.roots; ++i) {
      roots.push_back(static_cast<std::uint32_t>(random_.below(options_.nodes)));
    }
    for (int i = 0; i < 3; ++i) broadcast_from(roots);  // Their trees grow.
    network_.run_for(5s);
    const std::size_t measured = network_.broadcasts().size();
    const Payloads before = payloads();
    for (std::uint32_t i = 0; i < options_.broadcasts; ++i) broadcast_from(roots);
    network_.run_for(5s);
    const Payloads after = payloads();
    if (after.needed > before.needed) {
      outcome_.redundant_payloads_per_node =
          static_cast<double>(after.redundant - before.redundant) / static_cast<double>(after.needed - before.needed);
    }
    for (std::size_t i = first; i < network_.broadcasts().size(); ++i) {
      const TrackedBroadcast& broadcast = network_.broadcasts()[i];
      if (reached_fraction(network_, broadcast) < 1)
        return network_.fail(
            fmt::format("broadcast {} of n{} did not reach all of a stable network", i, broadcast.root));
      if (i < measured) continue;
      for (const std::uint8_t hops : broadcast.hops)
        outcome_.hops_max = std::max<std::uint32_t>(outcome_.hops_max, hops);
    }
  }

  void crash_many() {
    crashed_at_ = network_.now();
    const auto count = static_cast<std::uint32_t>(std::lround(options_.crash * options_.nodes));
    network_.misfortune(fmt::format("{} of {} nodes crash", count, options_.nodes));
    std::vector<std::uint32_t> nodes = network_.alive();
    std::ranges::shuffle(nodes, random_);
    // Clients without a server are no cluster.
    if (options_.overlay == "client_server") std::erase(nodes, 0U);
    for (std::uint32_t i = 0; i < count && i + 1 < nodes.size(); ++i) network_.crash(nodes[i]);
  }

  void note_if_healed() {
    if (outcome_.heal_seconds == 0 && find_disorder(network_).empty())
      outcome_.heal_seconds = seconds_since(crashed_at_);
  }

  /// Some broadcasts in each round; who has one is counted a round after it began.
  void broadcast_after_the_crash() {
    const std::uint32_t in_round = options_.broadcasts;
    const std::vector<std::uint32_t> survivors = network_.alive();
    std::vector<std::size_t> begun;
    std::vector<double> reached(options_.rounds);
    for (std::uint32_t slot = 0; slot < (options_.rounds + 1) * in_round && failure().empty(); ++slot) {
      if (slot >= in_round) {
        const double share = reached_fraction(network_, network_.broadcasts()[begun[slot - in_round]]);
        reached[slot / in_round - 1] += share / in_round;
      }
      if (slot < options_.rounds * in_round)
        begun.push_back(network_.broadcast(survivors[random_.below(survivors.size())]));
      network_.run_for(round_ / in_round);
      note_if_healed();
    }
    outcome_.reached_by_round = reached;
    outcome_.reached_fraction = reached.empty() ? 0 : reached.back();
    for (std::uint32_t round = options_.rounds; round > 0 && reached[round - 1] >= kHealed; --round) {
      outcome_.rounds_to_heal = round;
    }
  }

  void look_at_the_survivors() {
    network_.misfortune("what has become of the survivors?");
    check(settle(network_, 5min), "the survivors are not one cluster");
    if (!failure().empty()) return;
    note_if_healed();
    if (!options_.is_thin) check(find_lost_way(network_), "between survivors");
    const std::vector<std::uint32_t> survivors = network_.alive();
    const std::size_t last = network_.broadcast(survivors[random_.below(survivors.size())]);
    network_.run_for(10s);
    if (failure().empty() && reached_fraction(network_, network_.broadcasts()[last]) < 1)
      network_.fail("a broadcast among the survivors did not reach all of them");
  }

  const ExperimentOptions& options_;
  FabricNetwork network_;
  Random random_;
  Duration round_{};
  TimePoint crashed_at_{};
  OverlayOutcome outcome_;
};

}  // namespace

OverlayOutcome run_overlay_experiment(std::uint64_t seed, const ExperimentOptions& options) {
  return Experiment(seed, options).run();
}

}  // namespace troupe::sim
