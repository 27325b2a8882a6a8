#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "troupe/base/random.hpp"
#include "troupe/overlay/backoff.hpp"
#include "troupe/overlay/hyparview/shuffles.hpp"
#include "troupe/overlay/hyparview/views.hpp"
#include "troupe/overlay/hyparview/x_bot.hpp"
#include "troupe/overlay/overlay.hpp"

namespace troupe::overlay {

/// The paper's parameters under its names, with its values for 10,000 nodes (section 5.1), and what real links need.
struct HyParViewOptions {
  std::size_t active_view_max = 5;  ///< Neighbours: log10 of the number of nodes, plus one.
  std::size_t passive_view_max = 30;
  std::uint8_t active_walk_length = 6;   ///< ARWL: hops of a FORWARDJOIN, at most kHopsMax.
  std::uint8_t passive_walk_length = 3;  ///< PRWL: where on the way the new node enters a passive view.
  hyparview::ShuffleOptions shuffle;
  hyparview::XBotOptions x_bot;  ///< Neighbours that are near: off by default.

  Duration neighbour_timeout = 3s;  ///< A dial or a request without an answer has failed.
  Duration idle_link_timeout = 5s;  ///< A link without a purpose is closed then.
  Duration contact_wait = 1s;       ///< A link that neither end says anything on was made by the fabric: see HyParView.
  Duration contact_interval = 30s;  ///< The least time between two of those that are taken into a view.
  Backoff refill{.initial = 500ms, .max = 60s};  ///< Between attempts to fill the active view.
  Backoff urgent{.initial = 250ms, .max = 2s};   ///< The same while it is not half full.
  unsigned patience = 5;                         ///< Failures after which a view that is not half full insists.
  std::size_t requests_max = 16;                 ///< At a time for new nodes whose FORWARDJOIN ended here.
};

/// The overlay `peer_to_peer`: HyParView (Leitão, Pereira, Rodrigues: "HyParView: a membership protocol for reliable
/// gossip-based broadcast", DSN 2007). Each node has a few neighbours, its *active view*, chosen at random, so that all
/// of them make a connected graph with short paths; and a larger *passive view* of others to fall back on when
/// neighbours fail. The one is changed by events alone, the other is stirred by a shuffle now and then.
///
/// What real links and a whole cluster add to the paper:
///
/// - A link is not yet membership of a view. A contact, a request and its refusal need a link too; one that has served
///   its purpose is closed after `idle_link_timeout`.
/// - Views are symmetric: two nodes are in each other's active view or neither is in the other's. JOIN and NEIGHBOR are
///   both answered, and who accepts adds the other at that moment. Since a link keeps its messages in order, this is
///   enough: who gets an acceptance and has no room (any more), or a message that only neighbours send from one
///   that is none, says DISCONNECT; and the last message between two nodes is one that leaves them with the same view.
/// - Nobody gives up. A node whose active view is empty asks whom it has a link with, its passive view, all members;
///   JOIN is repeated until it is answered. Free places of an active view are filled from the passive view, then from
///   all members, ever more slowly. A view that is not half full although everybody refuses asks with high priority at
///   last, so that a few nodes that have found only each other do not stay an island.
/// - A link that neither of two overlays has asked for was made by the fabric: an address of the configuration, or
///   somebody out of reach. It may join two halves that were apart, in which both have full views. So it is taken into
///   the views with high priority, but not more often than each `contact_interval`.
/// - The membership is known whole, so the passive view keeps to it (hyparview/passive_view.hpp), and SHUFFLE and its
/// reply carry
///   ids (hyparview/messages.hpp).
/// - SHUFFLEREPLY goes back on the path of its SHUFFLE, and not over a connection of its own: a link costs more here,
/// with
///   its handshakes, than a hop.
///
/// As an option neighbours are swapped for nearer ones, without a change of anybody's degree: hyparview/x_bot.hpp.
class HyParView final : public Overlay {
 public:
  HyParView(HyParViewOptions options, Random random);
  HyParView(const HyParView&) = delete;
  HyParView& operator=(const HyParView&) = delete;

  std::string_view name() const override { return "peer_to_peer"; }
  Wishes start(const View& view) override;
  Wishes on_neighbour_up(const View& view, const Member& peer) override;
  Wishes on_neighbour_down(const View& view, const Member& peer, LinkEnd why) override;
  Wishes on_connect_failed(const View& view, const Member& peer) override;
  Wishes on_members_changed(const View& view) override;
  Wishes on_message(const View& view, NodeId from, const Bytes& message) override;
  Wishes on_tick(const View& view) override;
  std::optional<TimePoint> next_tick() const override;

  std::vector<NodeId> active_view() const { return views_.links.active(); }
  const std::vector<NodeId>& passive_view() const { return views_.passive.nodes(); }

  /// Messages that did not decode, or named what cannot be.
  std::uint64_t malformed_messages() const { return malformed_messages_; }

  /// How much is remembered, for tests of the bounds: requests, nodes, and links, which are as many as the node has.
  std::size_t remembered() const {
    return views_.links.size() + requests_.size() + views_.passive.nodes().size() + tried_.size();
  }

 private:
  using Link = hyparview::Link;
  using Turn = hyparview::Turn;

  /// Why we want a node in the active view.
  enum class Purpose : std::uint8_t {
    kJoin,     ///< We are new.
    kUrgent,   ///< There is nobody else: NEIGHBOR with high priority.
    kRefill,   ///< There is a place free: NEIGHBOR with low priority.
    kWalk,     ///< The walk of its FORWARDJOIN ended here.
    kContact,  ///< The fabric linked us.
  };

  /// A JOIN or NEIGHBOR, from the wish for a link to the answer.
  struct Request {
    Member member;
    Purpose purpose = Purpose::kRefill;
    TimePoint deadline;
    bool sent = false;
  };
  using Requests = std::map<std::uint64_t, Request>;
  static bool is_search(const Request& request);

  void on(Turn& turn, Link& peer, const hyparview::Join& message);
  void on(Turn& turn, Link& peer, const hyparview::ForwardJoin& message);
  void on(Turn& turn, Link& peer, const hyparview::Neighbour& message);
  void on(Turn& turn, Link& peer, const hyparview::NeighbourReply& message);
  void on(Turn& turn, Link& peer, const hyparview::Disconnect& message);
  void on(Turn& turn, Link& peer, const hyparview::Shuffle& message);
  void on(Turn& turn, Link& peer, const hyparview::ShuffleReply& message);
  void on(Turn& turn, Link& peer, const hyparview::Probe& message);
  void on(Turn& turn, Link& peer, const hyparview::DisconnectWait& message);
  template <class T>
  void on(Turn& turn, Link& peer, const T& message) {
    x_bot_.on(turn, peer, message);
  }

  // The active view.
  void activate(Turn& turn, Link& peer);
  void refute(Turn& turn, Link& peer);

  // Getting neighbours.
  void request(Turn& turn, const Member& member, Purpose purpose);
  void ask(Turn& turn, Link& peer, Request& request);
  void fail_request(Turn& turn, Requests::iterator entry, bool linked);
  std::size_t searches() const;
  bool may_search() const;
  void search(Turn& turn);
  void wait_for_candidates(Turn& turn);
  Purpose search_purpose() const;
  std::optional<Member> choose(Turn& turn);
  bool is_available(const View& view, const Member& member) const;
  void set_tried(std::uint64_t name);
  bool is_small() const { return 2 * views_.links.active_count() < options_.active_view_max; }
  const Backoff& backoff() const { return is_small() ? options_.urgent : options_.refill; }

  // Links.
  std::optional<TimePoint> contact_due(const Link& link) const;
  bool has_purpose(std::uint64_t name, const Link& link) const;
  void tidy_links(Turn& turn);
  Wishes finish(Turn& turn);

  const HyParViewOptions options_;
  Random random_;
  hyparview::Views views_;
  hyparview::Shuffles shuffles_;
  hyparview::XBot x_bot_;
  Requests requests_;  ///< By NodeId::name.
  bool joined_ = false;

  TimePoint search_due_{};            ///< The next attempt to get a neighbour, if there is a place free.
  unsigned failures_ = 0;             ///< Of such attempts, in a row.
  std::vector<std::uint64_t> tried_;  ///< Who failed us in this round through the passive view.

  TimePoint contact_due_{};
  std::uint64_t malformed_messages_ = 0;
};

}  // namespace troupe::overlay
