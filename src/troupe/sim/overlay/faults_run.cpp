#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "troupe/sim/overlay/cluster_checks.hpp"
#include "troupe/sim/overlay/overlay_runs.hpp"

namespace troupe::sim {

namespace {

Duration milliseconds(Random& random, std::int64_t low, std::int64_t high) {
  return Duration(random.between(low * 1'000'000, high * 1'000'000));
}

/// A small cluster and its misfortunes.
class Misfortunes {
 public:
  Misfortunes(std::uint64_t seed, const OverlayFaultsOptions& options)
      : options_(options),
        random_(seed * 2 + 1),
        is_gentle_(random_.chance(0.15)),
        network_(seed, adapted(options, random_, is_gentle_)) {
    network_.watch(options.watcher);
    network_.trace_to(options.trace);
    knows_all_ = random_.chance(0.3);
    for (std::uint32_t node = 0; node < network_.node_count(); ++node) {
      joins_.push_back(contacts(node));
      starts_.push_back(milliseconds(random_, 0, random_.chance(0.5) ? 3 : 3'000));
    }
  }

  OverlayOutcome run() {
    const auto begin = std::chrono::steady_clock::now();
    start_all();
    for (std::uint32_t i = 0; i < options_.faults && network_.failure().empty(); ++i) {
      network_.run_for(milliseconds(random_, 0, is_gentle_ ? 10'000 : 2'000));
      is_gentle_ ? stall_something() : harm();
      broadcast_in_the_midst();
    }
    network_.misfortune("all heals");
    network_.run_for(1s);
    make_whole();
    check(settle(network_, 2min), "two minutes after all faults ended");
    check_rest();
    check_broadcasts();
    if (is_gentle_ && network_.downs() + network_.rebirths() > 0)
      network_.fail("a node was declared down, though there were only stalls");

    OverlayOutcome outcome{.failure = network_.failure(), .trace_hash = network_.trace_hash()};
    outcome.nodes = network_.node_count();
    outcome.reached_fraction = network_.failure().empty() ? 1 : 0;
    outcome.broadcasts = network_.broadcasts().size();
    outcome.bytes_sent = network_.bytes_sent();
    outcome.messages_sent = network_.messages_sent();
    outcome.simulated_seconds = to_milliseconds(network_.now().time_since_epoch()) / 1000;
    outcome.wall_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return outcome;
  }

 private:
  static FabricNetworkOptions adapted(const OverlayFaultsOptions& options, Random& random, bool is_gentle) {
    const auto nodes = options.nodes != 0 ? options.nodes : static_cast<std::uint32_t>(random.between(2, 12));
    FabricNetworkOptions adapted = network_options(options.overlay, nodes);
    adapted.zones = static_cast<std::uint32_t>(random.between(1, 3));
    if (is_gentle || random.chance(0.2)) adapted.jitter = 200ms;
    return adapted;
  }

  std::vector<std::string> contacts(std::uint32_t node) {
    if (options_.overlay == "static") return static_neighbours(node, random_);
    std::vector<std::string> contacts;
    // Nodes that know only one other: the first, which itself may know nobody and come back after a crash.
    if (node > 0) contacts.push_back(FabricNetwork::address_of(0));
    for (std::uint32_t other = 0; other < network_.node_count() && (knows_all_ || node == 0); ++other) {
      if (other != 0 && other != node) contacts.push_back(FabricNetwork::address_of(other));
    }
    return contacts;
  }

  void start_all() {
    std::vector<std::uint32_t> order(network_.node_count());
    for (std::uint32_t node = 0; node < order.size(); ++node) order[node] = node;
    std::ranges::sort(order, {}, [this](std::uint32_t node) { return starts_[node]; });
    for (const std::uint32_t node : order) {
      network_.run_for(TimePoint(starts_[node]) - network_.now());
      network_.start(node, joins_[node]);
    }
  }

  /// Nobody may have it twice; whom it reaches is open as long as there are faults.
  void broadcast_in_the_midst() {
    const std::vector<std::uint32_t> alive = network_.alive();
    if (!alive.empty()) network_.broadcast(alive[random_.below(alive.size())]);
  }

  std::uint32_t any() { return static_cast<std::uint32_t>(random_.below(network_.node_count())); }

  void stall_something() {
    const std::uint32_t a = any();
    const Duration duration = milliseconds(random_, 0, 1'000);
    if (random_.chance(0.5)) {
      network_.misfortune(fmt::format("n{} stalls for {:.0f} ms", a, to_milliseconds(duration)));
      network_.stall(a, duration);
    } else {
      const std::uint32_t b = any();
      network_.misfortune(fmt::format("the link of n{} and n{} stalls for {:.0f} ms", a, b, to_milliseconds(duration)));
      network_.stall_link(a, b, duration);
    }
  }

  void harm() {
    const std::uint32_t a = any();
    const std::uint32_t b = any();
    switch (random_.below(12)) {
      case 0: network_.misfortune(fmt::format("n{} crashes", a)); return network_.crash(a);
      case 1: network_.misfortune(fmt::format("n{} leaves", a)); return network_.leave(a);
      case 2:
      case 3: network_.misfortune(fmt::format("n{} starts", a)); return network_.start(a, joins_[a]);
      case 4: return split();
      case 5: network_.misfortune(fmt::format("nothing reaches n{} from n{}", b, a)); return network_.block(a, b);
      case 6: network_.misfortune("the network is whole"); return network_.unblock_all();
      case 7: return stall_something();
      case 8:
        network_.misfortune(fmt::format("n{} restarts", a));
        network_.crash(a);
        return network_.start(a, joins_[a]);
      default: network_.misfortune(fmt::format("the links of n{} and n{} are cut", a, b)); return network_.cut(a, b);
    }
  }

  void split() {
    std::vector<std::uint32_t> sides;
    for (std::uint32_t i = 0; i < network_.node_count(); ++i)
      sides.push_back(static_cast<std::uint32_t>(random_.below(2)));
    network_.misfortune("the network splits");
    network_.split(sides);
  }

  void make_whole() {
    network_.unblock_all();
    for (std::uint32_t node = 0; node < network_.node_count(); ++node) network_.start(node, joins_[node]);
  }

  void check(const std::string& disorder, std::string_view when) {
    if (!disorder.empty()) network_.fail(fmt::format("{}: {}", when, disorder));
  }

  /// Once all see all, nothing changes any more, but for links that are better or not needed.
  void check_rest() {
    network_.run_for(30s);
    const std::uint64_t downs = network_.downs() + network_.rebirths();
    network_.run_for(30s);
    if (network_.downs() + network_.rebirths() != downs) network_.fail("there is no rest though the faults are over");
    if (!network_.failure().empty()) return;
    check(settle(network_, 10s), "a minute after all was well");
    if (network_.failure().empty()) check(find_lost_way(network_), "after all faults ended");
  }

  void check_broadcasts() {
    const std::size_t first = network_.broadcasts().size();
    for (std::uint32_t node = 0; node < network_.node_count() && network_.failure().empty(); ++node) {
      network_.broadcast(node);
    }
    network_.run_for(10s);
    for (std::size_t i = first; i < network_.broadcasts().size() && network_.failure().empty(); ++i) {
      if (reached_fraction(network_, network_.broadcasts()[i]) < 1)
        network_.fail(fmt::format("the broadcast of n{} did not reach all", network_.broadcasts()[i].root));
    }
  }

  const OverlayFaultsOptions& options_;
  Random random_;
  bool is_gentle_;
  bool knows_all_ = false;
  FabricNetwork network_;
  std::vector<std::vector<std::string>> joins_;
  std::vector<Duration> starts_;
};

}  // namespace

OverlayOutcome run_overlay_faults(std::uint64_t seed, const OverlayFaultsOptions& options) {
  return Misfortunes(seed, options).run();
}

}  // namespace troupe::sim
