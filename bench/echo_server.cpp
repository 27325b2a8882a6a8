#include <cstdlib>
#include <iostream>
#include <thread>

#include "bench/bench.hpp"
#include "bench/child_process.hpp"
#include "bench/echo_cast.hpp"
#include "bench/tcp_exchange.hpp"
#include "troupe/node/node.hpp"

namespace troupe::bench {

namespace {

int run_tcp_server() {
  std::thread(serve_tcp).detach();
  wait_for_parent();
  std::_Exit(0);  // The thread waits in a blocking call, for ever.
}

}  // namespace

int run_echo_server(const EchoServerOptions& options) {
  if (options.tcp) return run_tcp_server();
  NodeOptions node_options{.name = kEchoServerName, .cluster_listen = "127.0.0.1:0", .cluster_name = kEchoClusterName};
  node_options.shards = options.shards;
  node_options.busy_poll = std::chrono::microseconds(options.busy_poll_us);
  node_options.log_level = LogLevel::kError;
  Node node(node_options);
  if (const auto started = node.start(); !started) {
    std::cerr << "bench echo-server: " << started.error().to_string() << '\n';
    return 1;
  }
  for (std::uint32_t i = 0; i < options.shards; ++i) node.spawn<Hall>({.name = hall_name(i)}).value();
  std::cout << node.cluster_address() << std::endl;
  wait_for_parent();
  return 0;
}

}  // namespace troupe::bench
