// LINK: troupe::runtime OpenSSL::SSL
//
// A TLS session, fed what a stranger may send: garbage from the first byte on, or instead of what its peer said in the
// middle of a handshake or after it, in any cuts. It fails or waits, says nothing in the clear, and keeps no more than
// it was given.
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "troupe/base/assert.hpp"
#include "troupe/runtime/detail/tls/session.hpp"
#include "troupe/runtime/detail/tls/testing.hpp"

namespace {

using troupe::Bytes;
using troupe::runtime::detail::TlsCredentials;
using troupe::runtime::detail::TlsSession;
using Role = troupe::runtime::detail::TlsSessionOptions::Role;

constexpr std::string_view kSecret = "what nobody else may read";

const TlsCredentials& credentials() {
  static const auto made = [] {
    const troupe::runtime::detail::TestFolder folder;
    return TlsCredentials::load(troupe::runtime::detail::TestAuthority().issue(folder, "a")).value();
  }();
  return *made;
}

std::string seal(TlsSession& session) {
  std::deque<Bytes> queue;
  session.seal(queue);
  std::string sealed;
  for (const Bytes& piece : queue) sealed += piece.view();
  return sealed;
}

/// How much of it could be opened.
std::size_t feed(TlsSession& session, std::string_view sealed) {
  std::array<std::byte, 1000> room;
  std::size_t opened = 0;
  session.feed(std::as_bytes(std::span(sealed)));
  while (const std::size_t size = session.open(room)) opened += size;
  return opened;
}

}  // namespace

// The first byte says who is fed (lowest bit) and after how many flights of an honest handshake (the next two); the
// second is the size of the pieces.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  TlsSession dialer(credentials(), {.role = Role::kDialer, .host = "127.0.0.1"});
  TlsSession acceptor(credentials(), {.role = Role::kAcceptor});
  TlsSession& victim = (data[0] & 1U) != 0 ? acceptor : dialer;
  std::vector<Bytes> secret{Bytes::copy_of(kSecret)};
  victim.write(secret);
  for (unsigned flight = 0; flight < ((data[0] >> 1U) & 3U); ++flight) {
    TlsSession& from = flight % 2 == 0 ? dialer : acceptor;
    feed(flight % 2 == 0 ? acceptor : dialer, seal(from));
  }
  const std::string_view garbage(reinterpret_cast<const char*>(data + 2), size - 2);
  const std::size_t piece = data[1] + std::size_t{1};
  for (std::size_t at = 0; at < garbage.size(); at += piece) {
    TROUPE_ASSERT(feed(victim, garbage.substr(at, piece)) == 0);
    TROUPE_ASSERT(seal(victim).find(kSecret) == std::string::npos);
  }
  return 0;
}
