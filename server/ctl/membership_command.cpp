#include "membership_command.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "node_query.hpp"

namespace troupe::server {

namespace {

using nlohmann::json;

constexpr auto kJoinPatience = std::chrono::seconds(5);
constexpr auto kLeavePatience = std::chrono::seconds(60);  // Clients may take their time (drain_timeout).

int failed(const QueryFailure& failure) {
  fmt::print(stderr, "error: {}\n  remedy: {}\n", failure.text, failure.remedy);
  return 1;
}

/// The name of the member at an address, once it is up.
std::optional<std::string> member_at(const NodeChoice& choice, const std::string& address) {
  const auto answer = query_node(choice, "members");
  const json members = answer ? json::parse(*answer, nullptr, false) : json();
  if (!members.is_object()) return std::nullopt;
  for (const json& member : members.value("members", json::array())) {
    if (member.value("address", "") == address && member.value("state", "") == "up") return member.value("name", "?");
  }
  return std::nullopt;
}

int join(const NodeChoice& choice, const std::string& address) {
  const auto answer = command_node(choice, "join", json{{"address", address}}.dump());
  if (!answer) return failed(answer.error());
  const auto deadline = std::chrono::steady_clock::now() + kJoinPatience;
  while (std::chrono::steady_clock::now() < deadline) {
    if (const auto name = member_at(choice, address)) {
      fmt::print("{} is up at {}: `troupe ctl members` shows the cluster\n", *name, address);
      return 0;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));  // poll: until the member is up
  }
  return failed({fmt::format("no member is up at {} after {} s; the node tries on", address, kJoinPatience.count()),
                 "the node's log says what is in the way; a node that advertises another address is in `troupe ctl "
                 "members` under that"});
}

int leave(const NodeChoice& choice) {
  const auto answer = command_node(choice, "leave", "{}");
  if (!answer) return failed(answer.error());
  const json said = json::parse(*answer, nullptr, false);
  const std::string name = said.is_object() ? said.value("node", "the node") : "the node";
  fmt::print("{} leaves: its clients are sent to other nodes, then it says goodbye and ends\n", name);
  std::fflush(stdout);
  NodeChoice same = choice;
  if (same.socket.empty() && same.address.empty()) same.node = name;
  if (!wait_until_gone(same, kLeavePatience)) {
    return failed({fmt::format("{} still runs after {} s", name, kLeavePatience.count()),
                   "its log says what it waits for (drain_timeout bounds how long clients may stay)"});
  }
  fmt::print("{} has left, and its process has ended\n", name);
  return 0;
}

int down(const NodeChoice& choice, const std::string& name) {
  const auto answer = command_node(choice, "down", json{{"name", name}}.dump());
  if (!answer) return failed(answer.error());
  fmt::print("{} is down everywhere; if it still runs, it comes back with a new incarnation\n", name);
  return 0;
}

}  // namespace

void add_membership_commands(CLI::App& ctl, const NodeChoice& choice, const std::function<void(CLI::App&)>& add_choice,
                             std::function<int()>& chosen) {
  const auto add = [&](const char* name, const char* help) {
    CLI::App* command = ctl.add_subcommand(name, help);
    add_choice(*command);
    return command;
  };
  const auto argument = std::make_shared<std::string>();
  CLI::App* join_command = add("join", "have the node join the cluster of another one");
  join_command->add_option("ADDRESS", *argument, "host:port of the other node's cluster port")->required();
  join_command->callback(
      [&choice, argument, &chosen] { chosen = [&choice, argument] { return join(choice, *argument); }; });
  CLI::App* leave_command = add("leave", "have the node leave the cluster: its clients are drained, and it ends");
  leave_command->callback([&choice, &chosen] { chosen = [&choice] { return leave(choice); }; });
  CLI::App* down_command = add("down", "declare another member down, everywhere");
  down_command->add_option("NAME", *argument, "the member's name")->required();
  down_command->callback(
      [&choice, argument, &chosen] { chosen = [&choice, argument] { return down(choice, *argument); }; });
}

}  // namespace troupe::server
