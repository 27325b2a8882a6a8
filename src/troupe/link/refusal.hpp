#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::link {

/// Why a node does not connect to another. The numbers cross the wire: append only, never reuse one.
enum class RefusalCode : std::uint16_t {
  kUnknown = 0,       ///< A number that this build does not know.
  kGarbage = 1,       ///< What came is not this protocol.
  kWrongVersion = 2,  ///< No protocol version that both speak.
  kWrongCluster = 3,  ///< The peer belongs to another cluster.
  kOwnName = 4,       ///< The peer has this node's own name, or is this node.
  kWrongSecret = 5,   ///< The peer does not know the cluster's secret.
  kWrongNode = 6,     ///< The dialer wanted another node.
  kTooSlow = 7,       ///< The handshake took too long.
};

/// The code's name in snake_case.
std::string_view to_string(RefusalCode code);

/// The payload of a `refuse` frame. The detail is for the peer's log: it names the cause and the remedy, and never a
/// secret.
struct Refusal {
  RefusalCode code = RefusalCode::kUnknown;
  std::string detail;

  friend bool operator==(const Refusal&, const Refusal&) = default;
};

/// A text that a peer sent, fit for a log: control characters replaced, cut to kPeerTextBytesMax.
std::string printable(std::string_view text);

inline constexpr std::size_t kPeerTextBytesMax = 1024;

}  // namespace troupe::link
