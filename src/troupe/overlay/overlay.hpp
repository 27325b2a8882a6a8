#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "troupe/base/bytes.hpp"
#include "troupe/base/error.hpp"
#include "troupe/base/ids.hpp"
#include "troupe/base/time.hpp"
#include "troupe/overlay/member.hpp"

/// An overlay decides which nodes are linked, who is a member, and through whom a message travels to a node that is not
/// a neighbour. Every overlay is a pure state machine behind one interface: the caller owns sockets, clock and timers,
/// reports events, and carries out the actions that come back.
namespace troupe::overlay {

/// A physical connection after its handshake (its control lane, where the cluster has several lanes). Chosen by the
/// caller, never reused.
using LinkId = std::uint64_t;

/// Open a connection to this address. The caller answers each dial once: `on_link_up` with this address, or
/// `on_dial_failed`.
struct Dial {
  std::string address;
  friend bool operator==(const Dial&, const Dial&) = default;
};

/// Close this link and tell the peer why. From here on the link is unknown to the overlay: whatever else arrives on it
/// must not be delivered, and its `on_link_down` may be reported or left out.
struct CloseLink {
  LinkId link = 0;
  std::string reason;  ///< For people, in the logs of both sides.
  friend bool operator==(const CloseLink&, const CloseLink&) = default;
};

/// Send the overlay's own message over the chosen link to this neighbour, on the control channel; `on_message` there.
struct Send {
  NodeId to;
  Bytes message;
  friend bool operator==(const Send&, const Send&) = default;
};

/// From now on this is the link to that node: what is sent to it goes here, not over an earlier link. Another link to
/// the node may stay open for a moment, until one end closes it. What arrives on it is still from that node and may be
/// delivered, but its order with what arrives here is lost.
struct LinkChosen {
  NodeId node;
  LinkId link = 0;
  friend bool operator==(const LinkChosen&, const LinkChosen&) = default;
};

/// A new member, or one that was down. A way to it exists already (`next_hop`). Per name, MemberUp and MemberDown
/// alternate.
struct MemberUp {
  Member member;
  friend bool operator==(const MemberUp&, const MemberUp&) = default;
};

/// No way to this member for the moment. Either nothing follows (the way is back: `LinkChosen`), or MemberDown.
struct MemberUnreachable {
  Member member;
  friend bool operator==(const MemberUnreachable&, const MemberUnreachable&) = default;
};

/// This incarnation is gone: monitors fire, pending asks fail.
struct MemberDown {
  Member member;
  Error reason;
  bool left = false;  ///< It said goodbye, nothing failed.
  friend bool operator==(const MemberDown&, const MemberDown&) = default;
};

using Action = std::variant<Dial, CloseLink, Send, LinkChosen, MemberUp, MemberUnreachable, MemberDown>;

/// To be carried out in this order.
using Actions = std::vector<Action>;

/// The interface of all overlays. Not thread-safe: one actor owns it. `now` never goes back. An implementation gets its
/// options, its own `Member` record and its `Random` in the constructor, and is the same function of its events
/// everywhere.
class Overlay {
 public:
  virtual ~Overlay() = default;

  /// Called once, before anything else.
  [[nodiscard]] virtual Actions start(TimePoint now) = 0;

  /// A link is ready: the handshake is done and says that `peer` is at the other end. `dialed` is the address of the
  /// dial that this answers, and empty if the peer dialed us. Both ends report a link, at about the same time.
  [[nodiscard]] virtual Actions on_link_up(TimePoint now, LinkId link, const Member& peer,
                                           const std::string& dialed) = 0;

  /// A link is gone. `peer_left`: the peer said goodbye on it. A link that the overlay does not know is ignored.
  [[nodiscard]] virtual Actions on_link_down(TimePoint now, LinkId link, const Error& reason, bool peer_left) = 0;

  /// The connection or its handshake failed.
  [[nodiscard]] virtual Actions on_dial_failed(TimePoint now, const std::string& address, const Error& reason) = 0;

  /// A neighbour's overlay sent this. The content is not trusted: what does not decode is counted and ignored.
  [[nodiscard]] virtual Actions on_message(TimePoint now, NodeId from, const Bytes& message) = 0;

  /// Time has passed. Due at `next_tick()`; harmless earlier.
  [[nodiscard]] virtual Actions on_tick(TimePoint now) = 0;

  /// When `on_tick` has to be called, if nothing happens before; asked again after each event. Empty: no need.
  virtual std::optional<TimePoint> next_tick() const = 0;

  /// The node is about to leave. Nobody is dialed from now on and new links are refused; links stay, so that the caller
  /// can say goodbye on each of them.
  [[nodiscard]] virtual Actions leave(TimePoint now) = 0;

  /// The whole membership as this node sees it, itself included, by name.
  virtual std::vector<MemberStatus> members() const = 0;

  /// The neighbour to hand a message for `node` to (incarnation 0: whichever is alive); the node itself if it is a
  /// neighbour. Empty if there is no way, and for this node itself.
  virtual std::optional<NodeId> next_hop(NodeId node) const = 0;

  /// Messages of other nodes' overlays that did not decode.
  virtual std::uint64_t malformed_messages() const = 0;
};

}  // namespace troupe::overlay
