#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "troupe/base/bytes.hpp"
#include "troupe/base/error.hpp"
#include "troupe/link/identity.hpp"
#include "troupe/link/proof.hpp"
#include "troupe/link/refusal.hpp"
#include "troupe/wire/frame.hpp"

namespace troupe::link {

/// What a step of the handshake wants.
struct HandshakeStep {
  std::optional<wire::Frame> send;  ///< To the peer, also if the handshake has failed: it says why.
  bool established = false;         ///< The peer is authentic; `Handshake::peer` says who it is.
  std::optional<Error> failed;      ///< Close.
};

/// Two nodes tell each other who they are and prove that they know the cluster's secret, which never travels:
///
///     dialer                                                   acceptor
///       hello      identity D, nonce D                    -->            checks identity D
///                  identity A, nonce A, proof A           <--  challenge
///       proof      proof D                                -->            checks proof D
///                                                         <--  accept
///
/// The dialer checks identity A and proof A before it sends its own proof. Each proof covers both sides' payloads, so
/// the two also agree on what they said to each other. This is ISO/IEC 9798-4's mutual authentication with a keyed
/// check function and random numbers, with the roles told apart. It authenticates who connects; what flows afterwards
/// is neither encrypted nor signed, and against somebody who can change packets on the way the connection has to run in
/// TLS.
///
/// Either side may send `refuse` in the place of its turn, and closes. Pure: bytes in, frames out.
class Handshake {
 public:
  /// The payload of a handshake frame is at most this, and nothing else is read before both proofs are checked.
  static constexpr std::uint32_t kPayloadBytesMax = 4096;

  /// `local` passes `check`; what of it "the dialer's counts" an acceptor takes from the dialer. A dialer with an
  /// `expected_node` refuses any other. With an empty secret, anybody who knows the cluster's name gets in.
  Handshake(Role role, Identity local, const Nonce& nonce, std::string secret,
            std::optional<std::string> expected_node);

  /// The dialer's first frame; nothing for an acceptor.
  HandshakeStep start();

  /// Not after a step that said `established` or `failed`.
  HandshakeStep on_frame(const wire::Frame& frame);

  /// Ends the handshake for a reason that lies outside: too slow, or bytes that are no frames.
  HandshakeStep refuse(RefusalCode code, std::string detail, ErrorCode error_code = ErrorCode::kRefused) const;

  /// What the handshake waits for, for error texts: "the peer's hello".
  std::string_view awaited() const;

  /// Who the peer says it is. Believe it after `established` only; its names are empty before.
  const Identity& peer() const { return peer_; }

  /// The protocol version that both speak; 0 before `established`.
  std::uint16_t version() const { return version_; }

 private:
  HandshakeStep on_hello(const Bytes& payload);
  HandshakeStep on_challenge(const Bytes& payload);
  HandshakeStep on_proof(const Bytes& payload);
  HandshakeStep on_refuse(const Bytes& payload) const;
  HandshakeStep garbage(std::string_view problem) const;
  HandshakeStep wrong_secret(const Identity& peer) const;
  std::optional<HandshakeStep> examine(const Identity& peer) const;
  std::optional<Refusal> objection(const Identity& peer) const;
  HandshakeStep established(std::optional<wire::Frame> last);
  Proof proof_by(Role maker) const;

  Role role_;
  Identity local_;
  Nonce nonce_;
  std::string secret_;
  std::optional<std::string> expected_node_;
  wire::FrameType awaited_;
  Identity peer_;
  std::uint16_t version_ = 0;
  Bytes dialer_payload_;    ///< Identity and nonce of the dialer, as they travelled.
  Bytes acceptor_payload_;  ///< The same of the acceptor.
};

}  // namespace troupe::link
