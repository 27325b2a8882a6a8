#include "troupe/overlay/hyparview/shuffles.hpp"

#include <utility>

namespace troupe::overlay::hyparview {

void Shuffles::start(Turn& turn) {
  due_ = later(turn.now(), Duration(turn.random.between(0, options_.period.count())));
}

void Shuffles::on_tick(Turn& turn) {
  if (due_ > turn.now()) return;
  const std::int64_t quarter = options_.period.count() / 4;
  due_ = later(turn.now(), options_.period + Duration(turn.random.between(-quarter, quarter)));
  begin(turn);
}

void Shuffles::begin(Turn& turn) {
  Link* next = views_.links.random_active(turn.random);
  if (next == nullptr) return;
  std::vector<NodeId> others = views_.links.active();
  std::erase(others, next->id());
  given_ = random_sample(views_.passive.nodes(), options_.passive, turn.random);
  for (const NodeId node : random_sample(others, options_.active, turn.random)) given_.push_back(node);
  const NodeId self = turn.view.self().id();
  given_.push_back(self);
  Views::tell(turn, *next, Shuffle{{self}, given_, options_.walk_length});
}

bool Shuffles::on(Turn& turn, Link& peer, const Shuffle& message) {
  std::vector<NodeId> path = message.path;
  if (path.back() != peer.id()) return false;
  Link* next = views_.links.random_active(turn.random, {peer.id().name, path.front().name});
  if (message.hops_left > 0 && next != nullptr && path.size() < kHopsMax) {
    path.push_back(turn.view.self().id());
    Views::tell(turn, *next, Shuffle{path, message.nodes, static_cast<std::uint8_t>(message.hops_left - 1)});
    return true;
  }
  if (path.front().same_node(turn.view.self().id())) return true;
  path.pop_back();
  const std::vector<NodeId> given = random_sample(views_.passive.nodes(), message.nodes.size(), turn.random);
  Views::tell(turn, peer, ShuffleReply{path, given});
  for (const NodeId node : message.nodes) views_.remember(turn, node, given);
  return true;
}

void Shuffles::on(Turn& turn, const ShuffleReply& message) {
  if (message.path.empty()) {
    // Only one reply to each SHUFFLE: nobody can fill our passive view at will.
    const std::vector<NodeId> given = std::exchange(given_, {});
    if (given.empty()) return;
    for (const NodeId node : message.nodes) views_.remember(turn, node, given);
    return;
  }
  std::vector<NodeId> path = message.path;
  Link* next = views_.links.find(path.back());
  path.pop_back();
  if (next != nullptr && !next->closing) Views::tell(turn, *next, ShuffleReply{path, message.nodes});
}

}  // namespace troupe::overlay::hyparview
