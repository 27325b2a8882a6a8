#include "ctl_command.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

#include "lane_table.hpp"
#include "troupe/gateway/http_get.hpp"

namespace troupe::server {

namespace {

using SteadyClock = std::chrono::steady_clock;

struct CtlOptions {
  std::string address = "127.0.0.1:8080";
  bool once = false;
};

/// Says what went wrong, if anything did.
bool read(const CtlOptions& options, LaneTable& table) {
  const auto metrics = gateway::http_get(options.address, "/metrics", std::chrono::seconds(5));
  if (metrics) return table = read_lanes(*metrics), true;
  fmt::print(stderr, "error: {}\n  remedy: give the HTTP address of a running node with --http\n",
             metrics.error().to_string());
  return false;
}

int lanes(const CtlOptions& options) {
  LaneTable table;
  if (!read(options, table)) return 1;
  fmt::print("{}", render_lanes(table, {}, 0));
  return 0;
}

/// The table again and again, until Ctrl-C.
int top(const CtlOptions& options) {
  LaneTable before;
  if (!read(options, before)) return 1;
  for (auto began = SteadyClock::now();;) {
    std::this_thread::sleep_for(std::chrono::seconds(2));
    LaneTable now;
    if (!read(options, now)) return 1;
    const auto ended = SteadyClock::now();
    const std::string text = render_lanes(now, before, std::chrono::duration<double>(ended - began).count());
    fmt::print("{}{}", options.once ? "" : "\033[H\033[2J", text);
    std::fflush(stdout);
    if (options.once) return 0;
    before = std::move(now);
    began = ended;
  }
}

}  // namespace

void add_ctl_command(CLI::App& app, std::function<int()>& chosen) {
  auto options = std::make_shared<CtlOptions>();
  CLI::App* ctl = app.add_subcommand("ctl", "look at a running node");
  ctl->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, int (*run)(const CtlOptions&)) {
    CLI::App* command = ctl->add_subcommand(name, help);
    command->add_option("--http", options->address, "the node's HTTP address")->capture_default_str();
    command->callback([options, run, &chosen] { chosen = [options, run] { return run(*options); }; });
    return command;
  };
  add("lanes", "each connection to another node: its queue, what is under way, its window, the round trip", &lanes);
  add("top", "the same with rates, renewed every two seconds until Ctrl-C", &top)
      ->add_flag("--once", options->once, "only once, after two seconds");
}

}  // namespace troupe::server
