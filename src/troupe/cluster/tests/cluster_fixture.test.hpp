#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "troupe/cluster/cluster.hpp"
#include "troupe/cluster/lanes_fixture.test.hpp"

namespace troupe::cluster {

/// A node of two shards; what its actors send to other nodes goes by its own routing tables.
struct ClusterNode final : Network {
  ClusterNode(std::string node_name, std::vector<std::string> join, ShardOptions shard_options = {},
              ClusterOptions options = {})
      : name(std::move(node_name)), world(2, named(shard_options, name)) {
    random = Random(hash64(name));
    options.self = {name, 1, name + ":1", ""};
    options.secret = "secret";
    options.fabric.join = std::move(join);
    membership =
        cluster.start(options, {{&world.shard(0), this}, {&world.shard(1), this}}, world.metrics(), world).value();
  }
  ~ClusterNode() override {
    for (std::uint32_t i = 0; i < 2; ++i) world.shard(i).stop_all();
    cluster.stop();
  }
  static ShardOptions named(ShardOptions options, const std::string& name) {
    options.node = {hash64(name), 1};
    return options;
  }
  void connect(const std::string& address, Connected connected) override {
    dials.emplace_back(address, std::move(connected));
  }
  std::unique_ptr<Connection> adopt(std::unique_ptr<Connection::Parted> parted) override {
    return TestWire::adopt(std::move(parted));
  }
  void flush() {
    for (std::uint32_t i = 0; i < 2; ++i) cluster.flush(i);
  }
  void secure_random(std::span<std::byte> bytes) override {
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.next());
  }
  bool carry() {
    bool moved = false;
    for (auto& remote = world.remote(); !remote.empty(); moved = true) {
      auto [to, envelope] = std::move(remote.front());
      remote.pop_front();
      (void)cluster.routing(0).send(to, std::move(envelope));
    }
    return moved;
  }

  std::string name;
  ActorFixture world;
  Random random{1};
  std::deque<std::pair<std::string, Connected>> dials;
  Cluster cluster{{&world.shard(0).host(), &world.shard(1).host()}};
  Ref<Membership> membership;
};

/// Runs until nothing moves any more.
inline void settle(TestWire& wire, std::vector<ClusterNode*> nodes) {
  for (bool moved = true; moved;) {
    moved = false;
    for (ClusterNode* node : nodes) {
      node->world.run();
      moved |= node->carry();
      node->flush();
      for (; !node->dials.empty(); moved = true) {
        auto [address, connected] = std::move(node->dials.front());
        node->dials.pop_front();
        const auto to = std::ranges::find_if(nodes, [&](ClusterNode* each) { return each->name + ":1" == address; });
        if (to == nodes.end()) {
          connected(fail(ErrorCode::kUnreachable, "nobody is there"));
          continue;
        }
        const auto pipe = wire.make_pipe();
        (*to)->cluster.on_accept(TestWire::connection(pipe, 1));
        connected(TestWire::connection(pipe, 0));
      }
    }
    moved |= wire.deliver();
  }
}

/// Moves time on for all, with what it brings.
inline void advance(TestWire& wire, const std::vector<ClusterNode*>& nodes, Duration duration) {
  for (Duration step = 50ms; duration > Duration::zero(); duration -= step) {
    for (ClusterNode* node : nodes) node->world.advance(step);
    settle(wire, nodes);
  }
}

}  // namespace troupe::cluster
