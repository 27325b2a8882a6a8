#pragma once

#include <cstddef>

#include "troupe/overlay/member.hpp"

namespace troupe::overlay {

/// Whether a member that came from elsewhere could have shaken hands: nobody spreads what could not.
inline bool well_formed(const Member& member) {
  constexpr std::size_t kNameBytesMax = 255;  // As in the handshake.
  return !member.name.empty() && member.name.size() <= kNameBytesMax && member.incarnation != 0 &&
         member.address.size() <= kNameBytesMax && member.http.size() <= kNameBytesMax &&
         member.zone.size() <= kNameBytesMax;
}

}  // namespace troupe::overlay
