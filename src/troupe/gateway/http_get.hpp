#pragma once

#include <string>

#include "troupe/base/error.hpp"
#include "troupe/base/time.hpp"

namespace troupe::gateway {

/// Asks a node's gateway at "host:port" for `target` and gives the body of a 200; blocks, for the program's own
/// commands. Fails with `unreachable`, `timeout` after `within`, or `refused` with the status and body of another
/// answer.
Result<std::string> http_get(const std::string& address, const std::string& target, Duration within);

}  // namespace troupe::gateway
