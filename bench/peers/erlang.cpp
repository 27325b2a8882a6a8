#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <random>
#include <stdexcept>

#include "bench/peers/erlang_sources.hpp"
#include "bench/peers/system.hpp"
#include "bench/peers/tcp_socket.hpp"
#include "bench/temporary_directory.hpp"

namespace troupe::bench {

namespace {

/// Whoever knows a node's cookie may run code on it.
std::string random_cookie() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

/// "{127,0,0,1}"
std::string as_tuple(std::string host) {
  std::ranges::replace(host, '.', ',');
  return '{' + host + '}';
}

class Erlang final : public System {
 public:
  Erlang() {
    for (const ErlangSource& source : kErlangSources) std::ofstream(beams_.path() + "/" + source.name) << source.text;
    if (std::system(("cd '" + beams_.path() + "' && erlc *.erl >&2").c_str()) != 0) {
      throw std::runtime_error(
          "Erlang's compiler erlc is missing or failed: apt-get install --no-install-recommends erlang-base "
          "(./run bench ... --peers erlang does it)");
    }
  }

  Command command(const std::string& role, const Setting& setting) override {
    const std::string threads = std::to_string(setting.threads);
    Command command{"env",       "ERL_CRASH_DUMP_SECONDS=0",
                    "erl",       "-noshell",
                    "-boot",     "start_clean",
                    "-pa",       beams_.path(),
                    "+S",        threads + ':' + threads,
                    "+SDcpu",    threads + ':' + threads,
                    "+SDio",     "1",
                    "+P",        "4000000",
                    "+zdbbl",    "32768",
                    "+sbwt",     setting.busy_poll_us > 0 ? "very_long" : "medium",
                    "+sbwtdcpu", "none",
                    "+sbwtdio",  "none"};
    if (role != "actors") add_distribution(command, role, setting.host);
    command.insert(command.end(), {"-s", "bench_peer", "main", "-extra", role});
    return command;
  }

  bool parallel() const override { return false; }

 private:
  /// Nodes find each other without epmd: both know the port, on which only the server listens.
  void add_distribution(Command& command, const std::string& role, const std::string& host) {
    const bool server = role == "echo-server";
    if (server) {
      const std::string address = Socket::listen("127.0.0.1").address();
      port_ = address.substr(address.rfind(':') + 1);
    }
    const std::string nodelay = "[{nodelay,true}]";
    command.insert(command.end(), {"-name", (server ? "server@" : "client@") + host, "-setcookie", cookie_, "-hidden",
                                   "-start_epmd", "false", "-erl_epmd_port", port_, "-dist_listen",
                                   server ? "true" : "false", "-kernel", "inet_dist_use_interface", as_tuple(host),
                                   "inet_dist_listen_options", nodelay, "inet_dist_connect_options", nodelay});
  }

  TemporaryDirectory beams_{""};
  std::string port_;
  const std::string cookie_ = random_cookie();
};

}  // namespace

std::unique_ptr<System> make_erlang() { return std::make_unique<Erlang>(); }

}  // namespace troupe::bench
