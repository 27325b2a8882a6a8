#pragma once

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "troupe/actor/fixture.hpp"
#include "troupe/actor/puppet.hpp"

/// For the tests of monitors and links.
namespace troupe {

/// What an actor learned, as "down failed" or "exit stopped".
struct Heard {
  std::vector<std::string> list;
  auto down() {
    return [this](const Down& down) { list.push_back("down " + std::string(to_string(down.reason))); };
  }
  auto exit() {
    return [this](const Exit& exit) { list.push_back("exit " + std::string(to_string(exit.reason))); };
  }
};

inline Do failing() {
  return Do{[](Context&) { throw std::runtime_error("told to fail"); }};
}
inline Do stopping() {
  return Do{[](Context& context) { context.stop(); }};
}
inline Do monitoring(Address target, Heard& heard) {
  return Do{[=, &heard](Context& context) { context.monitor(target, heard.down()); }};
}
inline Do linking(Address target) {
  return Do{[=](Context& context) { context.link(target); }};
}
inline Do trapping(Heard& heard) {
  return Do{[&heard](Context& context) { context.trap_exits(heard.exit()); }};
}

/// A node of two shards, with an actor on each.
class WatchesTest : public testing::Test {
 protected:
  Ref<Puppet> spawn(std::uint32_t shard, SpawnOptions options = {}) {
    return world.shard(shard).spawn<Puppet>(options).value();
  }
  void tell(Ref<Puppet> to, Do order) {
    world.shard(to.address().actor.shard()).tell(to, std::move(order));
    world.run();
  }
  bool is_alive(Ref<Puppet> actor) {
    bool alive = false;
    tell(actor, Do{[&](Context&) { alive = true; }});
    return alive;
  }
  /// An envelope that an actor of another node sends to `to`.
  void from(const Address& sender, EnvelopeKind kind, const Address& to, EnvelopePtr envelope) {
    envelope->kind = kind;
    envelope->sender = sender;
    envelope->recipient = to.actor;
    world.shard(1).deliver(std::move(envelope));
    world.run();
  }
  /// The kinds of what was sent to other nodes, and forgets it.
  std::vector<EnvelopeKind> sent() {
    std::vector<EnvelopeKind> kinds;
    for (const auto& [node, envelope] : world.remote()) kinds.push_back(envelope->kind);
    world.remote().clear();
    return kinds;
  }

  Heard heard;
  ActorFixture world{2};
  Ref<Puppet> first = spawn(0);
  Ref<Puppet> second = spawn(1);
  const NodeId far{77, 3};
  const Address remote{far, ActorId::at(0, 9, 1)};
};

}  // namespace troupe
