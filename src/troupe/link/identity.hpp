#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "troupe/base/error.hpp"
#include "troupe/base/ids.hpp"

namespace troupe::link {

/// The protocol that this build speaks, and the oldest that it still understands. Two nodes use the lower of their
/// newest ones.
inline constexpr std::uint16_t kProtocolVersion = 1;
inline constexpr std::uint16_t kProtocolVersionMin = 1;

/// A channel that a node has, and how many connections it wants for it.
struct ChannelWish {
  std::string name;
  std::uint16_t lanes = 1;

  friend bool operator==(const ChannelWish&, const ChannelWish&) = default;
};

/// What the two ends of a connection tell each other about themselves, once, in the handshake. A plain struct that
/// travels: append fields only.
struct Identity {
  std::uint16_t version = kProtocolVersion;
  std::uint16_t version_min = kProtocolVersionMin;
  std::string cluster;                ///< The cluster's name: nodes of different clusters refuse each other.
  std::string node;                   ///< The node's name, unique in the cluster.
  std::uint64_t incarnation = 0;      ///< Of the node; grows at each start, never 0.
  std::string address;                ///< "host:port" under which the other nodes reach this one; empty: not at all.
  std::string http_address;           ///< Where its gateway listens; empty if it has none.
  std::string channel;                ///< The channel that this connection belongs to. The dialer's counts.
  std::uint16_t lane = 0;             ///< Which of the channel's connections this is. The dialer's counts.
  std::uint16_t lanes = 1;            ///< How many the channel has. The dialer's counts.
  std::uint32_t frame_bytes_max = 0;  ///< The largest message that this side takes, at least kFrameBytesMaxLeast.
  std::uint64_t link = 0;             ///< A random number that all lanes of one link share. The dialer's counts.
  std::vector<ChannelWish> channels;  ///< On the control lane; both sides' count. By name, each once.
  std::string zone;                   ///< Rack, room or region, as the operator names it; may be empty.
  bool server = true;                 ///< For overlays that tell servers from clients.
  std::uint64_t placement = 0;        ///< overlay::Member::placement.

  NodeId id() const { return {hash64(node), incarnation}; }

  friend bool operator==(const Identity&, const Identity&) = default;
};

/// Everything that is not a message fits in a payload of this size, so no side may ask for less.
inline constexpr std::uint32_t kFrameBytesMaxLeast = 4096;

/// A node has at most so many channels, with names of at most so many bytes and so many lanes each.
inline constexpr std::size_t kChannelsMax = 16;
inline constexpr std::size_t kChannelNameBytesMax = 32;
inline constexpr std::uint16_t kChannelLanesMax = 128;

/// Names and addresses are at most this long, so that a handshake frame is never above kFrameBytesMaxLeast.
inline constexpr std::size_t kNameBytesMax = 255;

/// Whether an identity is one that a peer may have: names present, printable and not too long, numbers in range. Fails
/// with `invalid_argument` and the name of the field. A node checks its own with it when it reads its configuration.
Result<void> check(const Identity& identity);

}  // namespace troupe::link
