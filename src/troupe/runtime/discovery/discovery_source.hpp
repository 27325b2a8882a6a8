#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "troupe/base/error.hpp"

namespace troupe::runtime {

/// Where addresses of nodes are to be found.
struct DiscoverySource {
  enum class Kind : std::uint8_t {
    kDns,   ///< "dns:nodes.example.org:7400": the name's A and AAAA records, with this port.
    kSrv,   ///< "srv:_troupe._tcp.example.org": hosts and ports of the name's SRV records.
    kFile,  ///< "file:/etc/troupe/nodes": a list as `parse_node_list` reads it.
  };
  std::string text;  ///< As it was written.
  Kind kind = Kind::kFile;
  std::string name;  ///< Of the host, the service, or the file.
  std::uint16_t port = 0;
};

/// Fails with `invalid_argument`, and says what is wrong and what to write.
Result<DiscoverySource> parse_discovery_source(std::string_view text);

/// The content of a file of addresses: one host:port a line, without spaces in it; empty lines, and what follows a `#`,
/// count for nothing. An address that stands there twice counts once. Fails with `invalid_argument` and names the first
/// line that is wrong.
Result<std::vector<std::string>> parse_node_list(std::string_view text);

}  // namespace troupe::runtime
