#include <algorithm>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>

#include "bench/bench.hpp"
#include "bench/child_process.hpp"
#include "bench/echo_cast.hpp"
#include "bench/report.hpp"
#include "bench/tcp_exchange.hpp"
#include "troupe/node/node.hpp"

namespace troupe::bench {

namespace {

using Case = nlohmann::ordered_json;

constexpr std::size_t kWindowBytes = 64U << 20U;  ///< What all senders of mode one_way together have under way.
constexpr std::uint32_t kWindowMax = 1024;        ///< What one of them has.
constexpr std::size_t kLaneBytesMax =
    4ULL << 30U;  ///< More than any window, so that the senders alone say what is under way.

std::vector<std::string> server_arguments(const EchoOptions& options) {
  return {"bench",          "echo-server",
          "--shards",       std::to_string(options.shards),
          "--busy-poll-us", std::to_string(options.busy_poll_us)};
}

NodeOptions client_options(const EchoOptions& options, const std::string& join) {
  NodeOptions node{
      .name = "echo-client", .cluster_listen = "127.0.0.1:0", .cluster_name = kEchoClusterName, .join = {join}};
  node.shards = options.shards;
  node.busy_poll = std::chrono::microseconds(options.busy_poll_us);
  node.cluster.lane_queue_bytes_max = kLaneBytesMax;
  node.log_level = LogLevel::kError;
  return node;
}

class EchoBench {
 public:
  explicit EchoBench(const EchoOptions& options)
      : options_(options), server_(server_arguments(options)), node_(client_options(options, server_.read_line())) {
    if (options.tcp) {
      tcp_server_.emplace(std::vector<std::string>{"bench", "echo-server", "--tcp"});
      tcp_port_ = static_cast<std::uint16_t>(std::stoul(tcp_server_->read_line()));
    }
    if (const auto started = node_.start(); !started) throw std::runtime_error(started.error().to_string());
    if (!node_.wait_for_members(1, 10s)) throw std::runtime_error("the other node did not come up");
    conductor_ = node_.spawn<Conductor>().value();
  }

  int run() {
    for (const std::string& mode : options_.modes) {
      for (const std::size_t size : options_.sizes) {
        for (const std::uint32_t pairs : options_.pairs) measure(mode, size, pairs);
      }
    }
    return report_.finish(options_.output.json_file);
  }

 private:
  void measure(const std::string& mode, std::size_t size, std::uint32_t pairs) {
    progress("echo: " + mode + ", " + std::to_string(size) + " B, " + std::to_string(pairs) + " pairs");
    Manner manner{.time = to_duration(options_.seconds)};
    if (mode == "one_way") {
      manner.window = static_cast<std::uint32_t>(std::clamp<std::size_t>(kWindowBytes / size / pairs, 2, kWindowMax));
      manner.answer_each = manner.window / 2;
    }
    const Case of{{"mode", mode},
                  {"size_bytes", size},
                  {"pairs", pairs},
                  {"shards", options_.shards},
                  {"busy_poll_us", options_.busy_poll_us}};
    const Exchange exchange = troupe_exchange(manner, size, pairs);
    add(of, "troupe", size, exchange.messages, exchange.round_trips);
    if (!options_.tcp) return;
    const TcpManner tcp{size, manner.window * pairs, manner.answer_each, manner.time};
    const TcpExchange bare = tcp_exchange(tcp_port_, tcp);
    add(of, "tcp", size, bare.messages, bare.round_trips);
  }

  Exchange troupe_exchange(Manner manner, std::size_t size, std::uint32_t pairs) {
    manner.content = Bytes::copy_of(std::string(size, 'x'));
    Conduct order{.manner = std::move(manner)};
    for (std::uint32_t shard = 0; shard < options_.shards; ++shard) {
      const std::uint32_t count = pairs / options_.shards + (shard < pairs % options_.shards ? 1 : 0);
      const auto receivers = node_.ask(Ref<Hall>::named(kEchoServerName, hall_name(shard)), OpenReceivers{count}, 10s);
      if (!receivers) throw std::runtime_error("receivers: " + receivers.error().to_string());
      for (const auto& receiver : *receivers) order.pairs.emplace_back(node_.spawn<EchoSender>().value(), receiver);
    }
    const Duration within = order.manner.time + 40s;
    auto exchange = node_.ask(conductor_, std::move(order), within);
    if (!exchange) throw std::runtime_error(exchange.error().to_string());
    return *exchange;
  }

  void add(const Case& of, const std::string& system, std::size_t size, const Tally& messages,
           const Latencies& round_trips) {
    report_.add({of, system, "messages_per_second", messages.per_second(), "1/s"});
    report_.add({of, system, "bytes_per_second", messages.per_second() * static_cast<double>(size), "B/s"});
    if (of["mode"] != "ack") return;
    report_.add({of, system, "round_trip_us_p50", round_trips.quantile_us(0.5), "us"});
    report_.add({of, system, "round_trip_us_p99", round_trips.quantile_us(0.99), "us"});
  }

  const EchoOptions& options_;
  ChildProcess server_;
  std::optional<ChildProcess> tcp_server_;
  std::uint16_t tcp_port_ = 0;
  Node node_;
  Ref<Conductor> conductor_;
  Report report_{"echo"};
};

}  // namespace

int run_echo(const EchoOptions& options) {
  try {
    return EchoBench(options).run();
  } catch (const std::exception& error) {
    std::cerr << "bench echo: " << error.what() << '\n';
    return 1;
  }
}

}  // namespace troupe::bench
