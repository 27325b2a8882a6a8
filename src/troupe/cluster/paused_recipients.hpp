#pragma once

#include <cstddef>
#include <map>
#include <utility>

#include "troupe/actor/signal.hpp"
#include "troupe/base/ids.hpp"
#include "troupe/base/time.hpp"

namespace troupe::cluster {

/// The actors of other nodes whose mailboxes are as good as full, as their nodes say: what is told to them is refused
/// here, where the sender sees it, instead of being dropped there.
class PausedRecipients {
 public:
  /// A pause that is not renewed ends by itself: its end may be lost with a connection.
  static constexpr Duration kLasts = 5s;
  /// More than that a peer has made up. Further ones are not heeded.
  static constexpr std::size_t kCountMax = 65'536;

  void set(const NodeId& node, const Pause& pause, TimePoint now) {
    for (const ActorId actor : {pause.actor, pause.name}) {
      if (actor.is_nobody()) continue;
      if (!pause.is_on) {
        until_.erase({node, actor});
      } else if (until_.size() < kCountMax || until_.contains({node, actor})) {
        until_[{node, actor}] = now + kLasts;
      }
    }
  }

  bool contains(const NodeId& node, ActorId actor, TimePoint now) const {
    if (until_.empty()) return false;
    const auto found = until_.find({node, actor});
    return found != until_.end() && found->second > now;
  }

  void forget(const NodeId& node) {
    std::erase_if(until_, [&](const auto& each) { return each.first.first == node; });
  }

 private:
  std::map<std::pair<NodeId, ActorId>, TimePoint> until_;
};

}  // namespace troupe::cluster
