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
  std::size_t topics_max = 1'000'000;  ///< Topics with a subscriber on this node, for each partition.
};

// Between the topic actors of one partition on different nodes.

/// The sender's node has a subscriber of the topic, or none any more.
struct Interest {
  static constexpr auto wire_name = "troupe.topic.interest";
  std::string topic;
  bool wanted = true;
};
/// All topics that the sender's node wants; takes the place of what was known. Sent when a link is made or re-made.
struct AllInterest {
  static constexpr auto wire_name = "troupe.topic.all_interest";
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
  using Messages = troupe::Messages<Subscribe, Unsubscribe, Publish, Interest, AllInterest, Relayed, cluster::MemberChanged>;

  TopicActor(TopicOptions options, std::uint32_t partition, Ref<cluster::Membership> membership, Metrics& metrics);

  void on_start() override;
  Result<Done> on(const Subscribe& request);
  void on(const Unsubscribe& request);
  void on(const Publish& request);
  void on(const Interest& interest);
  void on(const AllInterest& interest);
  void on(const Relayed& relayed);
  void on(const cluster::MemberChanged& change);

 private:
  void deliver(const std::string& topic, const Bytes& payload);
  void drop(const std::string& topic, Ref<Subscriber> subscriber);
  void tell_interest(const std::string& topic, bool wanted);
  void forget(std::uint64_t node);
  Ref<TopicActor> peer(const NodeId& node) const;

  TopicOptions options_;
  std::uint32_t partition_;
  Ref<cluster::Membership> membership_;
  std::map<std::string, std::set<Ref<Subscriber>>, std::less<>> subscribers_;
  std::map<Ref<Subscriber>, std::set<std::string>> topics_of_;
  std::map<std::string, std::set<NodeId>, std::less<>> wanted_by_;  ///< By other nodes.
  std::map<std::uint64_t, NodeId> members_;                        ///< That are up, by NodeId::name.
  Counter& published_;
  Counter& relayed_;
  Counter& dropped_;
};

}  // namespace troupe::pubsub
