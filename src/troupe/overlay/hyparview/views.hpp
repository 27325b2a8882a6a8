#pragma once

#include <cstddef>
#include <vector>

#include "troupe/base/random.hpp"
#include "troupe/base/time.hpp"
#include "troupe/overlay/hyparview/links.hpp"
#include "troupe/overlay/hyparview/messages.hpp"
#include "troupe/overlay/hyparview/passive_view.hpp"
#include "troupe/overlay/overlay.hpp"

namespace troupe::overlay::hyparview {

/// One event's: what the node sees, and what it wishes.
struct Turn {
  const View& view;
  Random& random;
  Wishes wishes{};

  TimePoint now() const { return view.now(); }
};

/// The active and the passive view, and the primitives that change them (section 4.5 of the paper).
class Views {
 public:
  Views(std::size_t active_max, std::size_t passive_max) : passive(passive_max), active_max_(active_max) {}

  bool is_full() const { return links.active_count() >= active_max_; }

  /// Takes this node into the active view, in which there must be room.
  void activate(Link& peer);

  /// Takes it out, and remembers it. Whoever calls has to see that the other end does the same.
  void deactivate(Turn& turn, Link& peer);

  /// Disconnects a random neighbour if the active view is full.
  void make_room(Turn& turn);

  /// Adds a node to the passive view, if it belongs there.
  void remember(Turn& turn, NodeId node, const std::vector<NodeId>& expendable = {});

  static void tell(Turn& turn, Link& peer, const Message& message);

  Links links;
  PassiveView passive;

 private:
  std::size_t active_max_;
};

}  // namespace troupe::overlay::hyparview
