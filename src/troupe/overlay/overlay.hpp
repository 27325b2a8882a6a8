#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "troupe/base/bytes.hpp"
#include "troupe/base/ids.hpp"
#include "troupe/base/time.hpp"
#include "troupe/overlay/member.hpp"
#include "troupe/overlay/spreading.hpp"

/// An overlay decides one thing: with whom this node is linked. All else that a cluster needs (who is a member, who has
/// failed, how a message reaches a node that is not a neighbour, how a broadcast travels) is the same for every
/// overlay, and is made from the links that it asks for (fabric.hpp). So an application sees one semantics on all of
/// them.
///
/// To write one of your own: derive from `Overlay`, or, if what you want is a plain function of who is a member, from
/// `WantedLinks` (wanted_links.hpp), which is a few lines; examples/overlay.cpp is one.
namespace troupe::overlay {

/// What an overlay sees when it is asked. Valid during the call.
class View {
 public:
  virtual ~View() = default;

  virtual TimePoint now() const = 0;

  virtual const Member& self() const = 0;

  /// All other members that are thought alive, linked or not, by NodeId::name.
  virtual std::vector<const Member*> members() const = 0;

  /// One of them, in whatever life it is; null if there is none of this name.
  virtual const Member* find(std::uint64_t name) const = 0;

  /// Whether there is no way to this member for the moment: it may have failed.
  virtual bool is_suspected(std::uint64_t name) const = 0;

  /// Whom this node has a link with, by NodeId::name.
  virtual std::vector<NodeId> neighbours() const = 0;

  virtual bool is_neighbour(NodeId node) const = 0;

  /// Whether a neighbour could be reached without the link with it, through others. If not, the cluster falls apart
  /// when that link is closed.
  virtual bool has_other_way(NodeId neighbour) const = 0;

  /// Of the link with a neighbour, smoothed; empty while it is not known.
  virtual std::optional<Duration> round_trip(NodeId neighbour) const = 0;
};

/// Make a link with this member. Answered once, by `on_neighbour_up` or `on_connect_failed`; by nothing if there is a
/// link already.
struct Connect {
  Member member;
  friend bool operator==(const Connect&, const Connect&) = default;
};

/// Close the link with this node. What this node has queued for it still leaves; what is sent to it later takes another
/// way. Both overlays hear `on_neighbour_down`.
struct Disconnect {
  NodeId node;
  std::string reason;  ///< For people, in the logs of both sides.
  friend bool operator==(const Disconnect&, const Disconnect&) = default;
};

/// A message of the overlay's own to a neighbour: `on_message` there. In order, and lost only with the link. To a node
/// that is no neighbour nothing is sent.
struct Tell {
  NodeId to;
  Bytes message;
  friend bool operator==(const Tell&, const Tell&) = default;
};

using Wish = std::variant<Connect, Disconnect, Tell>;

/// To be carried out in this order.
using Wishes = std::vector<Wish>;

/// Why a link is no more.
enum class LinkEnd : std::uint8_t {
  kLost = 1,    ///< The connection broke, or the peer was silent: the node may have failed.
  kClosed = 2,  ///< One of the two overlays wanted it closed; the node is well.
  kLeft = 3,    ///< The peer has left the cluster.
};

constexpr std::string_view to_string(LinkEnd end) {
  switch (end) {
    case LinkEnd::kLost: return "lost";
    case LinkEnd::kClosed: return "closed";
    case LinkEnd::kLeft: return "left";
  }
  return "unknown";
}

/// The interface of all overlays: pure state machines. Events and what the node knows in, wishes out; no clock, socket
/// or thread. Options and a `Random` come to the constructor, and the same events give the same wishes everywhere. Not
/// thread-safe: one actor owns it.
///
/// Links come about in three ways, and the overlay hears of each: it wished for one (`Connect`), the other end did, or
/// the node dialed an address of its configuration to find the cluster. A link that the overlay does not want it
/// closes.
class Overlay {
 public:
  virtual ~Overlay() = default;

  /// As it is chosen by configuration: "full_mesh".
  virtual std::string_view name() const = 0;

  /// Called once, before anything else.
  [[nodiscard]] virtual Wishes start(const View& view) = 0;

  /// There is a link with this member now. Reported at both ends, at about the same time.
  [[nodiscard]] virtual Wishes on_neighbour_up(const View& view, const Member& peer) = 0;

  /// There is none any more.
  [[nodiscard]] virtual Wishes on_neighbour_down(const View& view, const Member& peer, LinkEnd why) = 0;

  /// The dial that `Connect` asked for has failed.
  [[nodiscard]] virtual Wishes on_connect_failed(const View& view, const Member& peer) = 0;

  /// Members came or went: `view.members()` differs from the last time. Told once for many changes.
  [[nodiscard]] virtual Wishes on_members_changed(const View&) { return {}; }

  /// A neighbour's overlay sent this. The content is not trusted: what does not decode is to be ignored.
  [[nodiscard]] virtual Wishes on_message(const View& view, NodeId from, const Bytes& message) = 0;

  /// Time has passed. Due at `next_tick()`; harmless earlier.
  [[nodiscard]] virtual Wishes on_tick(const View&) { return {}; }

  /// When `on_tick` has to be called, if nothing happens before; asked again after each event. Empty: no need.
  virtual std::optional<TimePoint> next_tick() const { return std::nullopt; }

  /// How broadcasts travel over these links.
  virtual Spreading spreading() const { return Spreading::kAlongTrees; }

  /// Whether what is for all, or for a node that is no neighbour, has to be handed on by others.
  bool relays() const { return spreading() != Spreading::kToNeighbours; }
};

}  // namespace troupe::overlay
