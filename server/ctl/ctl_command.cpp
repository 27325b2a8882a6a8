#include "ctl_command.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "lane_table.hpp"
#include "membership_command.hpp"
#include "node_query.hpp"
#include "placement_table.hpp"
#include "topology_table.hpp"
#include "trace_command.hpp"

namespace troupe::server {

namespace {

struct CtlOptions {
  NodeChoice choice;
  bool json = false;
  bool once = false;
  std::string root;  ///< Of the tree; empty: the node itself.
  std::string topic;
};
using Render = std::string (*)(const nlohmann::json&);

/// What is to be printed. Says what went wrong, if something did.
std::optional<std::string> read(const CtlOptions& options, const std::string& resource, Render render) {
  const auto answer = query_node(options.choice, resource);
  if (!answer) {
    fmt::print(stderr, "error: {}\n  remedy: {}\n", answer.error().text, answer.error().remedy);
    return std::nullopt;
  }
  if (options.json) return *answer + "\n";
  const auto json = nlohmann::json::parse(*answer, nullptr, false);
  if (json.is_object()) return render(json);
  fmt::print(stderr, "error: the answer is not JSON\n  remedy: is this a node of the same version?\n");
  return std::nullopt;
}

int lanes(const CtlOptions& options) {
  const auto text = read(options, "lanes", &render_lanes);
  if (text) fmt::print("{}", *text);
  return text ? 0 : 1;
}

int members(const CtlOptions& options) {
  const auto text = read(options, "members", &render_members);
  if (text) fmt::print("{}", *text);
  return text ? 0 : 1;
}

int links(const CtlOptions& options) {
  const auto text = read(options, "links", &render_links);
  if (text) fmt::print("{}", *text);
  return text ? 0 : 1;
}

/// As it stands in a query.
std::string escaped(const std::string& text) {
  std::string query;
  for (const char byte : text) query += fmt::format("%{:02x}", static_cast<unsigned char>(byte));
  return query;
}

int owners(const CtlOptions& options) {
  const auto text = read(options, "placement", &render_owners);
  if (text) fmt::print("{}", *text);
  return text ? 0 : 1;
}

int where(const CtlOptions& options) {
  const auto text = read(options, "placement?topic=" + escaped(options.topic), &render_where);
  if (text) fmt::print("{}", *text);
  return text ? 0 : 1;
}

int trees(const CtlOptions& options) {
  const std::string query = escaped(options.root);
  const auto text = read(options, query.empty() ? "trees" : "trees?root=" + query, &render_tree);
  if (text) fmt::print("{}", *text);
  return text ? 0 : 1;
}

/// The table again and again, until Ctrl-C.
int top(const CtlOptions& options) {
  for (;;) {
    const auto text = read(options, "lanes", &render_rates);
    if (!text) return 1;
    const bool redraw = !options.once && !options.json;
    fmt::print("{}{}", redraw ? "\033[H\033[2J" : "", *text);
    std::fflush(stdout);
    if (options.once) return 0;
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
}

void add_choice(CLI::App& command, CtlOptions& options) {
  NodeChoice& choice = options.choice;
  command.add_option("--node", choice.node, "The node of this name; needed where several run on this machine")
      ->type_name("NAME")
      ->group("Which node");
  command.add_option("--socket", choice.socket, "The node with this socket (its admin.socket)")
      ->type_name("PATH")
      ->group("Which node");
  command.add_option("--http", choice.address, "The node with this HTTP address; it wants its token")
      ->type_name("HOST:PORT")
      ->group("Which node");
  command
      .add_option("--token-file", choice.token_file,
                  "File with the token (the node's admin.token_file). Or the variable TROUPE_TOKEN has the token")
      ->type_name("FILE")
      ->needs("--http")
      ->group("Which node");
}

void add_json_flag(CLI::App& command, CtlOptions& options) {
  command.add_flag("--json", options.json, "What the node answered, as it came");
}

}  // namespace

void add_ctl_command(CLI::App& app, std::function<int()>& chosen) {
  auto options = std::make_shared<CtlOptions>();
  if (const char* token = std::getenv("TROUPE_TOKEN")) options->choice.token = token;
  CLI::App* ctl =
      app.add_subcommand("ctl", "look at a running node, or act on it: on this machine over its socket, or by HTTP");
  ctl->require_subcommand(1);
  ctl->footer(
      "Without a flag it is the one node that runs on this machine: troupe ctl top\n"
      "One of several:                                              troupe ctl lanes --node b\n"
      "Another machine's:       troupe ctl lanes --http 10.0.0.1:8080 --token-file token");
  const auto add = [&](const char* name, const char* help, int (*run)(const CtlOptions&)) {
    CLI::App* command = ctl->add_subcommand(name, help);
    add_choice(*command, *options);
    add_json_flag(*command, *options);
    command->callback([options, run, &chosen] { chosen = [options, run] { return run(*options); }; });
    return command;
  };
  add("lanes",
      "each connection to another node: its queue, what is under way and its window, how often and how long messages "
      "waited for credit, round trips, what was dropped",
      &lanes);
  add("top", "what moves on each connection in a second, renewed until Ctrl-C", &top)
      ->add_flag("--once", options->once, "Only once");
  add("members", "each node of the cluster: how it stands, its links, and the way to it", &members);
  add("links", "who is linked with whom", &links);
  add("trees", "how broadcasts of a node travel; asks all members", &trees)
      ->add_option("--root", options->root, "The node whose broadcasts; without it, the one that is asked")
      ->type_name("NAME");
  add("owners", "the nodes that own documents, and how much of them", &owners);
  add("where", "which node owns a document", &where)
      ->add_option("TOPIC", options->topic, "As in canvas/lobby")
      ->required();
  add_membership_commands(
      *ctl, options->choice, [options](CLI::App& command) { add_choice(command, *options); }, chosen);
  add_trace_command(*ctl, chosen);
}

}  // namespace troupe::server
