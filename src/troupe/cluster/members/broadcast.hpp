#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include "troupe/actor/message.hpp"
#include "troupe/base/bytes.hpp"
#include "troupe/base/ids.hpp"
#include "troupe/wire/codec.hpp"

namespace troupe::cluster {

/// A message for the actor of one name on every member, this node included. Made by `broadcast`; told to or asked of
/// this node's own cluster actor, and answered when it is on its way. Fails with `too_large` or `queue_full` above
/// ClusterOptions::broadcast_bytes_per_second.
struct Broadcast {
  static constexpr auto wire_name = "troupe.cluster.broadcast";
  static constexpr bool local_only = true;
  using Reply = Done;
  ActorId recipient;  ///< By its name.
  std::uint64_t tag = 0;
  Bytes body;  ///< The message, encoded.
};

/// A broadcast of `message` to the actors named `name`, which handle what A does.
///
///     auto membership = context().find<cluster::Membership>(cluster::kMembershipName);
///     context().tell(membership, cluster::broadcast<Cache>("cache", Forget{key}));
///
/// It travels along a tree over the overlay's links, which repairs itself (Plumtree). Each member that is up gets it at
/// most once, and once unless it is cut off for long; broadcasts keep no order among each other. Where nobody has the
/// name it is a dead letter. Its recipients see who sent it, and can answer with a `tell`.
///
/// For what all must know and what is rare: it shares the connections that failure detection uses, so its rate is
/// bounded. What is much, or for some nodes only, goes by a topic.
template <class A, class M>
  requires Handles<A, std::decay_t<M>> && (!LocalOnly<std::decay_t<M>>)
Broadcast broadcast(std::string_view name, const M& message) {
  return {ActorId::named(name), payload_type<M>.tag, wire::encode(message)};
}

/// A broadcast on its way. Fields are appended only.
struct Letter {
  ActorId sender;  ///< On the node that it comes from.
  ActorId recipient;
  std::uint64_t tag = 0;
  Bytes body;
};

}  // namespace troupe::cluster
