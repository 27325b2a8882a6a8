// LINK: troupe::link
//
// A link of either role fed any bytes, in any cuts and with time passing: alone, where nothing may establish it, and
// after a handshake with a true peer. Nothing comes out after it has closed.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <utility>

#include "troupe/base/assert.hpp"
#include "troupe/link/link.hpp"

namespace {

using namespace troupe;        // NOLINT(google-build-using-namespace): one small program.
using namespace troupe::link;  // NOLINT(google-build-using-namespace)

Link make_link(Role role) {
  const std::string node = role == Role::kDialer ? "ada" : "bob";
  Nonce nonce{};
  nonce.fill(role == Role::kDialer ? std::byte{1} : std::byte{2});
  return Link({.secret = "secret"}, role,
              {.cluster = "troupe",
               .node = node,
               .incarnation = 1,
               .address = node + ":1",
               .channel = "data",
               .frame_bytes_max = kFrameBytesMaxLeast},
              nonce, TimePoint{});
}

void exchange(Link& from, Actions& from_actions, Link& to, Actions& to_actions) {
  for (const Bytes& bytes : std::exchange(from_actions.writes(), {})) to.on_bytes(TimePoint{}, bytes, to_actions);
  if (!to_actions.writes().empty()) exchange(to, to_actions, from, from_actions);
}

void feed(Link& link, const Bytes& input, std::size_t piece, Duration pause) {
  Actions actions;
  TimePoint now{};
  bool is_placed = false;
  for (std::size_t at = 0; at < input.size();) {
    const Bytes cut = input.slice(at, piece);
    const std::span<std::byte> place = is_placed ? std::span<std::byte>() : link.place();
    const std::size_t size = place.empty() ? cut.size() : std::min(place.size(), cut.size());
    if (place.empty()) {
      link.on_bytes(now, cut, actions);
    } else {
      std::memcpy(place.data(), cut.data(), size);
      link.on_placed(now, size, actions);
    }
    is_placed = !place.empty();  // Content of a chunk comes both ways, in turn.
    at += size;
    now += pause;
    link.on_tick(now, actions);
    TROUPE_ASSERT(link.is_closed() == actions.closed.has_value());
    if (!link.is_closed()) continue;
    actions.clear();
    link.on_bytes(now, input, actions);
    link.on_tick(now + 1h, actions);
    link.goodbye("late", actions);
    TROUPE_ASSERT(actions.empty());
    return;
  }
}

}  // namespace

// The first byte chooses the role, whether the handshake is done, and how long each piece takes; the second is the size
// of the pieces.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const bool is_dialer = (data[0] & 1U) != 0;
  const bool is_established = (data[0] & 2U) != 0;
  const Duration pause = (data[0] >> 2U) * 20ms;
  const Bytes input = Bytes::copy_of(std::as_bytes(std::span(data + 2, size - 2)));

  Link dialer = make_link(Role::kDialer);
  Link acceptor = make_link(Role::kAcceptor);
  Actions dialer_actions;
  Actions acceptor_actions;
  dialer.start(dialer_actions);
  if (is_established) {
    exchange(dialer, dialer_actions, acceptor, acceptor_actions);
    TROUPE_ASSERT(dialer.is_established() && acceptor.is_established());
  }
  Link& link = is_dialer ? dialer : acceptor;
  feed(link, input, std::size_t{1} + data[1], pause);
  TROUPE_ASSERT(is_established || !link.is_established());
  return 0;
}
