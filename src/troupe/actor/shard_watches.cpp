#include "troupe/actor/actor.hpp"
#include "troupe/actor/shard.hpp"

/// Monitors and links.
///
/// A monitor is two entries: the watcher has a callback in its `monitors`, and asked the watched (kMonitor) for an
/// entry in its `watchers`. A link is two entries as well: the one who made it has the other in its `links`, and has an
/// entry in the other's `watchers`, marked as a link. Whichever ends tells the other from its own half, naming itself
/// as the other's half knows it; so a link needs one message, and works with a name.
///
/// What concerns another node is also in `remote_watches_`, from which node_down and node_reconnected work.
namespace troupe {

namespace {

/// The entries of this watcher, which stand together.
auto entries_of(const std::set<Watcher>& watchers, const Address& watcher) {
  auto first = watchers.lower_bound(Watcher{watcher, {}, false});
  auto last = first;
  while (last != watchers.end() && last->watcher == watcher) ++last;
  return std::pair(first, last);
}

/// The names under which this watcher linked itself to the actor.
std::vector<Address> linked_as(const ActorExtras& extras, const Address& watcher) {
  std::vector<Address> names;
  const auto [first, last] = entries_of(extras.watchers, watcher);
  for (auto each = first; each != last; ++each) {
    if (each->is_link) names.push_back(each->target);
  }
  return names;
}

}  // namespace

std::optional<Watch> Shard::read_watch(Envelope& envelope) {
  if (const Watch* local = envelope.get<Watch>()) return *local;
  if (EncodedPayload* encoded = envelope.encoded()) {
    if (auto watch = wire::decode<Watch>(encoded->body)) return *watch;
  }
  return std::nullopt;
}

SendOutcome Shard::send_watch(const ActorCell& cell, const Address& to, EnvelopeKind kind, const Address& target) {
  EnvelopePtr envelope = Envelope::make(kind, Watch{target});
  envelope->sender = address_of(cell);
  return send(std::move(envelope), to);
}

void Shard::begin_watch(ActorCell& cell, const Address& target, EnvelopeKind kind) {
  update_remote_watch(cell, target);
  if (send_watch(cell, target, kind, target) == SendOutcome::kUnreachable) {
    tell_watcher(target.actor, {address_of(cell), target, kind == EnvelopeKind::kLink}, EndReason::kNodeDown,
                 "there is no link to the node");
  }
}

void Shard::monitor(ActorCell& cell, const Address& target, DownCallback callback) {
  if (cell.state != ActorState::kLive) return;
  const bool is_new = cell.need_extras().monitors.insert_or_assign(target, std::move(callback)).second;
  if (is_new) begin_watch(cell, target, EnvelopeKind::kMonitor);
}

void Shard::demonitor(ActorCell& cell, const Address& target) {
  if (!cell.extras || cell.extras->monitors.erase(target) == 0) return;
  update_remote_watch(cell, target);
  send_watch(cell, target, EnvelopeKind::kDemonitor, target);
}

void Shard::link(ActorCell& cell, const Address& target) {
  if (cell.state != ActorState::kLive) return;
  if (cell.need_extras().links.insert(target).second) begin_watch(cell, target, EnvelopeKind::kLink);
}

void Shard::unlink(ActorCell& cell, const Address& target) {
  if (!cell.extras) return;
  if (cell.extras->links.erase(target) != 0) send_watch(cell, target, EnvelopeKind::kUnlink, target);
  for (const Address& name : linked_as(*cell.extras, target)) {
    cell.extras->watchers.erase({target, name, true});
    send_watch(cell, target, EnvelopeKind::kUnlink, name);
  }
  update_remote_watch(cell, target);
}

void Shard::trap_exits(ActorCell& cell, ExitCallback callback) {
  if (cell.state != ActorState::kLive) return;
  ActorExtras& extras = cell.need_extras();
  extras.on_exit = std::move(callback);
  extras.on_exit_changed = true;
}

void Shard::handle_watch(ActorCell& cell, Envelope& envelope) {
  const std::optional<Watch> watch = read_watch(envelope);
  if (!watch) return log_.warning("{} was sent a watch that cannot be decoded; it is dropped", cell.type->name);
  ActorExtras& extras = cell.need_extras();
  const Address& sender = envelope.sender;
  switch (envelope.kind) {
    case EnvelopeKind::kMonitor: extras.watchers.insert({sender, watch->target, false}); break;
    case EnvelopeKind::kDemonitor: extras.watchers.erase({sender, watch->target, false}); break;
    case EnvelopeKind::kLink: extras.watchers.insert({sender, watch->target, true}); break;
    case EnvelopeKind::kUnlink:  // From the one who made the link, or to it.
      extras.watchers.erase({sender, watch->target, true});
      if (extras.links.erase(watch->target) != 0) update_remote_watch(cell, watch->target);
      break;
    default:  // kLinkCheck
      if (!extras.links.contains(watch->target)) send_watch(cell, sender, EnvelopeKind::kUnlink, watch->target);
      break;
  }
  update_remote_watch(cell, sender);
}

void Shard::tell_watcher(ActorId ended, const Watcher& watcher, EndReason reason, const std::string& detail) {
  EnvelopePtr envelope = watcher.is_link ? Envelope::make(EnvelopeKind::kSignal, Exit{watcher.target, reason, detail})
                                         : Envelope::make(EnvelopeKind::kSignal, Down{watcher.target, reason, detail});
  // From the ended actor itself, so that it comes after whatever that one had sent.
  envelope->sender = {options_.node, ended};
  send(std::move(envelope), watcher.watcher);
}

void Shard::tell_all_watchers(ActorCell& cell, EndReason reason, const std::string& detail) {
  if (!cell.extras) return;
  const Address self = address_of(cell);
  for (const Watcher& watcher : cell.extras->watchers) tell_watcher(cell.id, watcher, reason, detail);
  for (const Address& partner : cell.extras->links) tell_watcher(cell.id, {partner, self, true}, reason, detail);
  forget_all_watches(cell);
}

void Shard::handle_signal(ActorCell& cell, Envelope& envelope) {
  if (EncodedPayload* encoded = envelope.encoded()) {
    if (encoded->tag == payload_type<Down>.tag) {
      if (const auto down = wire::decode<Down>(encoded->body)) handle_down(cell, *down);
    } else if (encoded->tag == payload_type<Exit>.tag) {
      if (const auto exit = wire::decode<Exit>(encoded->body)) handle_exit(cell, *exit);
    }
    return;
  }
  if (const Down* down = envelope.get<Down>()) return handle_down(cell, *down);
  if (const Exit* exit = envelope.get<Exit>()) return handle_exit(cell, *exit);
}

void Shard::handle_down(ActorCell& cell, const Down& down) {
  if (!cell.extras) return;
  const auto found = cell.extras->monitors.find(down.actor);
  if (found == cell.extras->monitors.end())
    return;  // Demonitored meanwhile, or the second Down of a node that went down.
  DownCallback callback = std::move(found->second);
  cell.extras->monitors.erase(found);
  update_remote_watch(cell, down.actor);
  callback(down);
}

void Shard::handle_exit(ActorCell& cell, const Exit& exit) {
  if (!cell.extras) return;
  ActorExtras& extras = *cell.extras;
  const std::vector<Address> names = linked_as(extras, exit.actor);
  if (extras.links.erase(exit.actor) == 0 && names.empty()) return;  // Unlinked meanwhile.
  for (const Address& name : names) extras.watchers.erase({exit.actor, name, true});
  update_remote_watch(cell, exit.actor);
  if (extras.on_exit) {
    // The callback may set another in its place.
    extras.on_exit_changed = false;
    ExitCallback callback = std::exchange(extras.on_exit, nullptr);
    callback(exit);
    if (!extras.on_exit_changed) extras.on_exit = std::move(callback);
    return;
  }
  if (exit.reason == EndReason::kStopped) return;
  log_.info("{} ends: an actor it is linked to ended ({})", cell.type->name, to_string(exit.reason));
  extras.linked_end = true;
}

/// After each change of what the actor and `other` have to do with each other.
void Shard::update_remote_watch(const ActorCell& cell, const Address& other) {
  if (other.node.same_node(options_.node) || !cell.extras) return;
  const ActorExtras& extras = *cell.extras;
  const auto [first, last] = entries_of(extras.watchers, other);
  if (extras.monitors.contains(other) || extras.links.contains(other) || first != last) {
    remote_watches_[other.node][cell.id].insert(other);
    return;
  }
  const auto node = remote_watches_.find(other.node);
  if (node == remote_watches_.end()) return;
  const auto actor = node->second.find(cell.id);
  if (actor == node->second.end()) return;
  actor->second.erase(other);
  if (actor->second.empty()) node->second.erase(actor);
  if (node->second.empty()) remote_watches_.erase(node);
}

void Shard::forget_all_watches(ActorCell& cell) {
  const auto watchers = std::exchange(cell.extras->watchers, {});
  const auto links = std::exchange(cell.extras->links, {});
  for (const Watcher& each : watchers) update_remote_watch(cell, each.watcher);
  for (const Address& each : links) update_remote_watch(cell, each);
}

void Shard::watch_loss(ActorCell& cell, const Address& target, LossCallback callback, const Via& via) {
  if (cell.state != ActorState::kLive) return;
  auto& watches = cell.need_extras().loss_watches;
  if (callback) {
    watches[target] = std::make_shared<LossWatch>(via, std::move(callback));
    loss_watchers_.insert(cell.id);
  } else if (watches.erase(target) > 0 && watches.empty()) {
    loss_watchers_.erase(cell.id);
  }
}

void Shard::messages_lost(const NodeId& node, const Error& why, const TookThatWay& took_that_way) {
  for (const ActorId& watcher : loss_watchers_) {
    ActorCell& cell = *find_cell(watcher);
    for (const auto& [target, watch] : cell.extras->loss_watches) {
      const bool same_life = target.node.incarnation == 0 || target.node == node;
      if (!target.node.same_node(node) || !same_life || !took_that_way(watcher, target.actor, watch->via)) continue;
      add_actor_timer(cell, Duration::zero(), {}, [watch, loss = Loss{target, why}] { watch->callback(loss); });
    }
  }
}

void Shard::node_down(const NodeId& node, std::string_view reason) {
  arrivals_.forget(node);
  const std::string detail(reason);
  // A watch may name the node by this incarnation or by none.
  for (const NodeId& key : {node, NodeId{node.name, 0}}) {
    const auto found = remote_watches_.find(key);
    if (found == remote_watches_.end()) continue;
    const auto watches = std::move(found->second);
    remote_watches_.erase(found);
    for (const auto& [id, others] : watches) {
      ActorCell* cell = find_cell(id);
      if (cell == nullptr) continue;
      for (const Address& other : others) {
        const bool linked = cell->extras->links.contains(other) || !linked_as(*cell->extras, other).empty();
        if (linked) tell_watcher(other.actor, {address_of(*cell), other, true}, EndReason::kNodeDown, detail);
        if (cell->extras->monitors.contains(other)) {
          tell_watcher(other.actor, {address_of(*cell), other, false}, EndReason::kNodeDown, detail);
        }
        auto [each, last] = entries_of(cell->extras->watchers, other);
        while (each != last) each = each->is_link ? std::next(each) : cell->extras->watchers.erase(each);
      }
    }
  }
  for (const auto& [correlation, ask] : asks_) {
    if (!ask.to.same_node(node) || (ask.to.incarnation != 0 && ask.to.incarnation != node.incarnation)) continue;
    fail_ask_later(correlation, ask.asker != nullptr ? address_of(*ask.asker) : self_address(),
                   Error{ErrorCode::kUnreachable, detail});
  }
}

void Shard::node_reconnected(const NodeId& node) {
  for (const NodeId& key : {node, NodeId{node.name, 0}}) {
    const auto found = remote_watches_.find(key);
    if (found == remote_watches_.end()) continue;
    const auto watches = found->second;
    for (const auto& [id, others] : watches) {
      const ActorCell* cell = find_cell(id);
      if (cell == nullptr) continue;
      for (const Address& other : others) {
        if (cell->extras->monitors.contains(other)) send_watch(*cell, other, EnvelopeKind::kMonitor, other);
        if (cell->extras->links.contains(other)) send_watch(*cell, other, EnvelopeKind::kLink, other);
        for (const Address& name : linked_as(*cell->extras, other))
          send_watch(*cell, other, EnvelopeKind::kLinkCheck, name);
      }
    }
  }
}

}  // namespace troupe
