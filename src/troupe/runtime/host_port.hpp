#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "troupe/base/error.hpp"

namespace troupe::runtime {

/// Where to listen or to connect.
struct HostPort {
  std::string
      host;  ///< A name or a numeric address, without brackets; may be empty (all interfaces, for those who listen).
  std::uint16_t port = 0;
};

/// Reads "host:port", "1.2.3.4:80", "[::1]:80" or ":80"; fails with invalid_argument and says what is wrong.
Result<HostPort> parse_host_port(std::string_view text);

}  // namespace troupe::runtime
