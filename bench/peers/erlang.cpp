#include <fmt/format.h>

#include <algorithm>
#include <csignal>
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
  explicit Erlang(bool is_tuned) : is_tuned_(is_tuned) {
    for (const ErlangSource& source : kErlangSources) std::ofstream(beams_.path() + "/" + source.name) << source.text;
    if (std::system(("cd '" + beams_.path() + "' && erlc *.erl >&2").c_str()) != 0) {
      throw std::runtime_error(
          "Erlang's compiler erlc is missing or failed: apt-get install --no-install-recommends erlang-base "
          "(./run bench ... --peers erlang does it)");
    }
  }

  ~Erlang() override {
    if (epmd_ != nullptr) epmd_->signal(SIGKILL);
  }

  Command command(const std::string& role, const Setting& setting) override {
    if (role == "node") return node_command();
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
  /// One of many nodes, which find each other by an epmd that is theirs alone. It takes its name when it is told to
  /// start.
  Command node_command() {
    if (epmd_ == nullptr) {
      const std::string address = Socket::listen("127.0.0.1").address();
      port_ = address.substr(address.rfind(':') + 1);
      epmd_ = std::make_unique<ChildProcess>(Command{"epmd", "-address", "127.0.0.1", "-port", port_});
    }
    Command command{"env", "ERL_CRASH_DUMP_SECONDS=0", "ERL_EPMD_PORT=" + port_, "erl", "-noshell"};
    // What it logs would stand among what the node says.
    command.insert(command.end(),
                   {"-boot", "start_clean", "-pa", beams_.path(), "-setcookie", cookie_, "-start_epmd", "false",
                    "-kernel", "logger_level", "critical", "inet_dist_use_interface", as_tuple("127.0.0.1")});
    if (is_tuned_) {
      command.insert(command.end(), {"net_ticktime", "4", "+S", "1:1", "+SDcpu", "1:1", "+SDio", "1", "+sbwt", "none",
                                     "+sbwtdcpu", "none", "+sbwtdio", "none"});
    }
    command.insert(command.end(), {"-s", "bench_peer", "main", "-extra", "node"});
    return command;
  }

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
  const bool is_tuned_;
  std::unique_ptr<ChildProcess> epmd_;
  std::string port_;
  const std::string cookie_ = random_cookie();
};

}  // namespace

std::unique_ptr<System> make_erlang(bool is_tuned) { return std::make_unique<Erlang>(is_tuned); }

}  // namespace troupe::bench
