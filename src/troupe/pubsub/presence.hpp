#pragma once

#include <map>
#include <string>
#include <vector>

#include "troupe/actor/ref.hpp"
#include "troupe/base/bytes.hpp"
#include "troupe/base/hash.hpp"

/// Presence: who is there, on a topic, in the whole cluster.
namespace troupe::pubsub {

/// One who is there: a session's name and what it shows of itself.
struct PresenceEntry {
  std::string who;  ///< Unique in the cluster.
  Bytes shown;      ///< Not interpreted; JSON text in the gateway's sessions.
  friend bool operator==(const PresenceEntry&, const PresenceEntry&) = default;
};

/// What changed since the last one.
struct PresenceChanged {
  static constexpr auto wire_name = "troupe.presence.changed";
  std::string topic;
  std::vector<PresenceEntry> joined;  ///< New, or shown anew.
  std::vector<std::string> left;
};

/// The protocol of those who want to know.
struct PresenceListener {
  using Messages = troupe::Messages<PresenceChanged>;
};

/// Begins to watch a topic, and answers who is there, as far as this node knows by now; the rest comes as
/// PresenceChanged.
struct WatchPresence {
  static constexpr auto wire_name = "troupe.presence.watch";
  static constexpr bool local_only = true;
  using Reply = std::vector<PresenceEntry>;
  std::string topic;
  Ref<PresenceListener> listener;
};

/// Shows an entry on a topic, or replaces what it shows, until it is withdrawn or its owner ends.
struct Show {
  static constexpr auto wire_name = "troupe.presence.show";
  static constexpr bool local_only = true;
  std::string topic;
  PresenceEntry entry;
  Ref<PresenceListener> owner;  ///< Watches the topic.
};

/// Withdraws what the owner shows on the topic; it goes on watching.
struct Hide {
  static constexpr auto wire_name = "troupe.presence.hide";
  static constexpr bool local_only = true;
  std::string topic;
  Ref<PresenceListener> owner;
};

/// Stops watching, and withdraws what the listener shows on the topic.
struct UnwatchPresence {
  static constexpr auto wire_name = "troupe.presence.unwatch";
  static constexpr bool local_only = true;
  std::string topic;
  Ref<PresenceListener> listener;
};

/// The protocol of a node's presence actors, for actors of the same node.
struct Presence {
  using Messages = troupe::Messages<WatchPresence, Show, Hide, UnwatchPresence>;
};

inline constexpr std::uint32_t kPresencePartitions = 16;

inline std::string presence_actor_name(std::uint32_t partition) {
  return "troupe.presence." + std::to_string(partition);
}

inline std::uint32_t presence_partition(std::string_view topic) {
  return static_cast<std::uint32_t>(hash64(topic) % kPresencePartitions);
}

/// The actor of this node that has the topic.
inline Ref<Presence> presence_for(NodeId node, std::string_view topic) {
  return Ref<Presence>(Address{node, ActorId::named(presence_actor_name(presence_partition(topic)))});
}

}  // namespace troupe::pubsub
