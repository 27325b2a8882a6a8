#include <iostream>
#include <stdexcept>

#include "bench/bench.hpp"
#include "bench/echo_cast.hpp"
#include "bench/exchange.hpp"
#include "bench/peers/child_process.hpp"
#include "troupe/node/node.hpp"

namespace troupe::bench {

namespace {

/// More than any window, so that the senders alone say what is under way.
constexpr std::size_t kLaneBytesMax = 4ULL << 30U;

/// "pair" is the hash of sender and recipient; the others give the order up, which no sender here needs.
cluster::LaneChoice lane_choice(const std::string& affinity) {
  if (affinity == "random") return cluster::LaneChoice::kRandom;
  return affinity == "round_robin" ? cluster::LaneChoice::kRoundRobin : cluster::LaneChoice::kAffinity;
}

NodeOptions node_options(const EchoRole& role, const char* name) {
  NodeOptions node{.name = name, .cluster_listen = role.host + ":0", .cluster_name = kEchoClusterName};
  if (role.host != "127.0.0.1") node.secret = kEchoClusterName;  // What only loopback may do without.
  node.shards = role.shards;
  node.busy_poll = std::chrono::microseconds(role.busy_poll_us);
  node.cluster.channels = {{.name = "data",
                            .parallelism = role.parallelism,
                            .queue_bytes_max = kLaneBytesMax,
                            .lane_choice = lane_choice(role.affinity)}};
  node.log_level = LogLevel::kError;
  if (!role.tls.empty()) {
    node.cluster_tls = {.certificate = role.tls + "/certificate.pem",
                        .key = role.tls + "/key.pem",
                        .authority = role.tls + "/authority.pem"};
  }
  return node;
}

std::vector<Manner> manners_of(const EchoRole& role) {
  std::vector<Manner> manners;
  for (const Flow& flow : role.flows) {
    manners.push_back({.window = flow.window,
                       .answer_each = flow.answer_each,
                       .time = to_duration(role.seconds),
                       .content = Bytes::copy_of(std::string(flow.size_bytes, 'x'))});
  }
  return manners;
}

/// The pairs of all flows, those of one flow on the shards in turn: a sender here, its receiver there.
std::vector<Part> cast(Node& node, const EchoRole& role) {
  std::vector<Part> parts;
  for (std::uint32_t shard = 0; shard < role.shards; ++shard) {
    std::vector<std::size_t> flow_of;
    for (std::size_t flow = 0; flow < role.flows.size(); ++flow) {
      const std::uint32_t pairs = role.flows[flow].pairs;
      flow_of.insert(flow_of.end(), pairs / role.shards + (shard < pairs % role.shards ? 1 : 0), flow);
    }
    const OpenReceivers request{static_cast<std::uint32_t>(flow_of.size())};
    const auto receivers = node.ask(Ref<Hall>::named(kEchoServerName, hall_name(shard)), request, 10s);
    if (!receivers) throw std::runtime_error("receivers: " + receivers.error().to_string());
    for (std::size_t i = 0; i < flow_of.size(); ++i)
      parts.push_back({node.spawn<EchoSender>().value(), (*receivers)[i], flow_of[i]});
  }
  return parts;
}

}  // namespace

int run_echo_server(const EchoRole& role) {
  Node node(node_options(role, kEchoServerName));
  if (const auto started = node.start(); !started) throw std::runtime_error(started.error().to_string());
  for (std::uint32_t i = 0; i < role.shards; ++i) node.spawn<Hall>({.name = hall_name(i)}).value();
  std::cout << node.cluster_address() << std::endl;
  wait_for_parent();
  return 0;
}

int run_echo_client(const EchoRole& role) {
  NodeOptions options = node_options(role, "echo-client");
  options.join = {role.server};
  Node node(options);
  if (const auto started = node.start(); !started) throw std::runtime_error(started.error().to_string());
  if (!node.wait_for_members(1, 10s)) throw std::runtime_error("the other node did not come up");
  Conduct order{.parts = cast(node, role), .manners = manners_of(role)};
  const auto results = node.ask(node.spawn<Conductor>().value(), std::move(order), to_duration(role.seconds) + 40s);
  if (!results) throw std::runtime_error(results.error().to_string());
  std::cout << to_json(results->flows) << std::endl;
  return 0;
}

}  // namespace troupe::bench
