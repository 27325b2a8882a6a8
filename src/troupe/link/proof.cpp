#include "troupe/link/proof.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <limits>

#include "troupe/base/assert.hpp"
#include "troupe/wire/writer.hpp"

namespace troupe::link {

std::string_view to_string(Role role) { return role == Role::kDialer ? "dialer" : "acceptor"; }

Proof make_proof(std::string_view secret, Role maker, std::span<const std::byte> dialer_payload,
                 std::span<const std::byte> acceptor_payload) {
  wire::Writer transcript(dialer_payload.size() + acceptor_payload.size() + 64);
  transcript.block(std::string_view("troupe link handshake 1"));
  transcript.block(to_string(maker));
  transcript.block(dialer_payload);
  transcript.block(acceptor_payload);

  TROUPE_ASSERT(secret.size() <= std::numeric_limits<int>::max());
  const char* key = secret.empty() ? "" : secret.data();  // A null key means "the one before" to OpenSSL.
  Proof proof{};
  unsigned int size = 0;
  const unsigned char* made = HMAC(EVP_sha256(), key, static_cast<int>(secret.size()),
                                   reinterpret_cast<const unsigned char*>(transcript.span().data()), transcript.size(),
                                   reinterpret_cast<unsigned char*>(proof.data()), &size);
  TROUPE_ASSERT(made != nullptr && size == proof.size());
  return proof;
}

bool equal(const Proof& a, const Proof& b) { return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0; }

}  // namespace troupe::link
