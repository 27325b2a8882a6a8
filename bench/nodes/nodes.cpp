// `bench nodes`: starts the processes of a cluster, and looks at what they cost.
//
// A process says `ready` when it is loaded. Told `start ADDRESS` (`-` for the first) it starts its node, which joins
// that one, and says `at ADDRESS`; later `whole TIME` once it knows all others, and `down NAME TIME` of each that is
// gone, in nanoseconds of the machine's clock. Asked for its `traffic`, it says `traffic BYTES`: what it has
// sent to other nodes so far. It ends when standard input does.

#include <algorithm>
#include <chrono>
#include <csignal>
#include <iostream>
#include <iterator>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "bench/bench.hpp"
#include "bench/nodes/process_costs.hpp"
#include "bench/peers/child_process.hpp"
#include "bench/peers/system.hpp"
#include "bench/report/report.hpp"
#include "bench/tally.hpp"

namespace troupe::bench {

namespace {

using Case = nlohmann::ordered_json;

constexpr std::uint32_t kServers = 3;  ///< Of the overlay client_server.
/// Erlang as it comes notices a silent node after 45 to 75 seconds.
constexpr Duration kNoticeWithin = 100s;
constexpr Duration kJoinWithin = 180s;

std::int64_t now_ns() { return std::chrono::system_clock::now().time_since_epoch() / std::chrono::nanoseconds(1); }

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  return values[values.size() / 2];
}

/// The processes of one cluster. Ends them.
class Cluster {
 public:
  Cluster(System& system, const std::string& overlay, std::uint32_t nodes) {
    for (std::uint32_t i = 0; i < nodes; ++i) {
      Command command = system.command("node", {});
      const bool is_server = overlay != "client_server" || i < kServers;
      command.insert(command.end(), {"--name", "n" + std::to_string(i), "--nodes", std::to_string(nodes), "--overlay",
                                     overlay, "--server", is_server ? "1" : "0"});
      nodes_.push_back(std::make_unique<ChildProcess>(command));
    }
    for (const auto& node : nodes_) expect(*node, "ready");
  }

  ~Cluster() {
    for (const auto& node : nodes_) node->signal(SIGKILL);
  }

  /// The first starts, then all others at once join it; the seconds until each knows all.
  double join() {
    nodes_.front()->write_line("start -");
    const std::string address = expect(*nodes_.front(), "at");
    const std::int64_t begin = now_ns();
    for (std::size_t i = 1; i < nodes_.size(); ++i) nodes_[i]->write_line("start " + address);
    for (std::size_t i = 1; i < nodes_.size(); ++i) expect(*nodes_[i], "at", kJoinWithin);
    std::int64_t last = begin;
    for (const auto& node : nodes_)
      last = std::max<std::int64_t>(last, std::stoll(expect(*node, "whole", kJoinWithin)));
    return static_cast<double>(last - begin) / 1e9;
  }

  std::uint64_t bytes_sent() {
    std::uint64_t sum = 0;
    for (const auto& node : nodes_) {
      node->write_line("traffic");
      sum += std::stoull(expect(*node, "traffic"));
    }
    return sum;
  }

  ProcessCosts costs() const {
    ProcessCosts sum;
    for (const auto& node : nodes_) {
      const ProcessCosts one = costs_of(node->pid());
      sum.resident_bytes += one.resident_bytes;
      sum.proportional_bytes += one.proportional_bytes;
      sum.processor_seconds += one.processor_seconds;
      sum.sockets += one.sockets;
    }
    return sum;
  }

  /// The last node gets this signal; the milliseconds until each other says that it is down.
  std::vector<double> end_one(int signal) {
    const std::string name = "n" + std::to_string(nodes_.size() - 1);
    const std::int64_t begin = now_ns();
    nodes_.back()->signal(signal);
    std::vector<double> noticed;
    for (std::size_t i = 0; i + 1 < nodes_.size(); ++i) {
      std::istringstream said(expect(*nodes_[i], "down", kNoticeWithin));
      std::string who;
      std::int64_t when = 0;
      said >> who >> when;
      if (who != name) throw std::runtime_error(who + " was declared down, though only " + name + " was ended");
      noticed.push_back(static_cast<double>(when - begin) / 1e6);
    }
    nodes_.back()->signal(SIGKILL);
    nodes_.pop_back();
    return noticed;
  }

  std::size_t size() const { return nodes_.size(); }

 private:
  /// What follows this word in the next line. Anything else that a node says is a failure.
  static std::string expect(ChildProcess& node, const std::string& word, Duration within = 60s) {
    const std::string line = node.read_line(within);
    if (!line.starts_with(word)) throw std::runtime_error("a node said \"" + line + "\", not \"" + word + "\"");
    return line.substr(std::min(line.size(), word.size() + 1));
  }

  std::vector<std::unique_ptr<ChildProcess>> nodes_;
};

class NodesBench {
 public:
  explicit NodesBench(const NodesOptions& options) : options_(options) {}

  int run() {
    for (const std::string& overlay : options_.overlays) measure("troupe", overlay);
    for (const std::string& peer : options_.peers) measure(peer, "full_mesh");
    return std::max(report_.finish(options_.output), failed_ ? 1 : 0);
  }

 private:
  void measure(const std::string& name, const std::string& overlay) {
    progress("nodes: " + name + ", " + overlay);
    try {
      const auto system = make_system(name);
      const Case of{{"nodes", options_.nodes}, {"overlay", overlay}};
      const auto add = [&](const char* metric, double value, const char* unit) {
        report_.add({of, name, metric, value, unit});
      };
      const double load = load_average();
      Cluster cluster(*system, overlay, options_.nodes);
      add("join_seconds", cluster.join(), "s");
      look_at_idle(cluster, add);
      end_some(cluster, "kill", SIGKILL, options_.kills, add);
      end_some(cluster, "stop", SIGSTOP, options_.stops, add);
      add("load_average", load, "");
    } catch (const std::exception& error) {
      std::cerr << "bench nodes: " << name << ", " << overlay << ": " << error.what() << '\n';
      failed_ = true;
    }
  }

  void look_at_idle(Cluster& cluster, const auto& add) {
    progress("nodes: idle");
    const auto nodes = static_cast<double>(options_.nodes);
    std::this_thread::sleep_for(to_duration(options_.settle_seconds));
    const std::uint64_t sent = cluster.bytes_sent();
    add("join_bytes_per_node", static_cast<double>(sent) / nodes, "B");
    const ProcessCosts before = cluster.costs();
    std::this_thread::sleep_for(to_duration(options_.idle_seconds));
    const ProcessCosts after = cluster.costs();
    add("pss_bytes_per_node", static_cast<double>(after.proportional_bytes) / nodes, "B");
    add("rss_bytes_per_node", static_cast<double>(after.resident_bytes) / nodes, "B");
    add("sockets_per_node", after.sockets / nodes, "");
    add("idle_cpu_percent", 100 * (after.processor_seconds - before.processor_seconds) / options_.idle_seconds, "%");
    add("idle_bytes_per_second_per_node",
        static_cast<double>(cluster.bytes_sent() - sent) / options_.idle_seconds / nodes, "B/s");
  }

  /// Of all who noticed, over all deaths: when the middle one did, and the last.
  void end_some(Cluster& cluster, const std::string& how, int signal, std::uint32_t count, const auto& add) {
    std::vector<double> noticed;
    for (std::uint32_t i = 0; i < count && cluster.size() > 2; ++i) {
      progress("nodes: " + how);
      std::ranges::copy(cluster.end_one(signal), std::back_inserter(noticed));
    }
    if (noticed.empty()) return;
    add((how + "_to_down_ms_p50").c_str(), median(noticed), "ms");
    add((how + "_to_down_ms_max").c_str(), std::ranges::max(noticed), "ms");
  }

  const NodesOptions& options_;
  Report report_{"nodes"};
  bool failed_ = false;
};

}  // namespace

int run_nodes(const NodesOptions& options) { return NodesBench(options).run(); }

}  // namespace troupe::bench
