#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "troupe/base/ids.hpp"

namespace troupe::overlay {

/// One node as the others know it. Travels in handshakes and in member lists, so fields are appended only
/// (wire/codec.hpp).
struct Member {
  std::string name;
  std::uint64_t incarnation = 0;
  std::string address;  ///< host:port of the cluster port as others reach it; empty: cannot be dialed.
  std::string http;     ///< host:port of the gateway as others reach it; empty: has none.
  std::string zone;     ///< Rack, room or region, as the operator names it; may be empty.
  bool server = true;   ///< For overlays that tell servers from clients.
  /// What it believes about who owns documents, as a digest; 0: it has none (document/owners/placement.hpp).
  std::uint64_t placement = 0;

  NodeId id() const { return {hash64(name), incarnation}; }

  friend bool operator==(const Member&, const Member&) = default;
};

enum class MemberState : std::uint8_t {
  kUp = 1,           ///< Messages reach it.
  kUnreachable = 2,  ///< Lost a moment ago; nobody gave it up yet.
  kDown = 3,         ///< Given up. It may come back, as the same incarnation if only the network failed.
  kLeft = 4,         ///< It said goodbye. This incarnation does not come back.
  kSuspected = 5,    ///< A neighbour that is silent for longer than it ever is: slow, paused, or about to be lost.
};

/// Whether messages are sent to it.
constexpr bool is_up(MemberState state) { return state == MemberState::kUp || state == MemberState::kSuspected; }

constexpr std::string_view to_string(MemberState state) {
  switch (state) {
    case MemberState::kUp: return "up";
    case MemberState::kUnreachable: return "unreachable";
    case MemberState::kDown: return "down";
    case MemberState::kLeft: return "left";
    case MemberState::kSuspected: return "suspected";
  }
  return "unknown";
}

/// A line of the membership as one node sees it.
struct MemberStatus {
  Member member;
  MemberState state = MemberState::kUp;

  friend bool operator==(const MemberStatus&, const MemberStatus&) = default;
};

}  // namespace troupe::overlay
