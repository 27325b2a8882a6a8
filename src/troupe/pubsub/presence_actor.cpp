#include "troupe/pubsub/presence_actor.hpp"

#include <utility>

namespace troupe::pubsub {

PresenceActor::PresenceActor(std::uint32_t partition, Ref<cluster::Membership> membership)
    : partition_(partition), membership_(membership) {}

void PresenceActor::on_start() { context().tell(membership_, cluster::WatchMembers{self()}); }

Ref<PresenceActor> PresenceActor::peer(const NodeId& node) const {
  return Ref<PresenceActor>(Address{node, ActorId::named(presence_actor_name(partition_))});
}

std::vector<PresenceEntry> PresenceActor::on(const WatchPresence& request) {
  const bool is_new = !topics_.contains(request.topic);
  Topic& topic = topics_[request.topic];
  if (is_new) {
    // First the interest in changes, then the question for the state: a change after the answer is not missed, and one before it is in it.
    context().ask(topics_for(context().self().node, topic_of(request.topic)), Subscribe{topic_of(request.topic), self()}, 5s,
                  [this, name = request.topic](const Result<Done>&) {
                    for (const auto& [id, node] : members_) context().tell(peer(node), PresenceQuery{name});
                  });
  }
  topic.listeners.try_emplace(request.listener);
  auto& watched = topics_of_[request.listener];
  watched.insert(request.topic);
  if (watched.size() == 1) {
    context().monitor(request.listener, [this, listener = request.listener](const Down&) {
      const auto found = topics_of_.find(listener);
      if (found == topics_of_.end()) return;
      const std::set<std::string> topics = found->second;
      for (const std::string& each : topics) leave(each, listener);
    });
  }
  std::vector<PresenceEntry> entries;
  for (const auto& [node, shown] : topic.nodes) {
    for (const auto& [who, what] : shown) entries.push_back({who, what});
  }
  return entries;
}

void PresenceActor::on(const Show& request) {
  const auto found = topics_.find(request.topic);
  if (found == topics_.end()) return;
  const auto listener = found->second.listeners.find(request.owner);
  if (listener == found->second.listeners.end()) return;
  listener->second.insert(request.entry.who);
  publish(request.topic, {context().self().node.name, {request.entry}, {}});
}

void PresenceActor::on(const UnwatchPresence& request) {
  leave(request.topic, request.listener);
  if (!topics_of_.contains(request.listener)) context().demonitor(request.listener.address());
}

void PresenceActor::leave(const std::string& name, Ref<PresenceListener> listener) {
  if (const auto watched = topics_of_.find(listener); watched != topics_of_.end()) {
    watched->second.erase(name);
    if (watched->second.empty()) topics_of_.erase(watched);
  }
  const auto found = topics_.find(name);
  if (found == topics_.end()) return;
  const auto entry = found->second.listeners.find(listener);
  if (entry == found->second.listeners.end()) return;
  const std::set<std::string> shown = std::move(entry->second);
  found->second.listeners.erase(entry);
  if (!shown.empty()) publish(name, {context().self().node.name, {}, {shown.begin(), shown.end()}});
  if (found->second.listeners.empty()) {
    context().tell(topics_for(context().self().node, topic_of(name)), Unsubscribe{topic_of(name), self()});
    topics_.erase(found);
  }
}

void PresenceActor::publish(const std::string& name, Delta delta) {
  const auto found = topics_.find(name);
  if (found == topics_.end()) return;
  Entries& own = found->second.nodes[delta.node];
  for (const PresenceEntry& entry : delta.joined) own[entry.who] = entry.shown;
  for (const std::string& who : delta.left) own.erase(who);
  tell_listeners(found->second, {name, delta.joined, delta.left});
  context().tell(topics_for(context().self().node, topic_of(name)), Publish{topic_of(name), wire::encode(delta)});
}

void PresenceActor::on(const Published& published) {
  const auto delta = wire::decode<Delta>(published.payload);
  const std::string name = published.topic.substr(topic_of("").size());
  const auto found = topics_.find(name);
  // Our own come back to us: they were applied when they were published.
  if (!delta || found == topics_.end() || delta->node == context().self().node.name) return;
  if (!members_.contains(delta->node)) return;  // It went down while this was on its way.
  Entries& entries = found->second.nodes[delta->node];
  for (const PresenceEntry& entry : delta->joined) entries[entry.who] = entry.shown;
  for (const std::string& who : delta->left) entries.erase(who);
  tell_listeners(found->second, {name, delta->joined, delta->left});
}

void PresenceActor::on(const PresenceQuery& query) {
  PresenceState state{query.topic, {}};
  if (const auto found = topics_.find(query.topic); found != topics_.end()) {
    for (const auto& [who, what] : found->second.nodes[context().self().node.name]) state.entries.push_back({who, what});
  }
  context().tell(peer(context().sender().node), std::move(state));
}

void PresenceActor::on(const PresenceState& state) {
  const auto found = topics_.find(state.topic);
  if (found == topics_.end()) return;
  Entries entries;
  for (const PresenceEntry& entry : state.entries) entries[entry.who] = entry.shown;
  replace(state.topic, found->second, context().sender().node.name, std::move(entries));
}

void PresenceActor::on(const cluster::MemberChanged& change) {
  const NodeId node = change.member.id();
  if (change.state == overlay::MemberState::kUp) {
    members_[node.name] = node;
    for (const auto& [name, topic] : topics_) context().tell(peer(node), PresenceQuery{name});
  } else if (change.state != overlay::MemberState::kUnreachable) {
    members_.erase(node.name);
    for (auto& [name, topic] : topics_) replace(name, topic, node.name, {});
  }
}

void PresenceActor::replace(const std::string& name, Topic& topic, std::uint64_t node, Entries entries) {
  Entries& known = topic.nodes[node];
  PresenceChanged change{name, {}, {}};
  for (const auto& [who, what] : known) {
    if (!entries.contains(who)) change.left.push_back(who);
  }
  for (const auto& [who, what] : entries) {
    const auto before = known.find(who);
    if (before == known.end() || before->second != what) change.joined.push_back({who, what});
  }
  known = std::move(entries);
  if (!change.joined.empty() || !change.left.empty()) tell_listeners(topic, change);
}

void PresenceActor::tell_listeners(const Topic& topic, const PresenceChanged& change) {
  for (const auto& [listener, shown] : topic.listeners) context().tell(listener, change);
}

}  // namespace troupe::pubsub
