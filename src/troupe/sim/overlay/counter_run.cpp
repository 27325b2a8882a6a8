#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "troupe/sim/overlay/cluster_checks.hpp"
#include "troupe/sim/overlay/overlay_runs.hpp"
#include "troupe/wire/frame.hpp"

namespace troupe::sim {

namespace {

using crdt::GrowOnlyCounter;

/// A queue that is bounded may still grow by this much from one third of a run to the next: the state itself does, as
/// its numbers become longer.
constexpr double kGrowthMax = 1.25;

/// The counters of all nodes. The network, whose nodes know nothing of counters, says who is linked with whom.
class AdvertisementCounter {
 public:
  AdvertisementCounter(std::uint64_t seed, const CounterRunOptions& options)
      : options_(options),
        random_(seed * 2 + 1),
        network_(seed, adapted(options)),
        channels_(queue_, network_.latencies(), random_.fork(), options.nodes, channel_options(options),
                  [this](std::uint32_t to, const GrowOnlyCounter& state) { receive(to, state); }),
        nodes_(options.nodes),
        to_show_(clients() * static_cast<std::uint64_t>(options.duration / options.increment_interval)) {}

  CounterOutcome run() {
    const auto begin = std::chrono::steady_clock::now();
    join();
    const TimePoint joined = network_.now();
    const std::uint64_t bytes_to_join = network_.bytes_sent();
    for (std::uint32_t node = 0; node < options_.nodes; ++node) schedule(node);
    while (network_.failure().empty() && informed_ < options_.nodes &&
           queue_.now() < TimePoint(3 * options_.duration)) {
      const TimePoint until = queue_.now() + 1s;
      network_.run_for(1s);
      while (queue_.step(until)) {
      }
      note_peaks();
      if (options_.progress && queue_.now().time_since_epoch() % 5min < 1s)
        options_.progress(to_milliseconds(queue_.now().time_since_epoch()) / 60'000);
    }
    check();
    outcome_.failure = network_.failure();
    outcome_.trace_hash = combine(network_.trace_hash(), queue_.trace_hash());
    outcome_.shown = shown_;
    outcome_.state_bytes = channels_.bytes_sent();
    outcome_.bytes_sent = channels_.bytes_sent() + network_.bytes_sent() - bytes_to_join;
    outcome_.replaced = channels_.replaced();
    outcome_.ended_seconds = to_milliseconds(queue_.now().time_since_epoch()) / 1000;
    outcome_.simulated_seconds = to_milliseconds(joined.time_since_epoch()) / 1000 + outcome_.ended_seconds;
    outcome_.wall_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return outcome_;
  }

 private:
  struct Node {
    GrowOnlyCounter counter;
    StateChannels::State snapshot;  ///< Of the counter, as it was sent last; null if it has changed since.
    std::size_t snapshot_bytes = 0;
    bool is_informed = false;  ///< That all have been shown.
  };

  static FabricNetworkOptions adapted(const CounterRunOptions& options) {
    FabricNetworkOptions adapted = network_options(options.overlay, options.nodes);
    adapted.is_thin = true;
    adapted.servers = options.servers;
    adapted.overlay.servers_per_client = 1;
    return adapted;
  }

  static StateChannelOptions channel_options(const CounterRunOptions& options) {
    StateChannelOptions adapted = options.channels;
    adapted.servers = has_servers(options) ? options.servers : 0;
    return adapted;
  }

  static bool has_servers(const CounterRunOptions& options) { return options.overlay == "client_server"; }
  std::uint32_t first_client() const { return has_servers(options_) ? options_.servers : 0; }
  std::uint64_t clients() const { return options_.nodes - first_client(); }

  void join() {
    for (std::uint32_t node = 0; node < options_.nodes && network_.failure().empty(); ++node) {
      std::vector<std::string> contacts;
      if (options_.overlay == "static") {
        contacts = static_neighbours(node, random_);
      } else if (node > 0) {
        const std::uint32_t known = has_servers(options_) ? std::min(node, options_.servers) : node;
        contacts = {FabricNetwork::address_of(static_cast<std::uint32_t>(random_.below(known)))};
      }
      network_.start(node, contacts);
      network_.run_for(Duration(Duration(2s).count() / (node + 1)));
    }
    if (const std::string disorder = settle(network_, 10min); !disorder.empty())
      network_.fail("not one cluster after the joins: " + disorder);
  }

  void schedule(std::uint32_t node) {
    if (node >= first_client()) queue_.after(draw(options_.increment_interval), [this, node] { show(node); });
    queue_.after(draw(options_.propagation_interval), [this, node] { propagate(node); });
  }

  Duration draw(Duration most) { return Duration(random_.between(0, most.count())); }

  void show(std::uint32_t index) {
    Node& node = nodes_[index];
    if (node.is_informed) return;  // The advertisement is over.
    node.counter.increment(network_.fabric(index)->self().id());
    node.snapshot.reset();
    ++shown_;
    look(index);
    queue_.after(options_.increment_interval, [this, index] { show(index); });
  }

  void propagate(std::uint32_t index) {
    std::vector<std::uint32_t> neighbours;
    for (const overlay::LinkId link : network_.ends(index)) neighbours.push_back(network_.peer_of(link));
    std::ranges::sort(neighbours);
    neighbours.erase(std::ranges::unique(neighbours).begin(), neighbours.end());
    Node& node = nodes_[index];
    if (node.snapshot == nullptr) {
      node.snapshot = std::make_shared<const GrowOnlyCounter>(node.counter);
      node.snapshot_bytes = wire::encode(node.counter).size() + wire::kFrameHeaderBytes;
    }
    channels_.send(index, neighbours, node.snapshot, node.snapshot_bytes);
    queue_.after(options_.propagation_interval, [this, index] { propagate(index); });
  }

  void receive(std::uint32_t index, const GrowOnlyCounter& state) {
    if (!nodes_[index].counter.merge(state)) return;
    nodes_[index].snapshot.reset();
    look(index);
  }

  void look(std::uint32_t index) {
    Node& node = nodes_[index];
    if (node.is_informed || node.counter.value() < to_show_) return;
    node.is_informed = true;
    ++informed_;
  }

  void note_peaks() {
    const auto third =
        std::min<Duration::rep>(2, 3 * queue_.now().time_since_epoch().count() / options_.duration.count());
    for (std::uint32_t node = 0; node < options_.nodes; ++node) {
      const std::uint64_t peak = channels_.take_peak_bytes(node);
      outcome_.queue_bytes = std::max(outcome_.queue_bytes, peak);
      if (node < first_client()) outcome_.server_bytes[third] = std::max(outcome_.server_bytes[third], peak);
    }
  }

  void check() {
    if (informed_ < options_.nodes)
      network_.fail(fmt::format("{} of {} nodes know that {} were shown", informed_, options_.nodes, to_show_));
    for (const Node& node : nodes_) {
      if (node.counter.value() > shown_) network_.fail("a replica has counted what nobody has shown");
    }
    const auto limit = kGrowthMax * static_cast<double>(outcome_.server_bytes[1]);
    if (options_.channels.is_bounded && static_cast<double>(outcome_.server_bytes[2]) > limit)
      network_.fail(fmt::format("what a server holds has grown from {} to {} bytes", outcome_.server_bytes[1],
                                outcome_.server_bytes[2]));
  }

  const CounterRunOptions& options_;
  Random random_;
  FabricNetwork network_;
  EventQueue queue_;  ///< Of the counters, from the time on when all have joined.
  StateChannels channels_;
  std::vector<Node> nodes_;
  std::uint64_t to_show_;
  std::uint64_t shown_ = 0;
  std::uint32_t informed_ = 0;
  CounterOutcome outcome_;
};

}  // namespace

CounterOutcome run_advertisement_counter(std::uint64_t seed, const CounterRunOptions& options) {
  return AdvertisementCounter(seed, options).run();
}

}  // namespace troupe::sim
