#include "node_query.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <system_error>
#include <thread>
#include <vector>

#include "troupe/gateway/http_get.hpp"
#include "troupe/gateway/local_socket.hpp"

namespace troupe::server {

namespace {

constexpr Duration kPatience = 5s;

template <class T>
using Found = std::expected<T, QueryFailure>;

Found<std::string> find_socket(const std::string& name) {
  std::vector<gateway::LocalNode> nodes = gateway::find_local_nodes();
  if (!name.empty()) std::erase_if(nodes, [&](const gateway::LocalNode& node) { return node.name != name; });
  // A process that ended may have left its socket, and another have its number.
  std::erase_if(nodes, [](const gateway::LocalNode& node) {
    const auto alive = gateway::http_get({.address = {}, .socket = node.socket, .token = {}}, "/livez", kPatience);
    return !alive && alive.error().code == ErrorCode::kUnreachable && ::access(node.socket.c_str(), W_OK) == 0;
  });
  if (nodes.size() == 1) return nodes[0].socket;
  if (nodes.empty()) {
    return std::unexpected(QueryFailure{name.empty() ? "no node of this user runs on this machine"
                                                     : fmt::format("no node '{}' of this user runs here", name),
                                        "start one (`troupe demo`, `troupe serve`), or name one with --socket PATH, or "
                                        "--http ADDRESS --token-file FILE"});
  }
  std::vector<std::string> choices;
  for (const auto& node : nodes) {
    choices.push_back(name.empty() ? fmt::format("--node {}", node.name) : fmt::format("--socket {}", node.socket));
  }
  const auto same = std::ranges::unique(choices);
  choices.erase(same.begin(), same.end());
  return std::unexpected(
      QueryFailure{"several nodes run on this machine", fmt::format("choose one: {}", fmt::join(choices, ", "))});
}

Found<std::string> read_token(const NodeChoice& choice) {
  if (choice.token_file.empty()) return choice.token;
  std::ifstream file(choice.token_file);
  std::string token{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open()) {
    return std::unexpected(QueryFailure{
        fmt::format("the token file {} cannot be read: {}", choice.token_file, std::generic_category().message(errno)),
        "give a file that this user may read"});
  }
  while (token.ends_with('\n') || token.ends_with('\r')) token.pop_back();
  return token;
}

Found<gateway::HttpServer> find_server(const NodeChoice& choice) {
  gateway::HttpServer server;
  if (choice.address.empty()) {
    const Found<std::string> socket = choice.socket.empty() ? find_socket(choice.node) : choice.socket;
    if (!socket) return std::unexpected(socket.error());
    server.socket = *socket;
    return server;
  }
  const Found<std::string> token = read_token(choice);
  if (!token) return std::unexpected(token.error());
  server.address = choice.address;
  server.token = *token;
  return server;
}

/// "401 {…}" of a refused request.
QueryFailure explain_refusal(const gateway::HttpServer& server, const std::string& detail) {
  if (detail.starts_with("401")) {
    return server.token.empty() ? QueryFailure{fmt::format("the node at {} wants a token", server.address),
                                               "give the node's own (admin.token_file) with --token-file FILE or the "
                                               "variable TROUPE_TOKEN"}
                                : QueryFailure{fmt::format("the node at {} has another token", server.address),
                                               "give the content of the file that its admin.token_file names"};
  }
  if (detail.starts_with("404")) {
    return {fmt::format("the node at {} does not open its admin API there", server.address),
            "set admin.token_file on the node, or ask over its socket on its own machine"};
  }
  if (detail.starts_with("429")) return {"too many wrong tokens came from this address", "wait a minute"};
  if (detail.starts_with("503")) return {"the node is stopping: it answers such questions no more", "ask another node"};
  // Its own words, if it has some.
  const auto body = nlohmann::json::parse(detail.substr(std::min<std::size_t>(detail.size(), 4)), nullptr, false);
  if (body.is_object() && body.contains("error") && body["error"].is_object())
    return {body["error"].value("message", detail), "`troupe ctl members` shows who there is"};
  return {"the node answered " + detail, "look into its log"};
}

QueryFailure explain(const gateway::HttpServer& server, const Error& error) {
  if (error.code == ErrorCode::kRefused) return explain_refusal(server, error.detail);
  if (error.code == ErrorCode::kTimeout) {
    return {fmt::format("the node did not answer in {} s", kPatience / 1s),
            "look whether its threads are busy (`top`)"};
  }
  const std::string& place = server.socket.empty() ? server.address : server.socket;
  const std::string text = fmt::format("nobody answers at {}: {}", place, error.detail);
  if (server.socket.empty()) return {text, "give the HTTP address of a running node"};
  if (::access(server.socket.c_str(), F_OK) != 0) {
    return {fmt::format("there is no socket at {}", place),
            "start the node, or leave --socket out to look for its socket"};
  }
  if (::access(server.socket.c_str(), W_OK) != 0)
    return {fmt::format("the socket {} belongs to another user", place), "run this as the user that runs the node"};
  return {text, "the node has ended: start it again"};
}

}  // namespace

Found<std::string> query_node(const NodeChoice& choice, const std::string& resource) {
  const Found<gateway::HttpServer> server = find_server(choice);
  if (!server) return std::unexpected(server.error());
  auto answer = gateway::http_get(*server, "/admin/api/" + resource, kPatience);
  if (!answer) return std::unexpected(explain(*server, answer.error()));
  return *std::move(answer);
}

Found<std::string> command_node(const NodeChoice& choice, const std::string& action, const std::string& json) {
  const Found<gateway::HttpServer> server = find_server(choice);
  if (!server) return std::unexpected(server.error());
  auto answer = gateway::http_post(*server, "/admin/api/" + action, json, kPatience);
  if (!answer) return std::unexpected(explain(*server, answer.error()));
  return *std::move(answer);
}

bool wait_until_gone(const NodeChoice& choice, std::chrono::seconds within) {
  const auto deadline = std::chrono::steady_clock::now() + within;
  while (std::chrono::steady_clock::now() < deadline) {
    const Found<gateway::HttpServer> server = find_server(choice);
    if (!server) return true;  // Its socket went with it.
    const auto alive = gateway::http_get(*server, "/livez", kPatience);
    if (!alive && alive.error().code == ErrorCode::kUnreachable) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));  // poll: until the process has ended
  }
  return false;
}

}  // namespace troupe::server
