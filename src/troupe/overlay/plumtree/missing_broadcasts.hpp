#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "troupe/base/time.hpp"
#include "troupe/overlay/plumtree/messages.hpp"

namespace troupe::overlay::plumtree {

struct MissingOptions {
  Duration first_wait = 500ms;
  Duration graft_wait = 250ms;
  unsigned grafts_max = 3;  ///< To each announcer.
  std::size_t missing_max = 16'384;
  std::size_t missing_per_neighbour_max = 1'024;
};

/// Broadcasts that a node has heard of and not received, who announced them, and when to ask whom: the paper's
/// `missing` and its timers (algorithm 2). Neighbours are slots, small numbers.
///
/// The announcers are asked in turn, always one that was asked least often, `grafts_max` times each; then the broadcast
/// is given up until somebody announces it anew. An entry counts against the neighbour that announced it first, so one
/// that announces what does not exist fills its own share only.
class MissingBroadcasts {
 public:
  /// Of one broadcast; later ones take the places of those that were asked often enough.
  static constexpr std::size_t kAnnouncersMax = 8;

  struct Announcer {
    std::uint32_t neighbour = 0;
    std::uint16_t hops = 0;
    unsigned grafts = 0;  ///< So often it was asked.
  };

  /// A neighbour to be asked for a broadcast now.
  struct Ask {
    std::uint32_t neighbour = 0;
    BroadcastId id;
    std::uint16_t hops = 0;
  };

  explicit MissingBroadcasts(MissingOptions options) : options_(options) {}

  /// False if there is no room for it.
  bool announced(TimePoint now, const BroadcastId& id, Announcer by);

  /// It has come: who had announced it.
  std::vector<Announcer> take(const BroadcastId& id);

  /// The neighbour is gone, with all that it has announced.
  void forget(std::uint32_t neighbour);

  std::vector<Ask> on_tick(TimePoint now);
  std::optional<TimePoint> next_tick() const;

  std::size_t size() const { return missing_.size(); }

 private:
  struct Missing {
    std::vector<Announcer> announcers;  ///< In the order of their announcements. Never empty.
    std::uint32_t opener = 0;           ///< The neighbour whose share this is of.
    TimePoint due;
  };
  using Entries = std::map<BroadcastId, Missing>;

  void add(Missing& missing, Announcer by) const;
  Entries::iterator erase(Entries::iterator entry);

  MissingOptions options_;
  Entries missing_;
  std::set<std::pair<TimePoint, BroadcastId>> due_;
  std::map<std::uint32_t, std::size_t> opened_;  ///< How many each neighbour has.
};

}  // namespace troupe::overlay::plumtree
