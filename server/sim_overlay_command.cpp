#include "sim_overlay_command.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "sim_replay_page.hpp"
#include "troupe/overlay/overlay_choice.hpp"
#include "troupe/sim/overlay/overlay_runs.hpp"
#include "troupe/sim/overlay/run_recorder.hpp"

using troupe::sim::OverlayOutcome;

namespace {

/// With a table of all members on each node 1,000 nodes take 1.2 GB, and more with the square of their number.
constexpr std::uint32_t kWholeMembershipMax = 2'000;

}  // namespace

struct OverlayCommand::Flags {
  CLI::App* app = nullptr;
  std::string overlay = "all";
  std::uint32_t nodes = 0;
  double crash = -1;
  bool silent = false;
  std::uint32_t concurrent = 0;
  std::uint32_t rounds = 4;
  std::uint32_t faults = 25;
  double doubling_seconds = 2;
  std::string membership = "auto";
  std::string json;
  std::string html;
  std::size_t html_entries = troupe::sim::RunRecorderOptions{}.entries_max;

  bool is_experiment() const { return crash >= 0 || concurrent > 0; }
  bool is_thin() const {
    return is_experiment() && (membership == "shared" || (membership == "auto" && nodes > kWholeMembershipMax));
  }
};

namespace {

/// On a page, more of them would be dots that nobody can tell apart.
constexpr std::uint32_t kDrawnNodesMax = 2'000;

std::string to_json(const std::vector<troupe::sim::PhaseTime>& phases) {
  std::vector<std::string> parts;
  for (const auto& phase : phases) {
    parts.push_back(fmt::format(R"({{"name": "{}", "simulated_seconds": {:.6g}, "wall_seconds": {:.6g}, )", phase.name,
                                phase.simulated_seconds, phase.wall_seconds));
    parts.back() += fmt::format(R"("processor_seconds": {:.6g}}})", phase.processor_seconds);
  }
  return fmt::format("[{}]", fmt::join(parts, ", "));
}

std::string to_json(const OverlayOutcome& outcome, const std::string& overlay, bool is_thin, std::uint64_t seed) {
  std::string line = fmt::format(R"({{"overlay": "{}", "nodes": {}, "seed": {}, "crash": {}, "holds": {})", overlay,
                                 outcome.nodes, seed, outcome.crash, outcome.failure.empty());
  line += fmt::format(R"(, "membership": "{}")", is_thin ? "shared" : "whole");
  line += fmt::format(R"(, "reached_fraction": {:.6g}, "reached_by_round": [{:.6g}], "rounds_to_heal": {})",
                      outcome.reached_fraction, fmt::join(outcome.reached_by_round, ", "),
                      outcome.rounds_to_heal == 0 ? "null" : fmt::to_string(outcome.rounds_to_heal));
  line += fmt::format(R"(, "redundant_payloads_per_node": {:.6g}, "hops_max": {}, "broadcasts": {})",
                      outcome.redundant_payloads_per_node, outcome.hops_max, outcome.broadcasts);
  line += fmt::format(R"(, "bytes_sent": {}, "messages_sent": {}, "join_seconds": {:.6g}, "heal_seconds": {:.6g})",
                      outcome.bytes_sent, outcome.messages_sent, outcome.join_seconds, outcome.heal_seconds);
  if (!outcome.phases.empty()) line += fmt::format(R"(, "phases": {})", to_json(outcome.phases));
  line += fmt::format(R"(, "simulated_seconds": {:.6g}, "wall_seconds": {:.6g}, "trace_hash": "{:016x}"}})",
                      outcome.simulated_seconds, outcome.wall_seconds, outcome.trace_hash);
  return line;
}

}  // namespace

OverlayCommand::OverlayCommand(CLI::App& app) : flags_(std::make_unique<Flags>()) {
  Flags& flags = *flags_;
  std::vector<std::string> names = troupe::overlay::overlay_names();
  names.emplace_back("all");
  flags.app = app.add_subcommand(
      "overlay",
      "many nodes that are only their overlay, up to 10,000: under random faults, or, with --crash or --concurrent, "
      "in\n"
      "HyParView's experiment: they join, some crash at once, and it is measured whom broadcasts reach");
  flags.app->add_option("--overlay", flags.overlay)->capture_default_str()->check(CLI::IsMember(names));
  flags.app->add_option("--nodes", flags.nodes, "0: a few, by the seed; in the experiment 128")
      ->capture_default_str()
      ->check(CLI::Range(0, 100'000));
  flags.app->add_option("--faults", flags.faults, "without --crash: crashes, partitions and the like")
      ->capture_default_str();
  flags.app->add_option("--crash", flags.crash, "the share of the nodes that crash at once")
      ->check(CLI::Range(0.0, 1.0));
  flags.app->add_flag("--silent", flags.silent, "their machines crash: no connection is reset");
  flags.app->add_option("--concurrent", flags.concurrent, "so many of the nodes join at the same time, at last");
  flags.app->add_option("--rounds", flags.rounds, "membership rounds (of 10 s) to look at after the crash")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000));
  flags.app->add_option("--doubling-seconds", flags.doubling_seconds, "in which joins double the cluster")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1'000.0));
  flags.app
      ->add_option(
          "--membership", flags.membership,
          "in the experiment. whole: each node has its own table of all members, which is broadcast and\n"
          "compared, and routes, as in a real cluster. shared: one table for all nodes, and of each node only\n"
          "its overlay and its broadcasts; joins are known after 1 s, deaths after 10 s. auto: shared above\n"
          "2,000 nodes, whose tables would not fit")
      ->capture_default_str()
      ->check(CLI::IsMember({"auto", "whole", "shared"}));
  flags.app->add_option("--json", flags.json, "what was measured: a line for each run");
  flags.app->add_option("--html", flags.html,
                        "a page that plays the run back, in any browser and without a network: one --overlay, one "
                        "--seed, up to 2,000 nodes (best with 100)");
  flags.app
      ->add_option("--html-entries", flags.html_entries,
                   "as much is recorded for the page, about 12 bytes each; then the record ends, and says so")
      ->capture_default_str()
      ->check(CLI::Range(1'000, 10'000'000));
}

OverlayCommand::~OverlayCommand() = default;

CLI::App* OverlayCommand::flags() const { return flags_->app; }
bool OverlayCommand::is_chosen() const { return flags_->app->parsed(); }

OverlayOutcome OverlayCommand::run_one(const std::string& overlay, std::uint64_t seed, bool trace,
                                       troupe::sim::NetworkWatcher* watcher) const {
  const auto print = [](std::string_view line) { fmt::print("{}\n", line); };
  const Flags& flags = *flags_;
  if (!flags.is_experiment()) {
    troupe::sim::OverlayFaultsOptions options{.overlay = overlay, .nodes = flags.nodes, .faults = flags.faults};
    if (trace) options.trace = print;
    options.watcher = watcher;
    return run_overlay_faults(seed, options);
  }
  troupe::sim::ExperimentOptions options{.overlay = overlay, .concurrent = flags.concurrent};
  if (flags.nodes != 0) options.nodes = flags.nodes;
  options.crash = std::max(flags.crash, 0.0);
  options.silent = flags.silent;
  options.rounds = flags.rounds;
  options.is_thin = flags.is_thin();
  options.progress = [](const troupe::sim::PhaseTime& phase) {
    fmt::print(stderr, "{}: {:.1f} s simulated in {:.1f} s, {:.1f} s of them on the processor\n", phase.name,
               phase.simulated_seconds, phase.wall_seconds, phase.processor_seconds);
  };
  options.doubling_time = troupe::Duration(static_cast<troupe::Duration::rep>(flags.doubling_seconds * 1e9));
  if (trace) options.trace = print;
  options.watcher = watcher;
  return run_overlay_experiment(seed, options);
}

/// Why no page can be made; empty if one can.
std::string OverlayCommand::cannot_record(std::uint64_t runs) const {
  const Flags& flags = *flags_;
  if (flags.html.empty()) return {};
  if (flags.overlay == "all" || runs != 1) return "--html plays one run back: name one --overlay and one --seed";
  if (flags.nodes > kDrawnNodesMax)
    return fmt::format("--html draws up to {} nodes, not {}: measure with --json, or draw fewer", kDrawnNodesMax,
                       flags.nodes);
  return {};
}

OverlayOutcome OverlayCommand::run_recorded(const std::string& overlay, std::uint64_t seed, bool trace) const {
  const Flags& flags = *flags_;
  troupe::sim::RunRecorder recorder({.entries_max = flags.html_entries});
  OverlayOutcome outcome = run_one(overlay, seed, trace, &recorder);
  const troupe::sim::RunRecord record = recorder.take();
  const ReplayTitle title{.overlay = overlay,
                          .seed = seed,
                          .command = "./run sim overlay" + flags_as_text(overlay, seed),
                          .failure = outcome.failure,
                          .simulated_seconds = outcome.simulated_seconds};
  if (const auto written = write_replay_page(flags.html, title, record); !written) {
    if (outcome.failure.empty()) outcome.failure = "for want of a page: " + written.error().detail;
    return outcome;
  }
  if (record.is_full)
    fmt::print(stderr,
               "the record for the page is full: it ends at {:.1f} of {:.1f} s (fewer nodes, or --html-entries)\n",
               static_cast<double>(record.end) / 10'000, outcome.simulated_seconds);
  fmt::print("wrote {}\n", flags.html);
  return outcome;
}

int OverlayCommand::run(std::uint64_t first, std::uint64_t last, bool trace) const {
  const Flags& flags = *flags_;
  const std::vector<std::string> overlays =
      flags.overlay == "all" ? troupe::overlay::overlay_names() : std::vector{flags.overlay};
  if (const std::string problem = cannot_record(last - first + 1); !problem.empty()) {
    fmt::print(stderr, "{}\n", problem);
    return 1;
  }
  std::ofstream json;
  if (!flags.json.empty()) json.open(flags.json);
  if (json.fail()) {
    fmt::print(stderr, "cannot write {}\n", flags.json);
    return 1;
  }
  std::uint64_t runs = 0;
  double simulated = 0;
  double wall = 0;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    for (const std::string& overlay : overlays) {
      const OverlayOutcome outcome =
          flags.html.empty() ? run_one(overlay, seed, trace, nullptr) : run_recorded(overlay, seed, trace);
      ++runs;
      simulated += outcome.simulated_seconds;
      wall += outcome.wall_seconds;
      if (json.is_open()) json << to_json(outcome, overlay, flags.is_thin(), seed) << std::endl;
      if (flags.is_experiment() || first == last) fmt::print("{}\n", to_json(outcome, overlay, flags.is_thin(), seed));
      if (outcome.failure.empty()) continue;
      fmt::print("seed {} of {} FAILED {}\nreproduce with: ./run sim overlay{} --trace\n", seed, overlay,
                 outcome.failure, flags_as_text(overlay, seed));
      return 1;
    }
    if ((seed - first + 1) % 100 == 0) fmt::print(stderr, "{} seeds hold\n", seed - first + 1);
  }
  fmt::print("{} runs hold: {:.0f} s simulated in {:.1f} s\n", runs, simulated, wall);
  return 0;
}

/// What repeats one run.
std::string OverlayCommand::flags_as_text(const std::string& overlay, std::uint64_t seed) const {
  const Flags& flags = *flags_;
  std::string text = fmt::format(" --overlay {} --seed {}", overlay, seed);
  if (flags.nodes != 0) text += fmt::format(" --nodes {}", flags.nodes);
  if (!flags.is_experiment()) return text + fmt::format(" --faults {}", flags.faults);
  if (flags.crash >= 0) text += fmt::format(" --crash {}", flags.crash);
  if (flags.silent) text += " --silent";
  if (flags.membership != "auto") text += " --membership " + flags.membership;
  if (flags.concurrent > 0) text += fmt::format(" --concurrent {}", flags.concurrent);
  return text + fmt::format(" --rounds {} --doubling-seconds {}", flags.rounds, flags.doubling_seconds);
}
