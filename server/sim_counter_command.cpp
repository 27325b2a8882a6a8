#include "sim_counter_command.hpp"

#include <fmt/core.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "troupe/overlay/overlay_choice.hpp"
#include "troupe/sim/overlay/overlay_runs.hpp"

using troupe::sim::CounterOutcome;
using troupe::sim::CounterRunOptions;

struct CounterCommand::Flags {
  CLI::App* app = nullptr;
  std::vector<std::string> overlays{"client_server", "peer_to_peer"};
  std::vector<std::uint32_t> nodes{32, 64, 128, 256, 512, 1024};
  std::uint32_t servers = 1;
  double minutes = 30;
  double link_mbit = 1'000;
  double server_mbit = 0;
  bool unbounded = false;
  std::uint64_t seed = 1;
  std::string json;

  CounterRunOptions options(const std::string& overlay, std::uint32_t count) const {
    CounterRunOptions options{.overlay = overlay, .nodes = count, .servers = servers};
    options.duration = troupe::Duration(static_cast<troupe::Duration::rep>(minutes * 60e9));
    options.channels.link_bytes_per_second = link_mbit * 1e6 / 8;
    options.channels.server_bytes_per_second = (server_mbit > 0 ? server_mbit : link_mbit) * 1e6 / 8;
    options.channels.is_bounded = !unbounded;
    options.progress = [overlay, count](double done) {
      fmt::print(stderr, "{} {}: {:.0f} min\n", overlay, count, done);
    };
    return options;
  }
};

namespace {

std::string to_json(const CounterOutcome& outcome, const CounterRunOptions& options, std::uint64_t seed) {
  std::string line =
      fmt::format(R"({{"overlay": "{}", "nodes": {}, "seed": {}, "bounded": {}, "holds": {})", options.overlay,
                  options.nodes, seed, options.channels.is_bounded, outcome.failure.empty());
  line += fmt::format(R"(, "bytes_sent": {}, "state_bytes": {}, "states_replaced": {}, "shown": {})",
                      outcome.bytes_sent, outcome.state_bytes, outcome.replaced, outcome.shown);
  line += fmt::format(R"(, "queue_bytes_max": {}, "server_queue_bytes_by_third": [{}, {}, {}])", outcome.queue_bytes,
                      outcome.server_bytes[0], outcome.server_bytes[1], outcome.server_bytes[2]);
  line += fmt::format(R"(, "ended_seconds": {:.6g}, "simulated_seconds": {:.6g}, "wall_seconds": {:.6g})",
                      outcome.ended_seconds, outcome.simulated_seconds, outcome.wall_seconds);
  return line + fmt::format(R"(, "trace_hash": "{:016x}"}})", outcome.trace_hash);
}

void print_header() {
  fmt::print("{:>14} {:>6} {:>12} {:>12} {:>24} {:>8} {:>8}\n", "overlay", "nodes", "MB sent", "queue KB",
             "server KB, each third", "ended s", "wall s");
}

void print_row(const CounterOutcome& outcome, const CounterRunOptions& options) {
  const auto kilobytes = [](std::uint64_t bytes) { return static_cast<double>(bytes) / 1e3; };
  const std::string server = fmt::format("{:.0f} {:.0f} {:.0f}", kilobytes(outcome.server_bytes[0]),
                                         kilobytes(outcome.server_bytes[1]), kilobytes(outcome.server_bytes[2]));
  fmt::print("{:>14} {:>6} {:>12.1f} {:>12.1f} {:>24} {:>8.0f} {:>8.1f}\n", options.overlay, options.nodes,
             static_cast<double>(outcome.bytes_sent) / 1e6, kilobytes(outcome.queue_bytes),
             outcome.server_bytes[0] == 0 ? "-" : server, outcome.ended_seconds, outcome.wall_seconds);
  std::fflush(stdout);
}

}  // namespace

CounterCommand::CounterCommand(CLI::App& app) : flags_(std::make_unique<Flags>()) {
  Flags& flags = *flags_;
  flags.app = app.add_subcommand(
      "counter",
      "PARTISAN's figure 9: clients count what they have shown in a grow-only counter (once in 10 s), and each node\n"
      "sends the whole state to its neighbours (every 5 s), until all know that all was shown. Links have a "
      "bandwidth,\n"
      "and queues are measured. Nodes share one table of members (overlay --membership shared)");
  flags.app->add_option("--overlay", flags.overlays, "one or several")
      ->capture_default_str()
      ->check(CLI::IsMember(troupe::overlay::overlay_names()));
  flags.app->add_option("--nodes", flags.nodes, "one or several numbers of nodes")
      ->capture_default_str()
      ->check(CLI::Range(2, 100'000));
  flags.app->add_option("--servers", flags.servers, "of client_server; each client has one of them")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000));
  flags.app->add_option("--minutes", flags.minutes, "in which as many are shown as are to be")
      ->capture_default_str()
      ->check(CLI::Range(0.5, 1'000.0));
  flags.app->add_option("--link-mbit", flags.link_mbit, "of each node, a second, in each direction")
      ->capture_default_str()
      ->check(CLI::Range(0.001, 1e6));
  flags.app
      ->add_option("--server-mbit", flags.server_mbit, "what a server can merge in a second; 0: what its link brings")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1e6));
  flags.app->add_flag(
      "--unbounded", flags.unbounded,
      "queues without bound, in which each state waits, as in the paper's runs; else, as in a node, only\n"
      "the newest state waits for a neighbour, and who has 16 MiB to merge pauses its senders");
  flags.app->add_option("--seed", flags.seed)->capture_default_str();
  flags.app->add_option("--json", flags.json, "what was measured: a line for each run");
}

CounterCommand::~CounterCommand() = default;

bool CounterCommand::is_chosen() const { return flags_->app->parsed(); }

int CounterCommand::run() const {
  const Flags& flags = *flags_;
  std::ofstream json;
  if (!flags.json.empty()) json.open(flags.json);
  if (json.fail()) {
    fmt::print(stderr, "cannot write {}\n", flags.json);
    return 1;
  }
  print_header();
  for (const std::string& overlay : flags.overlays) {
    for (const std::uint32_t nodes : flags.nodes) {
      const CounterRunOptions options = flags.options(overlay, nodes);
      const CounterOutcome outcome = run_advertisement_counter(flags.seed, options);
      print_row(outcome, options);
      if (json.is_open()) json << to_json(outcome, options, flags.seed) << std::endl;
      if (outcome.failure.empty()) continue;
      fmt::print("{} with {} nodes, seed {}, FAILED {}\n", overlay, nodes, flags.seed, outcome.failure);
      return 1;
    }
  }
  return 0;
}
