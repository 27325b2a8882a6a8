#include "bench/echo_network.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <stdexcept>

namespace troupe::bench {

namespace {

class Loopback final : public EchoNetwork {
 public:
  Place server() const override { return {}; }
  Place client() const override { return {}; }
};

Command relay_command() {
  const auto program =
      std::filesystem::path(own_command({}).front()).parent_path() / "../tests/netlab/troupe-netlab-relay";
  if (!std::filesystem::exists(program)) {
    throw std::runtime_error("--rtt-ms needs " + program.lexically_normal().string() +
                             ": build the target troupe-netlab-relay (./run bench ... --rtt-ms does it)");
  }
  return {program.lexically_normal(), "--hosts", "server,client"};
}

/// Two hosts of tests/netlab/, each a network namespace, whose packets take half of the round trip each way.
class Laboratory final : public EchoNetwork {
 public:
  explicit Laboratory(std::chrono::milliseconds round_trip) : relay_(relay_command()) {
    for (std::string line = read(); line != "ready"; line = read()) {
      Place& place = line.starts_with("host server ") ? server_ : client_;
      place.host = value_of(line, "address=");
      place.prefix = {"nsenter", "--net=" + value_of(line, "ns=")};
    }
    relay_.write_line(fmt::format("delay server client {}us", round_trip.count() * 1000 / 2));
    if (const std::string answer = read(); answer != "ok") throw std::runtime_error("troupe-netlab-relay: " + answer);
  }
  Place server() const override { return server_; }
  Place client() const override { return client_; }

 private:
  std::string read() {
    try {
      return relay_.read_line();
    } catch (const std::runtime_error& error) {
      throw std::runtime_error(std::string("--rtt-ms needs root and /dev/net/tun: ") + error.what());
    }
  }
  /// "0.1" of "host a address=0.1 ns=f".
  static std::string value_of(const std::string& line, const std::string& key) {
    const std::size_t at = line.find(key);
    if (at == std::string::npos) throw std::runtime_error("troupe-netlab-relay said: " + line);
    const std::size_t begin = at + key.size();
    return line.substr(begin, line.find(' ', begin) - begin);
  }

  ChildProcess relay_;
  Place server_;
  Place client_;
};

}  // namespace

std::unique_ptr<EchoNetwork> make_network(std::chrono::milliseconds round_trip) {
  if (round_trip.count() == 0) return std::make_unique<Loopback>();
  return std::make_unique<Laboratory>(round_trip);
}

}  // namespace troupe::bench
