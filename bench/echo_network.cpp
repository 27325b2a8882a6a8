#include "bench/echo_network.hpp"

#include <stdexcept>

namespace troupe::bench {

namespace {

class Loopback final : public EchoNetwork {
 public:
  Place server() const override { return {}; }
  Place client() const override { return {}; }
};

}  // namespace

std::unique_ptr<EchoNetwork> make_network(std::chrono::milliseconds round_trip) {
  if (round_trip.count() == 0) return std::make_unique<Loopback>();
  throw std::runtime_error("--rtt-ms " + std::to_string(round_trip.count()) +
                           ": this program cannot make a network that delays packets yet; only 0 is possible");
}

}  // namespace troupe::bench
