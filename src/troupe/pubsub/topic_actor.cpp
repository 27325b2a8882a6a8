#include "troupe/pubsub/topic_actor.hpp"

namespace troupe::pubsub {

TopicActor::TopicActor(TopicOptions options, std::uint32_t partition, Ref<cluster::Membership> membership, Metrics& metrics)
    : options_(options),
      partition_(partition),
      membership_(membership),
      published_(metrics.counter("troupe_topic_published_total", "Messages published on this node")),
      relayed_(metrics.counter("troupe_topic_relayed_total", "Messages sent to other nodes for their subscribers")),
      dropped_(metrics.counter("troupe_topic_dropped_total", "Messages that a subscriber's mailbox or a lane had no room for")) {}

void TopicActor::on_start() { context().tell(membership_, cluster::WatchMembers{self()}); }

Ref<TopicActor> TopicActor::peer(const NodeId& node) const {
  return Ref<TopicActor>(Address{node, ActorId::named(topics_actor_name(partition_))});
}

Result<Done> TopicActor::on(const Subscribe& request) {
  if (subscribers_.size() >= options_.topics_max && !subscribers_.contains(request.topic)) {
    return fail(ErrorCode::kQueueFull, "this node has as many topics as it may (topics_max)");
  }
  auto& subscribers = subscribers_[request.topic];
  if (!subscribers.insert(request.subscriber).second) return Done{};
  if (subscribers.size() == 1) tell_interest(request.topic, true);
  auto& topics = topics_of_[request.subscriber];
  topics.insert(request.topic);
  if (topics.size() == 1) {
    context().monitor(request.subscriber, [this, subscriber = request.subscriber](const Down&) {
      const auto found = topics_of_.find(subscriber);
      if (found == topics_of_.end()) return;
      const std::set<std::string> topics = found->second;
      for (const std::string& topic : topics) drop(topic, subscriber);
    });
  }
  return Done{};
}

void TopicActor::on(const Unsubscribe& request) {
  drop(request.topic, request.subscriber);
  if (!topics_of_.contains(request.subscriber)) context().demonitor(request.subscriber.address());
}

void TopicActor::drop(const std::string& topic, Ref<Subscriber> subscriber) {
  if (const auto topics = topics_of_.find(subscriber); topics != topics_of_.end()) {
    topics->second.erase(topic);
    if (topics->second.empty()) topics_of_.erase(topics);
  }
  const auto found = subscribers_.find(topic);
  if (found == subscribers_.end() || found->second.erase(subscriber) == 0 || !found->second.empty()) return;
  subscribers_.erase(found);
  tell_interest(topic, false);
}

void TopicActor::tell_interest(const std::string& topic, bool wanted) {
  for (const auto& [name, node] : members_) context().tell(peer(node), Interest{topic, wanted});
}

void TopicActor::on(const Publish& request) {
  published_.add();
  deliver(request.topic, request.payload);
  const auto wanted = wanted_by_.find(request.topic);
  if (wanted == wanted_by_.end()) return;
  for (const NodeId& node : wanted->second) {
    relayed_.add();
    if (context().tell(peer(node), Relayed{request.topic, request.payload}) != SendOutcome::kTaken) dropped_.add();
  }
}

void TopicActor::on(const Relayed& relayed) { deliver(relayed.topic, relayed.payload); }

void TopicActor::deliver(const std::string& topic, const Bytes& payload) {
  const auto found = subscribers_.find(topic);
  if (found == subscribers_.end()) return;
  for (const Ref<Subscriber>& subscriber : found->second) {
    if (context().tell(subscriber, Published{topic, payload}) != SendOutcome::kTaken) dropped_.add();
  }
}

void TopicActor::on(const Interest& interest) {
  const NodeId from = context().sender().node;
  if (interest.wanted) {
    wanted_by_[interest.topic].insert(from);
    return;
  }
  const auto found = wanted_by_.find(interest.topic);
  if (found == wanted_by_.end()) return;
  found->second.erase(from);
  if (found->second.empty()) wanted_by_.erase(found);
}

void TopicActor::on(const AllInterest& interest) {
  const NodeId from = context().sender().node;
  forget(from.name);
  for (const std::string& topic : interest.topics) wanted_by_[topic].insert(from);
}

void TopicActor::on(const cluster::MemberChanged& change) {
  const NodeId node = change.member.id();
  switch (change.state) {
    case overlay::MemberState::kUnreachable: return;
    case overlay::MemberState::kUp: {
      members_[node.name] = node;
      AllInterest all;
      for (const auto& [topic, subscribers] : subscribers_) all.topics.push_back(topic);
      context().tell(peer(node), std::move(all));
      return;
    }
    case overlay::MemberState::kDown:
    case overlay::MemberState::kLeft:
      members_.erase(node.name);
      forget(node.name);
      return;
  }
}

void TopicActor::forget(std::uint64_t node) {
  for (auto each = wanted_by_.begin(); each != wanted_by_.end();) {
    std::erase_if(each->second, [&](const NodeId& wanting) { return wanting.name == node; });
    each = each->second.empty() ? wanted_by_.erase(each) : std::next(each);
  }
}

}  // namespace troupe::pubsub
