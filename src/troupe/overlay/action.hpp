#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "troupe/base/bytes.hpp"
#include "troupe/base/error.hpp"
#include "troupe/base/ids.hpp"
#include "troupe/overlay/member.hpp"

/// What the fabric asks of the one who drives it, who owns sockets, clock and timers.
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

/// Close this link and tell the peer why. From here on the link is unknown to the fabric: whatever else arrives on it
/// must not be delivered, and its `on_link_down` may be reported or left out.
struct CloseLink {
  LinkId link = 0;
  std::string reason;  ///< For people, in the logs of both sides.
  friend bool operator==(const CloseLink&, const CloseLink&) = default;
};

/// Send the fabric's own message over the chosen link to this neighbour, on the control channel; `on_message` there.
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

/// A new member, or one that was down. A way to it exists already (`Fabric::next_hop`). Per name, MemberUp and
/// MemberDown alternate.
struct MemberUp {
  Member member;
  friend bool operator==(const MemberUp&, const MemberUp&) = default;
};

/// A neighbour is silent for longer than its link explains, or is heard again. It stays a member, and messages still go
/// to it.
struct MemberSuspected {
  Member member;
  bool is_suspected = true;
  friend bool operator==(const MemberSuspected&, const MemberSuspected&) = default;
};

/// No way to this member for the moment: it is suspected. WayChanged follows if one is found, else MemberDown.
struct MemberUnreachable {
  Member member;
  friend bool operator==(const MemberUnreachable&, const MemberUnreachable&) = default;
};

/// Messages to this member, which is up, take another way from now on (a link that was made anew, other nodes between,
/// or a way again after there was none): what was under way may be lost.
struct WayChanged {
  Member member;
  friend bool operator==(const WayChanged&, const WayChanged&) = default;
};

/// This incarnation is gone: monitors fire, pending asks fail.
struct MemberDown {
  Member member;
  Error reason;
  bool left = false;  ///< It said goodbye, nothing failed.
  friend bool operator==(const MemberDown&, const MemberDown&) = default;
};

/// A broadcast has arrived, or is this node's own.
struct Delivered {
  NodeId from;
  Bytes payload;
  friend bool operator==(const Delivered&, const Delivered&) = default;
};

/// The others had declared this node down, so for them this life of it is over: from now on it has this incarnation.
/// Its links are closed before, in the old life's name.
struct Reborn {
  Member self;
  friend bool operator==(const Reborn&, const Reborn&) = default;
};

using Action = std::variant<Dial, CloseLink, Send, LinkChosen, MemberUp, MemberUnreachable, WayChanged, MemberDown,
                            Delivered, Reborn, MemberSuspected>;

/// To be carried out in this order.
using Actions = std::vector<Action>;

}  // namespace troupe::overlay
