#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "bench/peers/child_process.hpp"

namespace troupe::bench {

/// Where one process of an exchange runs.
struct Place {
  Command prefix;  ///< In front of its command: `nsenter --net=FILE`. May be empty.
  std::string host = "127.0.0.1";
};

/// The two places of an exchange and what is between them, for as long as this object lives.
class EchoNetwork {
 public:
  virtual ~EchoNetwork() = default;
  virtual Place server() const = 0;
  virtual Place client() const = 0;
};

/// A network with such a round-trip time: for 0 this machine's loopback, for others two hosts of tests/netlab/, which
/// needs root. Throws std::runtime_error.
std::unique_ptr<EchoNetwork> make_network(std::chrono::milliseconds round_trip);

}  // namespace troupe::bench
