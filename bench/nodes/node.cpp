#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <iostream>
#include <set>
#include <stdexcept>
#include <string>

#include "bench/bench.hpp"
#include "troupe/actor/actor.hpp"
#include "troupe/cluster/membership.hpp"
#include "troupe/node/node.hpp"

namespace troupe::bench {

namespace {

/// A whole line in one write: the shard's thread and the first one both speak.
void say(std::string line) {
  line += '\n';
  (void)!::write(STDOUT_FILENO, line.data(), line.size());
}

std::int64_t now_ns() { return std::chrono::system_clock::now().time_since_epoch() / std::chrono::nanoseconds(1); }

/// Says when all are there, and who is down.
class Observer final : public Actor<Observer> {
 public:
  using Messages = cluster::MemberListener::Messages;
  explicit Observer(std::size_t others) : others_(others) {}

  void on(const cluster::MemberChanged& change) {
    switch (change.state) {
      case overlay::MemberState::kUp:
        if (up_.insert(change.member.name).second && up_.size() == others_) say(fmt::format("whole {}", now_ns()));
        return;
      case overlay::MemberState::kSuspected:
      case overlay::MemberState::kUnreachable: return;
      case overlay::MemberState::kDown:
      case overlay::MemberState::kLeft:
        up_.erase(change.member.name);
        return say(fmt::format("down {} {}", change.member.name, now_ns()));
    }
  }

 private:
  std::size_t others_;
  std::set<std::string> up_;
};

void start(Node& node, std::size_t others) {
  if (const auto started = node.start(); !started) throw std::runtime_error(started.error().to_string());
  const auto observer = node.spawn<Observer>({.name = "observer"}, others).value();
  node.tell(Ref<cluster::Membership>::named(node.name(), cluster::kMembershipName),
            cluster::WatchMembers{Ref<cluster::MemberListener>(observer)});
  say("at " + node.cluster_address());
}

std::uint64_t bytes_sent(Node& node) {
  double sum = 0;
  for (const MetricSample& sample : node.metrics().samples()) {
    if (sample.name == "troupe_lane_sent_bytes_total") sum += sample.value;
  }
  return static_cast<std::uint64_t>(sum);
}

}  // namespace

int run_node(const NodesRole& role) {
  NodeOptions options{.name = role.name, .cluster_listen = "127.0.0.1:0", .cluster_name = "bench-nodes"};
  options.is_server = role.server;
  options.shards = 1;
  options.cluster.overlay.name = role.overlay;
  options.log_level = LogLevel::kError;
  std::unique_ptr<Node> node;
  say("ready");
  for (std::string word; std::cin >> word;) {
    if (word == "start") {
      std::string address;
      std::cin >> address;
      if (address != "-") options.join = {address};
      node = std::make_unique<Node>(options);
      start(*node, role.nodes - 1);
    } else if (word == "traffic" && node != nullptr) {
      say(fmt::format("traffic {}", bytes_sent(*node)));
    }
  }
  return 0;
}

}  // namespace troupe::bench
