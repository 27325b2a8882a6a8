#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "troupe/base/bytes.hpp"
#include "troupe/base/ids.hpp"
#include "troupe/overlay/member.hpp"

/// What nodes of a HyParView say to each other, under the names of the paper (section 4). Fields are appended only.
///
/// Where the paper sends addresses, SHUFFLE sends ids: every node of a cluster knows the whole membership, so an id
/// that it does not know belongs to nobody that is alive, and an address need not be believed. Only FORWARDJOIN carries
/// the whole member: the walk may be faster than the news of the new node.
namespace troupe::overlay::hyparview {

/// JOIN: I am new; take me into your active view.
struct Join {
  bool reserved = false;  ///< Room for a field: an empty struct cannot grow.
};

/// FORWARDJOIN: this node is new; a random walk that ends in a link with it.
struct ForwardJoin {
  Member joiner;
  std::uint8_t hops_left = 0;
};

/// NEIGHBOR: take me into your active view; with high priority also if it is full.
struct Neighbour {
  bool high_priority = false;
};

/// The answer to JOIN and NEIGHBOR. If it accepts, whom it goes to is in the sender's active view already.
struct NeighbourReply {
  bool accepted = false;
};

/// DISCONNECT: you are not in my active view (any more).
struct Disconnect {
  bool reserved = false;
};

/// SHUFFLE: a random walk that ends in an exchange of a few members.
struct Shuffle {
  std::vector<NodeId> path;   ///< From the node that began it to the one before the last; SHUFFLEREPLY goes back on it.
  std::vector<NodeId> nodes;  ///< For the passive view of the node where the walk ends.
  std::uint8_t hops_left = 0;
};

/// SHUFFLEREPLY, on its way back.
struct ShuffleReply {
  std::vector<NodeId> path;  ///< The hops that are left; the next one is the last.
  std::vector<NodeId> nodes;
};

// -- X-BOT (x_bot.hpp). The four nodes of a swap are called i, o, c and d as in its paper: i gives up the neighbour o
// for the candidate c, which gives up d for it; d and o become neighbours instead.
// ------------------------------------------

/// A link that is only to be measured: no other purpose has to be found for it.
struct Probe {
  bool reserved = false;
};

/// OPTIMIZATION, i to c: take me in the place of a neighbour; I give up this one.
struct Optimization {
  NodeId old;
};

/// OPTIMIZATIONREPLY, c to i.
struct OptimizationReply {
  bool accepted = false;
  bool switched = false;  ///< The old neighbour has got another one for it.
};

/// REPLACE, c to d: take the old neighbour of the initiator in my place.
struct Replace {
  NodeId initiator;
  NodeId old;
};

/// REPLACEREPLY, d to c.
struct ReplaceReply {
  bool accepted = false;
};

/// SWITCH, d to o: take me in the place of the initiator.
struct Switch {
  NodeId initiator;
};

/// SWITCHREPLY, o to d.
struct SwitchReply {
  bool accepted = false;
};

/// DISCONNECTWAIT: you are not in my active view any more; somebody will take my place there.
struct DisconnectWait {
  bool reserved = false;
};

/// The index of an alternative is its number on the wire, so alternatives are appended only.
using Message =
    std::variant<Join, ForwardJoin, Neighbour, NeighbourReply, Disconnect, Shuffle, ShuffleReply, Probe, Optimization,
                 OptimizationReply, Replace, ReplaceReply, Switch, SwitchReply, DisconnectWait>;

/// Far more than any options make of them; a message with more is not well formed.
inline constexpr std::size_t kNodesMax = 64;
inline constexpr std::uint8_t kHopsMax = 16;

Bytes encode(const Message& message);

/// Empty if these bytes are not a message, or name what cannot be.
std::optional<Message> decode(const Bytes& bytes);

}  // namespace troupe::overlay::hyparview
