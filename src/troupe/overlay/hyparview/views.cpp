#include "troupe/overlay/hyparview/views.hpp"

namespace troupe::overlay::hyparview {

void Views::activate(Link& peer) {
  peer.active = true;
  passive.erase(peer.id().name);
}

void Views::deactivate(Turn& turn, Link& peer) {
  peer.active = false;
  peer.idle_since = turn.now();
  remember(turn, peer.id());
}

void Views::make_room(Turn& turn) {
  if (!is_full()) return;
  Link* victim = links.random_active(turn.random);
  if (victim == nullptr) return;
  tell(turn, *victim, hyparview::Disconnect{});
  deactivate(turn, *victim);
}

void Views::remember(Turn& turn, NodeId node, const std::vector<NodeId>& expendable) {
  if (!links.is_active(node.name)) passive.insert(node, turn.view, expendable, turn.random);
}

void Views::tell(Turn& turn, Link& peer, const Message& message) {
  peer.used = true;
  peer.idle_since = turn.now();
  turn.wishes.push_back(Tell{peer.id(), encode(message)});
}

}  // namespace troupe::overlay::hyparview
