#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "troupe/actor/actor.hpp"
#include "troupe/cluster/membership.hpp"
#include "troupe/pubsub/presence.hpp"
#include "troupe/pubsub/topics.hpp"

namespace troupe::pubsub {

// Between the presence actors of one partition on different nodes.

/// "I begin to watch this topic: send me who is there on your node."
struct PresenceQuery {
  static constexpr auto wire_name = "troupe.presence.query";
  std::string topic;
};
/// All that the sender's node shows on the topic.
struct PresenceState {
  static constexpr auto wire_name = "troupe.presence.state";
  std::string topic;
  std::vector<PresenceEntry> entries;
};

/// One partition of a node's presence. Each node is the authority for its own entries: it publishes their changes on a topic
/// of their own, and answers a node that begins to watch with all of them. A node that goes down takes its entries along.
class PresenceActor final : public Actor<PresenceActor> {
 public:
  using Messages = troupe::Messages<WatchPresence, Show, UnwatchPresence, Published, PresenceQuery, PresenceState, cluster::MemberChanged>;

  PresenceActor(std::uint32_t partition, Ref<cluster::Membership> membership);

  void on_start() override;
  std::vector<PresenceEntry> on(const WatchPresence& request);
  void on(const Show& request);
  void on(const UnwatchPresence& request);
  void on(const Published& published);
  void on(const PresenceQuery& query);
  void on(const PresenceState& state);
  void on(const cluster::MemberChanged& change);

 private:
  /// A change of one node's entries, as it is published.
  struct Delta {
    std::uint64_t node = 0;  ///< NodeId::name of the authority.
    std::vector<PresenceEntry> joined;
    std::vector<std::string> left;
  };
  using Entries = std::map<std::string, Bytes>;  ///< What each shows, by who.
  struct Topic {
    std::map<Ref<PresenceListener>, std::set<std::string>> listeners;  ///< With what each shows.
    std::map<std::uint64_t, Entries> nodes;                            ///< By NodeId::name, this node's own included.
  };

  void leave(const std::string& topic, Ref<PresenceListener> listener);
  void publish(const std::string& topic, Delta delta);
  void replace(const std::string& name, Topic& topic, std::uint64_t node, Entries entries);
  void tell_listeners(const Topic& topic, const PresenceChanged& change);
  Ref<PresenceActor> peer(const NodeId& node) const;
  static std::string topic_of(const std::string& watched) { return "$presence/" + watched; }

  std::uint32_t partition_;
  Ref<cluster::Membership> membership_;
  std::map<std::string, Topic> topics_;  ///< Those that somebody on this node watches.
  std::map<Ref<PresenceListener>, std::set<std::string>> topics_of_;
  std::map<std::uint64_t, NodeId> members_;
};

}  // namespace troupe::pubsub
