#pragma once

#include <cstdint>
#include <string>

#include "troupe/actor/ref.hpp"
#include "troupe/base/bytes.hpp"
#include "troupe/base/hash.hpp"

/// Topics: names that actors subscribe to, on any node. A message published on a node goes once to each other node that
/// has a subscriber, and to no other. At most once, in the order of each publisher.
namespace troupe::pubsub {

/// The longest name of a topic.
inline constexpr std::size_t kTopicNameBytesMax = 1024;

/// What a subscriber receives. The payload is encoded once, and shared by all subscribers of a node.
struct Published {
  static constexpr auto wire_name = "troupe.topic.published";
  std::string topic;
  Bytes payload;
};

/// The protocol of subscribers.
struct Subscriber {
  using Messages = troupe::Messages<Published>;
};

/// Answered when every node that is a member at that time has been told; what they publish from then on, after they
/// have heard of it, arrives. Errors: queue_full (topics_max), invalid_argument.
struct Subscribe {
  static constexpr auto wire_name = "troupe.topic.subscribe";
  static constexpr bool local_only = true;
  using Reply = Done;
  std::string topic;
  Ref<Subscriber> subscriber;
};

struct Unsubscribe {
  static constexpr auto wire_name = "troupe.topic.unsubscribe";
  static constexpr bool local_only = true;
  std::string topic;
  Ref<Subscriber> subscriber;
};

struct Publish {
  static constexpr auto wire_name = "troupe.topic.publish";
  static constexpr bool local_only = true;
  std::string topic;
  Bytes payload;
};

/// The protocol of a node's topic actors, for actors of the same node.
struct Topics {
  using Messages = troupe::Messages<Subscribe, Unsubscribe, Publish>;
};

/// A node's topics are shared out over this many actors by the hash of the name, the same number on every node, so that
/// the actors of one partition speak with each other whatever the nodes' numbers of shards.
inline constexpr std::uint32_t kTopicPartitions = 16;

inline std::uint32_t topic_partition(std::string_view topic) {
  return static_cast<std::uint32_t>(hash64(topic) % kTopicPartitions);
}

inline std::string topics_actor_name(std::uint32_t partition) { return "troupe.topics." + std::to_string(partition); }

/// The actor of this node that has the topic.
inline Ref<Topics> topics_for(NodeId node, std::string_view topic) {
  return Ref<Topics>(Address{node, ActorId::named(topics_actor_name(topic_partition(topic)))});
}

}  // namespace troupe::pubsub
