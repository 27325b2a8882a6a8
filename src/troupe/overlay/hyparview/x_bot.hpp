#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "troupe/base/time.hpp"
#include "troupe/overlay/hyparview/views.hpp"

namespace troupe::overlay::hyparview {

struct XBotOptions {
  bool enabled = false;                 ///< Whether this node begins swaps. It takes part in those of others anyhow.
  Duration period = 30s;                ///< Between two attempts; up to a quarter more or less at random.
  std::size_t passive_scan_length = 2;  ///< PSL: candidates that are measured in an attempt.
  std::size_t unbiased = 1;             ///< UN: so many neighbours, those that are the farthest, are kept as they are.
  double gain_min = 0.1;                ///< A round trip must be shorter by this share, so that jitter moves nobody.
  Duration measure_timeout = 4s;        ///< A candidate whose round trip is not known by then is left.
  Duration measure_interval = 250ms;    ///< How often one looks whether it is known.
  Duration answer_timeout = 2s;         ///< For each of the three answers of a swap.
};

/// X-BOT (Leitão, Marques, Pereira, Rodrigues: "X-BOT: a protocol for resilient optimization of unstructured overlays",
/// SRDS 2009): swaps neighbours that are far for nearer ones, four nodes at a time so that no degree changes:
///
///     i --- o            i     o        i is not content with o, and finds c in its passive view;
///                 =>     |     |        c gives up its own farthest, d, if
///     c --- d            c     d        d is nearer to o than to c.
///
/// Each of the two new links is shorter than the one that it replaces, so what all links cost together only falls.
/// The cost of a link is its round trip, which only a link can tell: i makes one to each candidate, and d one to o.
///
/// Each step that makes a link is a request with an answer as in HyParView: who accepts adds the other at that moment,
/// and an acceptance for which there is no room is answered with DISCONNECT. So a swap that breaks off half way leaves
/// no half views, only a free place, which HyParView fills. A node takes part in one swap at a time.
class XBot {
 public:
  XBot(XBotOptions options, Views& views) : options_(options), views_(views) {}

  void start(Turn& turn);
  TimePoint due() const;
  void on_tick(Turn& turn);
  void on_link(Turn& turn, Link& peer);

  /// Whether the link with this node has a purpose here.
  bool needs(NodeId node) const;

  void on(Turn& turn, Link& peer, const Optimization& message);
  void on(Turn& turn, Link& peer, const OptimizationReply& message);
  void on(Turn& turn, Link& peer, const Replace& message);
  void on(Turn& turn, Link& peer, const ReplaceReply& message);
  void on(Turn& turn, Link& peer, const Switch& message);
  void on(Turn& turn, Link& peer, const SwitchReply& message);

 private:
  /// Which node of the four we are, and what for we wait.
  enum class Role : std::uint8_t {
    kNone,
    kMeasuring,  ///< i, for the round trips to the candidates.
    kInitiator,  ///< i, for the answer of c.
    kCandidate,  ///< c, for the answer of d.
    kReplacing,  ///< d, for the round trip to o.
    kSwitching,  ///< d, for the answer of o.
  };

  struct Swap {
    Role role = Role::kNone;
    NodeId initiator{};
    NodeId old{};
    NodeId candidate{};
    NodeId disconnected{};
    std::vector<NodeId> measured{};
    TimePoint deadline = TimePoint::max();
    TimePoint look_due = TimePoint::max();
  };

  void begin(Turn& turn);
  void measure(Turn& turn, const std::vector<NodeId>& nodes);
  bool all_measured(const Turn& turn) const;
  void choose_candidate(Turn& turn);
  void decide_replacement(Turn& turn);
  void give_up(Turn& turn);
  void drop(Turn& turn, NodeId neighbour, const Message& reason);
  void take(Turn& turn, Link& peer);
  void answer(Turn& turn, NodeId node, const Message& message);
  Link* farthest_biased(Turn& turn, const std::vector<NodeId>& excluded);
  bool is_nearer(Turn& turn, NodeId node, NodeId than) const;

  const XBotOptions options_;
  Views& views_;
  Swap swap_;
  TimePoint due_ = TimePoint::max();
};

}  // namespace troupe::overlay::hyparview
