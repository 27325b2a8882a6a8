#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "troupe/actor/actor.hpp"
#include "troupe/cluster/membership.hpp"
#include "troupe/pubsub/presence.hpp"

namespace troupe::pubsub {

struct PresenceOptions {
  std::size_t watched_max =
      1'000'000;  ///< Topics that one other node may watch here, for each partition. Full: queue_full.
  Duration query_timeout = 3s;
  Duration query_retry = 1s;
};

// Between the presence actors of one partition on different nodes.

/// All that a node shows on a topic.
struct PresenceState {
  std::uint64_t version = 0;  ///< 0 if and only if there is nothing; else a number that this topic had never before.
  std::vector<PresenceEntry> entries;
};
/// "I watch this topic: tell me who is there on your node, and from now on each change of it."
struct PresenceQuery {
  static constexpr auto wire_name = "troupe.presence.query";
  using Reply = PresenceState;
  std::string topic;
};
/// What changed on the sender's node. It goes the way of the answer to the query, so it comes after it.
struct PresenceDelta {
  static constexpr auto wire_name = "troupe.presence.delta";
  std::string topic;
  std::uint64_t previous = 0;  ///< The version that it changes.
  std::uint64_t version = 0;   ///< What comes of it.
  std::vector<PresenceEntry> joined;
  std::vector<std::string> left;
};
/// "I watch this topic no longer."
struct PresenceForget {
  static constexpr auto wire_name = "troupe.presence.forget";
  std::string topic;
};

/// One partition of a node's presence. Each node is the authority for its own entries: it answers a node that begins to
/// watch a topic with all of them, and tells it of each change from then on. Versions show when a change was lost; then
/// the question is asked again. A node that goes down takes its entries along.
class PresenceActor final : public Actor<PresenceActor> {
 public:
  using Messages = troupe::Messages<WatchPresence, Show, Hide, UnwatchPresence, PresenceQuery, PresenceDelta,
                                    PresenceForget, cluster::MemberChanged>;

  PresenceActor(std::uint32_t partition, Ref<cluster::Membership> membership, PresenceOptions options = {});

  void on_start() override;
  std::vector<PresenceEntry> on(const WatchPresence& request);
  void on(const Show& request);
  void on(const Hide& request);
  void on(const UnwatchPresence& request);
  Result<PresenceState> on(const PresenceQuery& query);
  void on(const PresenceDelta& delta);
  void on(const PresenceForget& forget);
  void on(const cluster::MemberChanged& change);

 private:
  using Entries = std::map<std::string, Bytes>;  ///< What each shows, by who.
  /// What is known of another node's entries.
  struct Known {
    Entries entries;
    std::uint64_t version = 0;
    std::uint64_t query = 0;  ///< Under way; 0: none, and the version is right.
  };
  struct Topic {
    std::map<Ref<PresenceListener>, std::set<std::string>> listeners;  ///< With what each shows.
    Entries own;
    std::uint64_t version = 0;             ///< Of `own`.
    std::map<std::uint64_t, Known> nodes;  ///< By NodeId::name.
  };

  void leave(const std::string& topic, Ref<PresenceListener> listener);
  void change_own(const std::string& name, Topic& topic, const std::vector<PresenceEntry>& joined,
                  const std::vector<std::string>& left);
  void query(const std::string& name, Topic& topic, const NodeId& node);
  void on_answer(const std::string& name, const NodeId& node, std::uint64_t query, Result<PresenceState> state);
  void replace(const std::string& name, Topic& topic, std::uint64_t node, Entries entries);
  void tell_listeners(const Topic& topic, const PresenceChanged& change);
  bool is_member(const NodeId& node) const;
  void forget_watcher(std::uint64_t node);
  Ref<PresenceActor> peer(const NodeId& node) const;

  std::uint32_t partition_;
  Ref<cluster::Membership> membership_;
  PresenceOptions options_;
  std::map<std::string, Topic> topics_;  ///< Those that somebody on this node watches.
  std::map<Ref<PresenceListener>, std::set<std::string>> topics_of_;
  std::map<std::string, std::map<std::uint64_t, Ref<PresenceActor>>>
      watched_by_;                                             ///< Other nodes' presence actors, by NodeId::name.
  std::map<std::uint64_t, std::set<std::string>> watched_of_;  ///< The same, by node.
  std::map<std::uint64_t, NodeId> members_;                    ///< That are up, by NodeId::name.
  std::uint64_t last_version_ = 0;
  std::uint64_t last_query_ = 0;
};

}  // namespace troupe::pubsub
