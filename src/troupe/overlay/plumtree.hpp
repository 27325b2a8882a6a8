#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "troupe/base/bytes.hpp"
#include "troupe/base/ids.hpp"
#include "troupe/base/random.hpp"
#include "troupe/base/time.hpp"
#include "troupe/overlay/plumtree/kept_payloads.hpp"
#include "troupe/overlay/plumtree/messages.hpp"
#include "troupe/overlay/plumtree/missing_broadcasts.hpp"
#include "troupe/overlay/plumtree/seen_ids.hpp"
#include "troupe/overlay/plumtree/slot_index.hpp"
#include "troupe/overlay/plumtree/trees.hpp"
#include "troupe/overlay/spreading.hpp"

namespace troupe::overlay {

struct PlumtreeOptions {
  /// There are trees only with `kAlongTrees`. With `kToNeighbours` receivers announce what they got to `announce_max`
  /// neighbours, which fills the gaps that a lost link leaves.
  Spreading spreading = Spreading::kAlongTrees;
  std::size_t announce_max = 3;

  Duration announce_delay = 50ms;          ///< Announcements wait so long for company.
  std::size_t announce_batch_max = 1'024;  ///< Broadcasts in one message that announces or asks for them.

  Duration first_wait = 500ms;       ///< From the first announcement of a broadcast to the first GRAFT for it.
  Duration graft_wait = 250ms;       ///< From one GRAFT for it to the next, to the next that announced it.
  unsigned grafts_max = 3;           ///< For one broadcast, to each who announced it; then it is given up.
  std::size_t missing_max = 16'384;  ///< Broadcasts announced and not received; more are not asked for.
  std::size_t missing_per_neighbour_max = 1'024;  ///< Of these, first announced by one neighbour.

  /// A branch is exchanged for a lazy link that would have been shorter by so many hops. 0: never.
  std::uint16_t shorter_hops_min = 3;

  std::size_t roots_max = 1'024;  ///< Trees remembered.

  /// The life of a broadcast, from its root on: nobody takes or hands it on later. And what is kept of it for those who
  /// ask, with what it costs beside the payload; a larger payload travels, but cannot be asked for.
  Duration keep_for = 30s;
  std::size_t kept_bytes_max = 16U << 20U;

  /// For how long at least an id is known, which must be longer than `keep_for` by what the network delays on all links
  /// together; and the blocks of 64 ids of one root that are known, twice: 65,536 take about 7 MB.
  Duration seen_for = 60s;
  std::size_t seen_blocks_max = 65'536;

  /// To a new neighbour the newest broadcasts are announced, so that what happened while a network was split reaches
  /// both halves. Not younger than `catch_up_for`: no more than so many.
  std::size_t catch_up_max = 256;
  Duration catch_up_for = 5s;
};

/// To a neighbour's Plumtree, on the control channel.
struct PlumtreeSend {
  NodeId to;
  Bytes message;
  friend bool operator==(const PlumtreeSend&, const PlumtreeSend&) = default;
};

/// A broadcast has arrived. The payload is a slice of the message that brought it.
struct PlumtreeDeliver {
  NodeId root;
  Bytes payload;
  std::uint16_t hops = 0;  ///< Links travelled: 1 from a neighbour.
  friend bool operator==(const PlumtreeDeliver&, const PlumtreeDeliver&) = default;
};

using PlumtreeOutput = std::variant<PlumtreeSend, PlumtreeDeliver>;
using PlumtreeOutputs = std::vector<PlumtreeOutput>;

struct PlumtreeCounters {
  std::uint64_t broadcasts = 0;          ///< Begun here.
  std::uint64_t payloads = 0;            ///< Broadcasts received, each counted once.
  std::uint64_t redundant_payloads = 0;  ///< Received once more.
  std::uint64_t late_payloads = 0;       ///< Received after their life, and dropped.
  std::uint64_t payloads_sent = 0;
  std::uint64_t announced = 0;              ///< Ids in IHAVEs sent.
  std::uint64_t grafts = 0;                 ///< Ids asked for.
  std::uint64_t exchanges = 0;              ///< Branches exchanged for shorter ones.
  std::uint64_t prunes = 0;                 ///< PRUNEs sent.
  std::uint64_t refused_announcements = 0;  ///< For want of room: such a broadcast may be missed.
  std::uint64_t malformed_messages = 0;
  std::uint64_t stray_messages = 0;  ///< From nodes that are no neighbours.
};

/// Epidemic Broadcast Trees (Leitão, Pereira, Rodrigues, SRDS 2007): a broadcast reaches every node that links connect,
/// at the cost of about one payload for each.
///
/// Every link of a node is a branch of a root's tree (eager) or not (lazy). A broadcast goes along the branches at
/// once, and only its id over the other links, a little later. All links begin eager; a payload that was known already
/// makes its link lazy at both ends (PRUNE), so the first broadcast of a root leaves a tree behind it. An id whose
/// payload does not come means that the tree is broken: the node asks who announced it (GRAFT), and that link is a
/// branch from then on.
///
/// In what it departs from the paper:
/// - A tree for each root, which the paper sets against one shared tree in its section on sender-based trees, and Riak
///   Core and Partisan build: the shortest paths from each root, and no root's broadcasts prune another's branches.
/// - A payload that comes once more from the parent (who brought the newest broadcast of this root) prunes nothing.
/// Else
///   two broadcasts in flight, each first over another link, would prune both. For the same reason a node that gets a
///   broadcast over a link that it has pruned meanwhile, or is pruned by its parent, says GRAFT.
/// - A root that is not known begins with the branches of the tree that was used last, not with all links.
/// - Nothing is pushed or announced to those who have announced it, nor to its root.
/// - A broadcast has an age, counted while nodes keep it, and a life. So what is long forgotten cannot come back.
/// - A new neighbour is told of the newest broadcasts.
///
/// Promised: a broadcast is delivered AT MOST ONCE at each node and never at its root (also in another life of it), as
/// long as no more than `seen_blocks_max` blocks of ids come in the time of its life, and its copies are not longer on
/// the network than `seen_for - keep_for`. It is delivered at every node that working links connect with the root
/// during its life, unless a bound was hit (a counter tells). Not promised: any order between two broadcasts.
///
/// Pure, as the overlays are: events and `now` in, outputs out; not thread-safe. Messages are not trusted beyond what a
/// member can always do, which is to broadcast in anybody's name: a neighbour that lies gets the branches of its own
/// link wrong, and makes this node ask it in vain for a while.
class Plumtree {
 public:
  Plumtree(PlumtreeOptions options, NodeId self, Random random);

  /// To all that are reachable, but not to this node itself.
  [[nodiscard]] PlumtreeOutputs broadcast(TimePoint now, Bytes payload);

  /// There is a link with this node: messages to it can be sent. Told again, nothing happens.
  [[nodiscard]] PlumtreeOutputs on_neighbour_up(TimePoint now, NodeId node);

  /// There is none any more. Of a node that was no neighbour, nothing happens.
  [[nodiscard]] PlumtreeOutputs on_neighbour_down(TimePoint now, NodeId node);

  /// A neighbour's Plumtree sent this. A link keeps its messages in order, and loses them only when it ends.
  [[nodiscard]] PlumtreeOutputs on_message(TimePoint now, NodeId from, const Bytes& message);

  /// Due at `next_tick()`; harmless earlier.
  [[nodiscard]] PlumtreeOutputs on_tick(TimePoint now);
  std::optional<TimePoint> next_tick() const;

  /// The node has a new incarnation: its broadcasts are numbered anew. Its links are told as they come and go.
  void reborn(NodeId self);

  /// A root's tree, as this node sees it: for people who look at it.
  struct Branches {
    std::vector<NodeId> eager;
    std::vector<NodeId> lazy;
    std::optional<NodeId> parent;  ///< Who brought its newest broadcast.
  };
  Branches branches(NodeId root) const;

  /// Whose trees are remembered; the most recently used first.
  std::vector<NodeId> roots() const { return trees_.roots(); }

  const PlumtreeCounters& counters() const { return counters_; }

  /// Payload bytes that are kept for those who ask, and broadcasts that are missing: for metrics.
  std::size_t kept_bytes() const { return kept_.bytes(); }
  std::size_t missing() const { return missing_.size(); }

 private:
  using Slot = std::uint32_t;
  using Announcers = std::vector<plumtree::MissingBroadcasts::Announcer>;
  static constexpr Slot kNobody = std::numeric_limits<Slot>::max();

  struct Neighbour {
    NodeId node;
    bool up = false;                                 ///< Else the slot is free.
    std::vector<plumtree::Mention> announcements{};  ///< To be sent together.
  };

  void on_gossip(TimePoint now, Slot from, const Bytes& message, PlumtreeOutputs& outputs);
  void on_redundant(Slot from, NodeId root, PlumtreeOutputs& outputs);
  void on_announcements(TimePoint now, Slot from, std::span<const plumtree::Mention> mentions);
  void on_grafts(TimePoint now, Slot from, std::span<const plumtree::Mention> mentions, PlumtreeOutputs& outputs);
  void on_prunes(Slot from, std::span<const plumtree::Mention> mentions, PlumtreeOutputs& outputs);

  void spread(TimePoint now, plumtree::Gossip gossip, Slot from, const Announcers& announcers,
              PlumtreeOutputs& outputs);
  bool hands_on_to(Slot neighbour, NodeId root, Slot from, const Announcers& announcers) const;
  void exchange_branch(plumtree::Trees::Row row, const plumtree::Gossip& gossip, Slot from,
                       const Announcers& announcers, PlumtreeOutputs& outputs);
  void announce(TimePoint now, Slot to, const plumtree::Mention& mention, PlumtreeOutputs& outputs);
  void flush_announcements(Slot to, PlumtreeOutputs& outputs);
  void ask_for_missing(TimePoint now, PlumtreeOutputs& outputs);
  void send(Slot to, plumtree::Kind kind, const plumtree::Mention& mention, PlumtreeOutputs& outputs);
  void send(Slot to, plumtree::Kind kind, std::span<const plumtree::Mention> mentions, PlumtreeOutputs& outputs);

  std::optional<Slot> find(NodeId node) const;
  bool has_trees() const { return options_.spreading == Spreading::kAlongTrees; }
  bool relays() const { return options_.spreading != Spreading::kToNeighbours; }
  bool is_eager(std::optional<plumtree::Trees::Row> row, NodeId root, Slot neighbour) const;

  PlumtreeOptions options_;
  NodeId self_;
  Random random_;
  std::uint64_t seed_;  ///< Of all hashes, so that nobody can choose names that collide.
  std::uint64_t next_sequence_ = 0;
  std::vector<Neighbour> neighbours_;
  plumtree::SlotIndex neighbour_index_;
  plumtree::Trees trees_;
  plumtree::SeenIds seen_;
  plumtree::KeptPayloads kept_;
  plumtree::MissingBroadcasts missing_;
  std::optional<TimePoint> announce_due_;
  PlumtreeCounters counters_;
};

}  // namespace troupe::overlay
