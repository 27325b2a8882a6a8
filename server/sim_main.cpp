// troupe-sim: runs the protocols in the simulated world, many seeds or one.

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <string>

#include "sim_counter_command.hpp"
#include "sim_overlay_command.hpp"
#include "troupe/overlay/overlay_choice.hpp"
#include "troupe/sim/runs.hpp"

namespace {

using troupe::sim::RunOutcome;

struct Seeds {
  std::uint64_t first = 1;
  std::uint64_t last = 100;
};

/// "7" or "1..1000".
Seeds parse_seeds(const std::string& text) {
  const auto dots = text.find("..");
  try {
    const std::uint64_t first = std::stoull(text.substr(0, dots));
    const std::uint64_t last = dots == std::string::npos ? first : std::stoull(text.substr(dots + 2));
    if (first <= last) return {first, last};
  } catch (const std::exception&) {
    // Falls through to the one message for every malformed range.
  }
  throw CLI::ValidationError("--seeds", "give one seed, as in 7, or a range, as in 1..1000");
}

/// Runs each seed; stops at the first that fails, and says how to see it again.
int run_seeds(const std::string& name, const Seeds& seeds, const std::function<RunOutcome(std::uint64_t)>& run) {
  const auto begin = std::chrono::steady_clock::now();
  double simulated = 0;
  std::uint64_t events = 0;
  for (std::uint64_t seed = seeds.first; seed <= seeds.last; ++seed) {
    const RunOutcome outcome = run(seed);
    simulated += outcome.simulated_seconds;
    events += outcome.events_stored;
    if (!outcome.failure.empty()) {
      fmt::print("seed {} FAILED: {}\nreproduce with: ./run sim {} --seeds {} --trace\n", seed, outcome.failure, name,
                 seed);
      return 1;
    }
    if (seeds.first == seeds.last) {
      fmt::print("seed {}: trace hash {:016x}\n", seed, outcome.trace_hash);
    } else if ((seed - seeds.first + 1) % 100 == 0) {
      fmt::print(stderr, "{} seeds hold\n", seed - seeds.first + 1);
    }
  }
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  fmt::print("{} seeds hold: {:.0f} s simulated in {:.1f} s, {} events stored\n", seeds.last - seeds.first + 1,
             simulated, wall, events);
  return 0;
}

CLI::App* add_document_command(CLI::App& app, troupe::sim::DocumentRunOptions& options) {
  CLI::App* command = app.add_subcommand(
      "document", "clients append to shared documents; no acknowledged event may be lost, repeated or reordered");
  command->add_option("--nodes", options.nodes)->capture_default_str()->check(CLI::Range(1, 100));
  command->add_option("--clients", options.clients)->capture_default_str()->check(CLI::Range(1, 1000));
  command->add_option("--documents", options.documents)->capture_default_str()->check(CLI::Range(1, 1000));
  command
      ->add_option(
          "--journal", options.journal,
          "own: each node has one, and its documents wait for it; shared: all have one, and documents move; else "
          "the seed chooses")
      ->check(CLI::IsMember({"own", "shared"}));
  command->add_option("--events", options.events, "that each client appends")->capture_default_str();
  return command;
}

/// Links that jitter and stall.
struct CalmCommand {
  CalmCommand(CLI::App& app, const std::vector<std::string>& overlays)
      : command(app.add_subcommand("calm",
                                   "links jitter by 200 ms and stall for up to a second; nobody may be declared "
                                   "down. What is stored are suspicions")) {
    command->add_option("--seconds", seconds, "simulated, for each seed")->capture_default_str();
    command->add_option("--nodes", options.nodes)->capture_default_str()->check(CLI::Range(2, 100));
    command->add_option("--overlay", options.overlay, "who is linked with whom; else the seed chooses")
        ->check(CLI::IsMember(overlays));
  }
  int run(const Seeds& seeds) {
    options.duration = std::chrono::seconds(seconds);
    return run_seeds("calm", seeds, [this](std::uint64_t seed) { return troupe::sim::run_calm(seed, options); });
  }

  CLI::App* command;
  troupe::sim::CalmRunOptions options;
  std::int64_t seconds = 3'600;
};

void print_line(std::string_view line) { fmt::print("{}\n", line); }

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Runs Troupe's nodes in a simulated world: virtual time, simulated connections and disks, one seed a run.\n"
      "Nodes crash and the network breaks at random; a run fails if a promise is broken. The same seed gives the\n"
      "same run, which the trace hash shows."};
  app.require_subcommand(1);
  std::string seeds_text = "1..100";
  bool trace = false;
  troupe::sim::DocumentRunOptions documents;
  troupe::sim::ClusterRunOptions clusters;
  troupe::sim::DeliveryRunOptions deliveries;
  const std::vector<std::string>& overlays = troupe::overlay::overlay_names();
  const auto add_seeds = [&](CLI::App* command) {
    command->add_option("--seeds,--seed", seeds_text, "one seed, or a range A..B")->capture_default_str();
    command->add_flag("--trace", trace, "print what every node logs, with its virtual time");
  };
  const auto add_common = [&](CLI::App* command, auto& options) {
    add_seeds(command);
    command->add_option("--faults", options.faults, "crashes, partitions, cuts and the like")->capture_default_str();
    command->add_option("--overlay", options.overlay, "who is linked with whom; else the seed chooses")
        ->check(CLI::IsMember(overlays));
    command->add_option("--lanes", options.data_lanes, "connections of the data channel; 0: the seed chooses")
        ->capture_default_str()
        ->check(CLI::Range(0, 64));
  };
  CLI::App* document = add_document_command(app, documents);
  add_common(document, documents);
  CLI::App* cluster = app.add_subcommand(
      "cluster",
      "actors send each other numbered messages; no pair may see a reordering, and all must find each other again");
  add_common(cluster, clusters);
  cluster->add_option("--nodes", clusters.nodes)->capture_default_str()->check(CLI::Range(2, 100));
  CLI::App* delivery = app.add_subcommand(
      "delivery",
      "actors send each other acknowledged and causal messages; each has one true outcome, and keeps its order");
  add_common(delivery, deliveries);
  delivery->add_option("--nodes", deliveries.nodes)->capture_default_str()->check(CLI::Range(2, 100));

  CalmCommand calm(app, overlays);
  add_seeds(calm.command);
  const OverlayCommand overlay(app);
  add_seeds(overlay.flags());
  const CounterCommand counter(app);

  try {
    app.parse(argc, argv);
    if (counter.is_chosen()) return counter.run();
    const Seeds seeds = parse_seeds(seeds_text);
    if (overlay.is_chosen()) return overlay.run(seeds.first, seeds.last, trace);
    if (trace) documents.trace = clusters.trace = deliveries.trace = calm.options.trace = print_line;
    if (document->parsed()) {
      return run_seeds("document", seeds,
                       [&](std::uint64_t seed) { return troupe::sim::run_documents(seed, documents); });
    }
    if (calm.command->parsed()) return calm.run(seeds);
    if (delivery->parsed()) {
      return run_seeds("delivery", seeds,
                       [&](std::uint64_t seed) { return troupe::sim::run_deliveries(seed, deliveries); });
    }
    return run_seeds("cluster", seeds, [&](std::uint64_t seed) { return troupe::sim::run_cluster(seed, clusters); });
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
}
