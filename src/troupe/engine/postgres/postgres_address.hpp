#pragma once

#include <map>
#include <string>
#include <vector>

#include "troupe/base/error.hpp"
#include "troupe/base/time.hpp"

namespace troupe::engine {

/// Where a PostgreSQL is, and how long it may take.
struct PostgresAddress {
  /// As libpq understands it: "host=a,b port=5432 dbname=troupe user=troupe" or "postgresql://...". Of several hosts
  /// the one that takes writes is used.
  std::string connection;
  std::string password;           ///< Empty: as the connection string or libpq's password file says.
  Duration connect_timeout = 2s;  ///< For each host.
  Duration answer_timeout = 5s;   ///< For one statement.
  /// Whether one without synchronous standbys is refused.
  bool needs_standbys = false;
};

/// What libpq wants to know of one host.
using PostgresSettings = std::map<std::string, std::string>;

/// The settings for each host of the connection string, in its order: with `target_session_attrs=read-write`, and with
/// TCP timeouts that notice a machine that is gone, where the string says nothing of these. `invalid_argument` if it is
/// no connection string; the detail shows nothing of it, since there may be a password in it.
Result<std::vector<PostgresSettings>> hosts_of(const PostgresAddress& address);

/// "host:port/dbname", for people.
std::string to_string(const PostgresSettings& settings);

}  // namespace troupe::engine
