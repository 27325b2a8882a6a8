#include "troupe/actor/actor.hpp"
#include "troupe/actor/shard.hpp"

namespace troupe {

void Shard::monitor(ActorCell& cell, const Address& target, DownCallback callback) {
  const bool is_new = cell.need_extras().monitors.insert_or_assign(target, std::move(callback)).second;
  if (is_new) send_watch(cell, target, EnvelopeKind::kMonitor);
}

void Shard::demonitor(ActorCell& cell, const Address& target) {
  if (!cell.extras || cell.extras->monitors.erase(target) == 0) return;
  send_watch(cell, target, EnvelopeKind::kDemonitor);
}

void Shard::link(ActorCell& cell, const Address& target) {
  if (cell.need_extras().links.insert(target).second) send_watch(cell, target, EnvelopeKind::kLink);
}

void Shard::unlink(ActorCell& cell, const Address& target) {
  if (!cell.extras || cell.extras->links.erase(target) == 0) return;
  cell.extras->watchers.erase({target, address_of(cell), true});
  send_watch(cell, target, EnvelopeKind::kUnlink);
}

void Shard::send_watch(ActorCell& cell, const Address& target, EnvelopeKind kind) {
  const Address self = address_of(cell);
  const bool is_link = kind == EnvelopeKind::kLink || kind == EnvelopeKind::kUnlink;
  if (!target.node.same_node(options_.node)) {
    auto& watched = remote_watches_[target.node][cell.id];
    const bool begins = kind == EnvelopeKind::kMonitor || kind == EnvelopeKind::kLink;
    begins ? void(watched.insert(target)) : void(watched.erase(target));
    if (watched.empty()) remote_watches_[target.node].erase(cell.id);
    if (remote_watches_[target.node].empty()) remote_watches_.erase(target.node);
  }
  EnvelopePtr envelope = Envelope::make(kind, Watch{target});
  envelope->sender = self;
  const SendOutcome outcome = send(std::move(envelope), target);
  if (outcome == SendOutcome::kUnreachable && (kind == EnvelopeKind::kMonitor || kind == EnvelopeKind::kLink)) {
    tell_watcher({self, target, is_link}, EndReason::kNodeDown, "there is no link to the node");
  }
}

void Shard::handle_watch(ActorCell& cell, Envelope& envelope) {
  Watch watch;
  if (const Watch* local = envelope.get<Watch>()) watch = *local;
  if (EncodedPayload* encoded = envelope.encoded()) watch = wire::decode<Watch>(encoded->body).value_or(Watch{});
  const bool is_link = envelope.kind == EnvelopeKind::kLink || envelope.kind == EnvelopeKind::kUnlink;
  const Watcher watcher{envelope.sender, watch.target, is_link};
  ActorExtras& extras = cell.need_extras();
  switch (envelope.kind) {
    case EnvelopeKind::kMonitor: extras.watchers.insert(watcher); return;
    case EnvelopeKind::kDemonitor: extras.watchers.erase(watcher); return;
    case EnvelopeKind::kLink:
      extras.watchers.insert(watcher);
      // The link holds in both directions.
      if (extras.links.insert(envelope.sender).second) send_watch(cell, envelope.sender, EnvelopeKind::kLink);
      return;
    default:
      std::erase_if(extras.watchers, [&](const Watcher& each) { return each.is_link && each.watcher == envelope.sender; });
      extras.links.erase(envelope.sender);
      return;
  }
}

void Shard::tell_watcher(const Watcher& watcher, EndReason reason, const std::string& detail) {
  EnvelopePtr envelope = watcher.is_link ? Envelope::make(EnvelopeKind::kSignal, Exit{watcher.target, reason, detail})
                                         : Envelope::make(EnvelopeKind::kSignal, Down{watcher.target, reason, detail});
  send(std::move(envelope), watcher.watcher);
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
  if (found == cell.extras->monitors.end()) return;  // Demonitored meanwhile, or the second Down of a node that went down.
  DownCallback callback = std::move(found->second);
  cell.extras->monitors.erase(found);
  forget_remote_watch(down.actor, cell.id);
  callback(down);
}

void Shard::handle_exit(ActorCell& cell, const Exit& exit) {
  if (!cell.extras || cell.extras->links.erase(exit.actor) == 0) return;
  std::erase_if(cell.extras->watchers, [&](const Watcher& each) { return each.is_link && each.watcher == exit.actor; });
  forget_remote_watch(exit.actor, cell.id);
  if (cell.extras->on_exit) return cell.extras->on_exit(exit);
  if (exit.reason == EndReason::kStopped) return;
  log_.info("{} ends: an actor it is linked to ended ({})", cell.type->name, to_string(exit.reason));
  cell.extras->linked_end = true;
}

void Shard::forget_remote_watch(const Address& target, ActorId watcher) {
  const auto node = remote_watches_.find(target.node);
  if (node == remote_watches_.end()) return;
  const auto watched = node->second.find(watcher);
  if (watched == node->second.end()) return;
  watched->second.erase(target);
  if (watched->second.empty()) node->second.erase(watched);
  if (node->second.empty()) remote_watches_.erase(node);
}

void Shard::forget_watches(ActorCell& cell) {
  if (!cell.extras) return;
  // A link is dissolved by the Exit that its partner gets; a monitor must be taken back.
  const auto monitors = std::exchange(cell.extras->monitors, {});
  for (const auto& [target, callback] : monitors) send_watch(cell, target, EnvelopeKind::kDemonitor);
  const auto links = std::exchange(cell.extras->links, {});
  for (const Address& target : links) forget_remote_watch(target, cell.id);
  cell.extras->on_exit = nullptr;
}

void Shard::node_down(const NodeId& node, std::string_view reason) {
  // A watch may name the node by this incarnation or by none.
  for (const NodeId& key : {node, NodeId{node.name, 0}}) {
    const auto found = remote_watches_.find(key);
    if (found == remote_watches_.end()) continue;
    const auto watches = std::move(found->second);
    remote_watches_.erase(found);
    for (const auto& [watcher, targets] : watches) {
      const Address to{options_.node, watcher};
      for (const Address& target : targets) {
        tell_watcher({to, target, false}, EndReason::kNodeDown, std::string(reason));
        tell_watcher({to, target, true}, EndReason::kNodeDown, std::string(reason));
      }
    }
  }
  for (const auto& [correlation, ask] : asks_) {
    if (!ask.to.same_node(node) || (ask.to.incarnation != 0 && ask.to.incarnation != node.incarnation)) continue;
    const Address asker = ask.asker.is_nobody() ? self_address() : Address{options_.node, ask.asker};
    fail_ask_later(correlation, asker, Error{ErrorCode::kUnreachable, std::string(reason)});
  }
}

void Shard::node_reconnected(const NodeId& node) {
  for (const NodeId& key : {node, NodeId{node.name, 0}}) {
    const auto found = remote_watches_.find(key);
    if (found == remote_watches_.end()) continue;
    for (const auto& [watcher, targets] : found->second) {
      const ActorCell* cell = find_cell(watcher);
      if (cell == nullptr) continue;
      for (const Address& target : targets) {
        const bool is_link = cell->extras->links.contains(target);
        EnvelopePtr envelope = Envelope::make(is_link ? EnvelopeKind::kLink : EnvelopeKind::kMonitor, Watch{target});
        envelope->sender = address_of(*cell);
        send(std::move(envelope), target);
      }
    }
  }
}

}  // namespace troupe
