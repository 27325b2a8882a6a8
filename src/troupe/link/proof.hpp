#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace troupe::link {

/// Which end of the connection a node is.
enum class Role { kDialer, kAcceptor };

std::string_view to_string(Role role);

/// 32 bytes that were never used before and that nobody can guess: from the operating system's secure source.
using Nonce = std::array<std::byte, 32>;

using Proof = std::array<std::byte, 32>;

/// Shows that its maker knows the secret and saw this very handshake: HMAC-SHA256 (RFC 2104, FIPS 198-1) with the
/// secret as key over the maker's role and both sides' payloads, each with its length. The role keeps one side's proof
/// from being sent back as the other's; the nonces in the payloads keep a proof of an earlier handshake from counting
/// in this one.
Proof make_proof(std::string_view secret, Role maker, std::span<const std::byte> dialer_payload,
                 std::span<const std::byte> acceptor_payload);

/// In constant time: a forger learns nothing from how long a refusal took.
bool equal(const Proof& a, const Proof& b);

}  // namespace troupe::link
