#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "troupe/actor/actor.hpp"
#include "troupe/cluster/membership.hpp"
#include "troupe/pubsub/topics.hpp"

namespace troupe::pubsub {

struct TopicOptions {
  std::size_t topics_max =
      1'000'000;  ///< Topics with a subscriber on one node, for each partition. What a peer wants beyond it is ignored.
  std::size_t topics_per_message = 1'000;  ///< Of AllInterest, so that the list of a busy node is no giant message.
  Duration interest_timeout =
      5s;  ///< For a peer to confirm what it was told; then, and after `interest_retry`, it is told all anew.
  Duration interest_retry = 1s;
};

// Between the topic actors of one partition on different nodes.

/// The sender's node has a subscriber of the topic, or none any more. A question, so that the sender knows if it was
/// lost (the lane was full) and can repair it: a node that is not known to want a topic is sent nothing, for ever.
struct Interest {
  static constexpr auto wire_name = "troupe.topic.interest";
  using Reply = Done;
  std::string topic;
  bool wanted = true;
};
/// A part of all topics that the sender's node wants; the first one takes the place of what was known. Sent to a node
/// that is a member, or is one again, and when an Interest was not confirmed.
struct AllInterest {
  static constexpr auto wire_name = "troupe.topic.all_interest";
  using Reply = Done;
  bool is_first = true;
  std::vector<std::string> topics;
};
/// A message for the subscribers on the recipient's node.
struct Relayed {
  static constexpr auto wire_name = "troupe.topic.relayed";
  std::string topic;
  Bytes payload;
};

/// One partition of a node's topics: knows the node's subscribers and the other nodes' interest.
class TopicActor final : public Actor<TopicActor> {
 public:
  using Messages =
      troupe::Messages<Subscribe, Unsubscribe, Publish, Interest, AllInterest, Relayed, cluster::MemberChanged>;

  TopicActor(TopicOptions options, std::uint32_t partition, Ref<cluster::Membership> membership, Metrics& metrics);

  void on_start() override;
  Result<Done> on(const Subscribe& request);
  void on(const Unsubscribe& request);
  void on(const Publish& request);
  Done on(const Interest& interest);
  Done on(const AllInterest& interest);
  void on(const Relayed& relayed);
  void on(const cluster::MemberChanged& change);

 private:
  void deliver(const std::string& topic, const Bytes& payload);
  void drop(const std::string& topic, Ref<Subscriber> subscriber);
  void tell_interest(const std::string& topic, bool wanted);
  void tell_all_interest(const NodeId& node);
  void repair(const NodeId& node);
  bool is_member(const NodeId& node) const;
  void want(std::uint64_t node, const std::string& topic);
  void forget(std::uint64_t node);
  Ref<TopicActor> peer(const NodeId& node) const;

  TopicOptions options_;
  std::uint32_t partition_;
  Ref<cluster::Membership> membership_;
  std::map<std::string, std::set<Ref<Subscriber>>, std::less<>> subscribers_;
  std::map<Ref<Subscriber>, std::set<std::string>> topics_of_;
  std::map<std::string, std::set<std::uint64_t>, std::less<>> wanted_by_;  ///< Other nodes, by NodeId::name.
  std::map<std::uint64_t, std::set<std::string>> wanted_of_;               ///< The same, by node.
  std::map<std::uint64_t, NodeId> members_;                                ///< That are up, by NodeId::name.
  std::set<std::uint64_t> told_;                                           ///< Who may know of a topic here; names.
  std::set<NodeId> repairs_;                                               ///< To be told all, soon.
  Counter& published_;
  Counter& relayed_;
  Counter& dropped_;
  Counter& ignored_;
};

}  // namespace troupe::pubsub
