#pragma once

#include <chrono>
#include <expected>
#include <string>

namespace troupe::server {

/// Which node `troupe ctl` looks at, as the command line and the environment say.
struct NodeChoice {
  std::string node;        ///< By name, among those of this user on this machine; empty: the only one.
  std::string socket;      ///< Or by the path of its socket,
  std::string address;     ///< or by its HTTP address, with a token
  std::string token_file;  ///< from a file
  std::string token;       ///< or the environment.
};

/// Something that went wrong, and what to do about it.
struct QueryFailure {
  std::string text;
  std::string remedy;
};

/// Finds the node and asks it for a resource: the text of `/admin/api/NAME`.
std::expected<std::string, QueryFailure> query_node(const NodeChoice& choice, const std::string& resource);

/// The same for an action: posts the JSON to `/admin/api/NAME`.
std::expected<std::string, QueryFailure> command_node(const NodeChoice& choice, const std::string& action,
                                                      const std::string& json);

/// Waits until the node answers no more. False if it still does `within` later.
bool wait_until_gone(const NodeChoice& choice, std::chrono::seconds within);

}  // namespace troupe::server
