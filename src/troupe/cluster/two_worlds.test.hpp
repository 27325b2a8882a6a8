#pragma once

#include <functional>
#include <string>

#include "troupe/actor/fixture.hpp"
#include "troupe/cluster/membership.hpp"

namespace troupe::cluster {

/// Two nodes without lanes, for tests of actors that speak with their peers: what one sends to the other arrives,
/// encoded and decoded, unless the test loses it.
struct TwoWorlds {
  struct Node {
    explicit Node(const std::string& node_name) : name(node_name), id{hash64(node_name), 1}, world(1, {.node = id}) {}
    overlay::Member member() const { return {name, id.incarnation, name + ":1", ""}; }
    MemberChanged is(overlay::MemberState state) const { return {member(), state}; }

    std::string name;
    NodeId id;
    ActorFixture world;
  };

  /// Runs until nothing is on its way any more.
  void run() {
    for (bool moved = true; moved;) {
      ada.world.run();
      bob.world.run();
      moved = carry(ada, bob);
      moved |= carry(bob, ada);
    }
  }
  void advance(Duration duration) {
    run();
    for (Duration step = 100ms; duration > Duration::zero(); duration -= step) {
      ada.world.advance(step);
      bob.world.advance(step);
      run();
    }
  }

  Node ada{"ada"};
  Node bob{"bob"};
  std::function<bool(const Envelope&)> loses = [](const Envelope&) { return false; };
  std::vector<std::string> carried;  ///< The wire names of what went across.

 private:
  bool carry(Node& from, Node& to) {
    bool moved = false;
    for (auto& remote = from.world.remote(); !remote.empty(); moved = true) {
      auto [node, envelope] = std::move(remote.front());
      remote.pop_front();
      if (!node.same_node(to.id) || loses(*envelope)) continue;
      carried.emplace_back(envelope->type() != nullptr ? envelope->type()->name : "");
      EncodedPayload encoded;
      if (const PayloadType* type = envelope->type()) {
        wire::Writer writer;
        type->encode(envelope->payload(), writer);
        encoded = {type->tag, writer.finish()};
      }
      EnvelopePtr arrived = Envelope::make(envelope->kind, std::move(encoded), local_payload_type<EncodedPayload>);
      arrived->sender = envelope->sender;
      arrived->recipient = envelope->recipient;
      arrived->correlation = envelope->correlation;
      to.world.shard().deliver(std::move(arrived));
    }
    return moved;
  }
};

}  // namespace troupe::cluster
