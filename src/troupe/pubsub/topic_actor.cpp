#include "troupe/pubsub/topic_actor.hpp"

#include <utility>

namespace troupe::pubsub {

TopicActor::TopicActor(TopicOptions options, std::uint32_t partition, Ref<cluster::Membership> membership,
                       Metrics& metrics)
    : options_(options),
      partition_(partition),
      membership_(membership),
      published_(metrics.counter("troupe_topic_published_total", "Messages published on this node")),
      relayed_(metrics.counter("troupe_topic_relayed_total", "Messages sent to other nodes for their subscribers")),
      dropped_(metrics.counter("troupe_topic_dropped_total",
                               "Messages that a subscriber's mailbox or a lane had no room for")),
      ignored_(metrics.counter("troupe_topic_interest_ignored_total", "Topics that a peer wanted beyond the bounds")) {}

void TopicActor::on_start() { context().tell(membership_, cluster::WatchMembers{self()}); }

Ref<TopicActor> TopicActor::peer(const NodeId& node) const {
  return Ref<TopicActor>(Address{node, ActorId::named(topics_actor_name(partition_))});
}

Result<Done> TopicActor::on(const Subscribe& request) {
  if (request.topic.size() > kTopicNameBytesMax) return fail(ErrorCode::kInvalidArgument, "a topic's name is too long");
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
  for (const auto& [name, node] : members_) {
    told_.insert(name);
    context().ask(peer(node), Interest{topic, wanted}, options_.interest_timeout,
                  [this, node](const Result<Done>& confirmed) {
                    if (!confirmed) repair(node);
                  });
  }
}

void TopicActor::tell_all_interest(const NodeId& node) {
  // Nobody has to be told of nothing: where many nodes join at once, that would be most of what they say.
  if (subscribers_.empty() && !told_.contains(node.name)) return;
  told_.insert(node.name);
  AllInterest part;
  const auto send = [&] {
    context().ask(peer(node), std::exchange(part, AllInterest{.is_first = false, .topics = {}}),
                  options_.interest_timeout, [this, node](const Result<Done>& confirmed) {
                    if (!confirmed) repair(node);
                  });
  };
  for (const auto& [topic, subscribers] : subscribers_) {
    part.topics.push_back(topic);
    if (part.topics.size() >= options_.topics_per_message) send();
  }
  if (part.is_first || !part.topics.empty()) send();
}

void TopicActor::repair(const NodeId& node) {
  if (!is_member(node) || !repairs_.insert(node).second) return;
  context().after(options_.interest_retry, [this, node] {
    repairs_.erase(node);
    if (is_member(node)) tell_all_interest(node);
  });
}

bool TopicActor::is_member(const NodeId& node) const {
  const auto found = members_.find(node.name);
  return found != members_.end() && found->second == node;
}

void TopicActor::on(const Publish& request) {
  published_.add();
  deliver(request.topic, request.payload);
  const auto wanted = wanted_by_.find(request.topic);
  if (wanted == wanted_by_.end()) return;
  for (const std::uint64_t name : wanted->second) {
    const auto member = members_.find(name);
    if (member == members_.end()) continue;
    relayed_.add();
    if (context().tell(peer(member->second), Relayed{request.topic, request.payload}) != SendOutcome::kTaken)
      dropped_.add();
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

Done TopicActor::on(const Interest& interest) {
  const std::uint64_t from = context().sender().node.name;
  if (interest.wanted) {
    want(from, interest.topic);
    return {};
  }
  if (const auto topics = wanted_of_.find(from); topics != wanted_of_.end()) {
    topics->second.erase(interest.topic);
    if (topics->second.empty()) wanted_of_.erase(topics);
  }
  const auto found = wanted_by_.find(interest.topic);
  if (found == wanted_by_.end()) return {};
  found->second.erase(from);
  if (found->second.empty()) wanted_by_.erase(found);
  return {};
}

Done TopicActor::on(const AllInterest& interest) {
  const std::uint64_t from = context().sender().node.name;
  if (interest.is_first) forget(from);
  for (const std::string& topic : interest.topics) want(from, topic);
  return {};
}

void TopicActor::want(std::uint64_t node, const std::string& topic) {
  auto& topics = wanted_of_[node];
  if (topic.size() > kTopicNameBytesMax || (topics.size() >= options_.topics_max && !topics.contains(topic)))
    return ignored_.add();
  topics.insert(topic);
  wanted_by_[topic].insert(node);
}

void TopicActor::on(const cluster::MemberChanged& change) {
  const NodeId node = change.member.id();
  switch (change.state) {
    case overlay::MemberState::kSuspected:
    case overlay::MemberState::kUnreachable: return;
    case overlay::MemberState::kUp: members_[node.name] = node; return tell_all_interest(node);
    case overlay::MemberState::kDown:
    case overlay::MemberState::kLeft:
      if (!is_member(node)) return;
      members_.erase(node.name);
      // Who was down may come back in a new life with all that it was told; who has left has ended.
      if (change.state == overlay::MemberState::kLeft) told_.erase(node.name);
      return forget(node.name);
  }
}

void TopicActor::forget(std::uint64_t node) {
  const auto topics = wanted_of_.find(node);
  if (topics == wanted_of_.end()) return;
  for (const std::string& topic : topics->second) {
    const auto found = wanted_by_.find(topic);
    found->second.erase(node);
    if (found->second.empty()) wanted_by_.erase(found);
  }
  wanted_of_.erase(topics);
}

}  // namespace troupe::pubsub
