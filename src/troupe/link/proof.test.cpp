#include "troupe/link/proof.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "troupe/base/bytes.hpp"

namespace troupe::link {
namespace {

const Bytes kDialerPayload = Bytes::copy_of("from the dialer");
const Bytes kAcceptorPayload = Bytes::copy_of("from the acceptor");

std::string hex(const Proof& proof) {
  std::string text;
  for (const std::byte byte : proof) text += fmt::format("{:02x}", static_cast<unsigned>(byte));
  return text;
}

Proof sample(std::string_view secret, Role maker) {
  return make_proof(secret, maker, kDialerPayload.span(), kAcceptorPayload.span());
}

// The expected values are from another implementation, Python's hmac and hashlib: every text below with its length
// before it, as HMAC-SHA256 with the secret as key over "troupe link handshake 1", the role, and the two payloads.
TEST(Proof, is_the_hmac_of_the_role_and_both_payloads) {
  EXPECT_EQ(hex(sample("secret", Role::kDialer)), "eba18a895ab2c71db57e3d373db22da4ed1a13d864a8a95a1131471342c93a17");
  EXPECT_EQ(hex(sample("secret", Role::kAcceptor)), "32e1af98c82dc62ee90ec57f4134855095eeb71163dba8a014c45f17d67fad97");
}

TEST(Proof, an_empty_secret_is_a_key_like_any_other) {
  EXPECT_EQ(hex(sample("", Role::kDialer)), "a8d4bca3b3c08a4a1d5ad2fc585351ee012665d509ccc691a84e2e7136d3e55b");
  EXPECT_EQ(hex(sample("", Role::kDialer)), hex(sample("", Role::kDialer)));
  EXPECT_NE(hex(sample("", Role::kDialer)), hex(sample("secret", Role::kDialer)));
}

TEST(Proof, depends_on_the_border_between_the_payloads) {
  const auto split = [](std::string_view dialer, std::string_view acceptor) {
    return make_proof("secret", Role::kDialer, Bytes::copy_of(dialer).span(), Bytes::copy_of(acceptor).span());
  };
  EXPECT_FALSE(equal(split("ab", "c"), split("a", "bc")));
  EXPECT_FALSE(equal(split("", "abc"), split("abc", "")));
}

TEST(Proof, is_equal_only_if_every_byte_is) {
  const Proof proof = sample("secret", Role::kDialer);
  EXPECT_TRUE(equal(proof, proof));
  for (std::size_t i = 0; i < proof.size(); ++i) {
    Proof other = proof;
    other[i] ^= std::byte{1};
    EXPECT_FALSE(equal(proof, other)) << "byte " << i;
  }
}

}  // namespace
}  // namespace troupe::link
