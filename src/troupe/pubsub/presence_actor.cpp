#include "troupe/pubsub/presence_actor.hpp"

#include <utility>

#include "troupe/pubsub/topics.hpp"

namespace troupe::pubsub {

PresenceActor::PresenceActor(std::uint32_t partition, Ref<cluster::Membership> membership, PresenceOptions options)
    : partition_(partition), membership_(membership), options_(options) {}

void PresenceActor::on_start() { context().tell(membership_, cluster::WatchMembers{self()}); }

Ref<PresenceActor> PresenceActor::peer(const NodeId& node) const {
  return Ref<PresenceActor>(Address{node, ActorId::named(presence_actor_name(partition_))});
}

bool PresenceActor::is_member(const NodeId& node) const {
  const auto found = members_.find(node.name);
  return found != members_.end() && found->second == node;
}

// For this node's listeners.

std::vector<PresenceEntry> PresenceActor::on(const WatchPresence& request) {
  const auto [place, is_new] = topics_.try_emplace(request.topic);
  Topic& topic = place->second;
  if (is_new) {
    for (const auto& [name, node] : members_) query(request.topic, topic, node);
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
  for (const auto& [who, what] : topic.own) entries.push_back({who, what});
  for (const auto& [node, known] : topic.nodes) {
    for (const auto& [who, what] : known.entries) entries.push_back({who, what});
  }
  return entries;
}

void PresenceActor::on(const Show& request) {
  const auto found = topics_.find(request.topic);
  if (found == topics_.end()) return;
  const auto listener = found->second.listeners.find(request.owner);
  if (listener == found->second.listeners.end()) return;
  listener->second.insert(request.entry.who);
  change_own(request.topic, found->second, {request.entry}, {});
}

void PresenceActor::on(const Hide& request) {
  const auto found = topics_.find(request.topic);
  if (found == topics_.end()) return;
  const auto listener = found->second.listeners.find(request.owner);
  if (listener == found->second.listeners.end()) return;
  const std::set<std::string> shown = std::exchange(listener->second, {});
  if (!shown.empty()) change_own(request.topic, found->second, {}, {shown.begin(), shown.end()});
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
  if (!shown.empty()) change_own(name, found->second, {}, {shown.begin(), shown.end()});
  if (!found->second.listeners.empty()) return;
  topics_.erase(found);
  for (const auto& [id, node] : members_) context().tell(peer(node), PresenceForget{name});
}

void PresenceActor::change_own(const std::string& name, Topic& topic, const std::vector<PresenceEntry>& joined,
                               const std::vector<std::string>& left) {
  for (const PresenceEntry& entry : joined) topic.own[entry.who] = entry.shown;
  for (const std::string& who : left) topic.own.erase(who);
  const std::uint64_t previous = std::exchange(topic.version, topic.own.empty() ? 0 : ++last_version_);
  tell_listeners(topic, {name, joined, left});
  const auto watchers = watched_by_.find(name);
  if (watchers == watched_by_.end()) return;
  for (const auto& [node, watcher] : watchers->second) {
    context().tell(watcher, PresenceDelta{name, previous, topic.version, joined, left});
  }
}

// For other nodes' presence actors.

Result<PresenceState> PresenceActor::on(const PresenceQuery& query) {
  const Address from = context().sender();
  if (query.topic.size() > kTopicNameBytesMax) return fail(ErrorCode::kInvalidArgument, "a topic's name is too long");
  auto& watched = watched_of_[from.node.name];
  if (watched.size() >= options_.watched_max && !watched.contains(query.topic)) {
    return fail(ErrorCode::kQueueFull, "the node watches as many topics as it may (watched_max)");
  }
  watched.insert(query.topic);
  // The very actor, not its name: changes then take the same lane as this answer, and stay behind it.
  watched_by_[query.topic][from.node.name] = Ref<PresenceActor>(from);
  PresenceState state;
  if (const auto found = topics_.find(query.topic); found != topics_.end()) {
    state.version = found->second.version;
    for (const auto& [who, what] : found->second.own) state.entries.push_back({who, what});
  }
  return state;
}

void PresenceActor::on(const PresenceForget& forget) {
  const std::uint64_t node = context().sender().node.name;
  if (const auto topics = watched_of_.find(node); topics != watched_of_.end()) {
    topics->second.erase(forget.topic);
    if (topics->second.empty()) watched_of_.erase(topics);
  }
  const auto watchers = watched_by_.find(forget.topic);
  if (watchers == watched_by_.end()) return;
  watchers->second.erase(node);
  if (watchers->second.empty()) watched_by_.erase(watchers);
}

void PresenceActor::forget_watcher(std::uint64_t node) {
  const auto topics = watched_of_.find(node);
  if (topics == watched_of_.end()) return;
  for (const std::string& topic : topics->second) {
    const auto watchers = watched_by_.find(topic);
    watchers->second.erase(node);
    if (watchers->second.empty()) watched_by_.erase(watchers);
  }
  watched_of_.erase(topics);
}

// What other nodes show.

void PresenceActor::query(const std::string& name, Topic& topic, const NodeId& node) {
  const std::uint64_t number = ++last_query_;
  topic.nodes[node.name].query = number;
  context().ask(
      peer(node), PresenceQuery{name}, options_.query_timeout,
      [this, name, node, number](Result<PresenceState> state) { on_answer(name, node, number, std::move(state)); });
}

void PresenceActor::on_answer(const std::string& name, const NodeId& node, std::uint64_t number,
                              Result<PresenceState> state) {
  const auto topic = topics_.find(name);
  if (topic == topics_.end() || !is_member(node)) return;
  const auto known = topic->second.nodes.find(node.name);
  if (known == topic->second.nodes.end() || known->second.query != number) return;  // Another question took its place.
  if (!state) {
    context().after(options_.query_retry, [this, name, node, number] {
      const auto again = topics_.find(name);
      if (again == topics_.end() || !is_member(node)) return;
      if (again->second.nodes[node.name].query == number) query(name, again->second, node);
    });
    return;
  }
  known->second.query = 0;
  known->second.version = state->version;
  Entries entries;
  for (PresenceEntry& entry : state->entries) entries[std::move(entry.who)] = std::move(entry.shown);
  replace(name, topic->second, node.name, std::move(entries));
}

void PresenceActor::on(const PresenceDelta& delta) {
  const NodeId from = context().sender().node;
  const auto topic = topics_.find(delta.topic);
  if (!is_member(from)) return;
  if (topic == topics_.end()) {  // That we watch it no longer was lost, or crossed this.
    context().tell(peer(from), PresenceForget{delta.topic});
    return;
  }
  const auto found = topic->second.nodes.find(from.name);
  if (found == topic->second.nodes.end() || found->second.query != 0) return;  // The answer that is to come has it.
  Known& known = found->second;
  if (delta.previous != known.version) return query(delta.topic, topic->second, from);
  known.version = delta.version;
  for (const PresenceEntry& entry : delta.joined) known.entries[entry.who] = entry.shown;
  for (const std::string& who : delta.left) known.entries.erase(who);
  tell_listeners(topic->second, {delta.topic, delta.joined, delta.left});
}

void PresenceActor::on(const cluster::MemberChanged& change) {
  const NodeId node = change.member.id();
  if (change.state == overlay::MemberState::kUp) {
    members_[node.name] = node;
    for (auto& [name, topic] : topics_) query(name, topic, node);
  } else if (change.state != overlay::MemberState::kUnreachable && is_member(node)) {
    members_.erase(node.name);
    forget_watcher(node.name);
    for (auto& [name, topic] : topics_) {
      replace(name, topic, node.name, {});
      topic.nodes.erase(node.name);
    }
  }
}

void PresenceActor::replace(const std::string& name, Topic& topic, std::uint64_t node, Entries entries) {
  Entries& known = topic.nodes[node].entries;
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
