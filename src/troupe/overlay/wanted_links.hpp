#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>

#include "troupe/base/random.hpp"
#include "troupe/overlay/backoff.hpp"
#include "troupe/overlay/overlay.hpp"

namespace troupe::overlay {

struct WantedLinksOptions {
  Backoff backoff;                    ///< For links that were lost or cannot be had.
  Duration second_dial_wait = 200ms;  ///< How long the node with the greater NodeId::name leaves the dial to the other.
  Duration linger = 5s;               ///< A link that neither end wants is closed after so long.
};

/// A base for overlays whose links are a plain function of who is a member. Such an overlay says only which nodes it
/// wants to be linked with; this class makes the links, makes them again, and closes what nobody wants. A link is
/// closed by agreement: each end tells the other whether it wants it, and when neither does, after a while in which
/// other links can take its place, the one with the smaller NodeId::name closes it, unless there is no other way to
/// that node. So an overlay may be asymmetric in what it wants (a client wants its server), and links are still
/// symmetric.
class WantedLinks : public Overlay {
 public:
  Wishes start(const View& view) final;
  Wishes on_neighbour_up(const View& view, const Member& peer) final;
  Wishes on_neighbour_down(const View& view, const Member& peer, LinkEnd why) final;
  Wishes on_connect_failed(const View& view, const Member& peer) final;
  Wishes on_members_changed(const View& view) final;
  Wishes on_message(const View& view, NodeId from, const Bytes& message) final;
  Wishes on_tick(const View& view) final;
  std::optional<TimePoint> next_tick() const final;

 protected:
  WantedLinks(WantedLinksOptions options, Random random) : options_(options), random_(random) {}

  /// NodeId::name of each member that this node wants to be linked with. Asked again when members or links change.
  virtual std::set<std::uint64_t> wanted(const View& view) const = 0;

 private:
  /// What is known of a node that is wanted, or linked.
  struct Target {
    bool is_wanted = false;
    bool is_linked = false;
    bool is_wanted_there = true;  ///< By the other end, as far as we heard.
    bool is_dialed = false;
    unsigned failures = 0;  ///< In a row: dials that failed, and links that did not last.
    TimePoint linked_since;
    TimePoint due;             ///< Of the next dial.
    TimePoint unwanted_since;  ///< While linked, by both ends.
  };

  Wishes reconcile(const View& view);
  void dial(const View& view, Wishes& wishes);
  void close(const View& view, Wishes& wishes);
  static Tell tell(const Member& peer, const Target& target);
  TimePoint first_dial(const View& view, const Member& peer);

  const WantedLinksOptions options_;
  Random random_;
  std::map<std::uint64_t, Target> targets_;  ///< By NodeId::name.
  std::uint64_t self_name_ = 0;
};

}  // namespace troupe::overlay
