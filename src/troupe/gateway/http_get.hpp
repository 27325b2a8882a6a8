#pragma once

#include <string>

#include "troupe/base/error.hpp"
#include "troupe/base/time.hpp"

namespace troupe::gateway {

/// Where a node's gateway answers.
struct HttpServer {
  std::string address;  ///< "host:port"
  std::string socket;   ///< Or, if it is not empty, the path of its local socket.
  std::string token;    ///< Sent along, unless it is empty.
};

/// Asks a node's gateway for `target` and gives the body of a 200; blocks, for the program's own commands. Fails with
/// `unreachable`, `timeout` after `within`, or `refused` with the status and body of another answer: "404 not there".
Result<std::string> http_get(const HttpServer& server, const std::string& target, Duration within);
/// The same for a POST with this JSON.
Result<std::string> http_post(const HttpServer& server, const std::string& target, const std::string& json,
                              Duration within);
inline Result<std::string> http_get(const std::string& address, const std::string& target, Duration within) {
  return http_get(HttpServer{address, {}, {}}, target, within);
}

}  // namespace troupe::gateway
