#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "troupe/base/time.hpp"
#include "troupe/overlay/hyparview/views.hpp"

namespace troupe::overlay::hyparview {

struct ShuffleOptions {
  Duration period = 10s;         ///< The paper's membership round; up to a quarter more or less at random.
  std::uint8_t walk_length = 6;  ///< Hops of a SHUFFLE, at most kHopsMax.
  std::size_t active = 3;        ///< ka: members of the active view in a SHUFFLE.
  std::size_t passive = 4;       ///< kp: of the passive view.
};

/// Management of the passive view (section 4.4 of the paper): now and then a node sends a few members of both views on
/// a random walk, and exchanges them with the node where it ends.
class Shuffles {
 public:
  Shuffles(ShuffleOptions options, Views& views) : options_(options), views_(views) {}

  void start(Turn& turn);
  TimePoint due() const { return due_; }
  void on_tick(Turn& turn);

  /// False: it is not well formed.
  [[nodiscard]] bool on(Turn& turn, Link& peer, const Shuffle& message);
  void on(Turn& turn, const ShuffleReply& message);

 private:
  void begin(Turn& turn);

  const ShuffleOptions options_;
  Views& views_;
  TimePoint due_ = TimePoint::max();
  std::vector<NodeId> given_;  ///< In our last SHUFFLE; empty: its reply has come.
};

}  // namespace troupe::overlay::hyparview
