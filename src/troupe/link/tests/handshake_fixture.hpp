#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "troupe/link/handshake.hpp"
#include "troupe/wire/codec.hpp"

/// For the tests of the handshake: two nodes, and what passes between them.
namespace troupe::link::fixture {

using wire::Frame;
using wire::FrameType;

// The payloads as the protocol defines them, a second time: a change of the format shows here.
struct Introduction {
  Identity identity;
  Nonce nonce{};
};
struct Challenge {
  Bytes offer;
  Proof proof{};
};
struct Answer {
  Proof proof{};
};

inline constexpr auto kSecret = "hunter2 and some more";

inline Nonce nonce_of(int number) {
  Nonce nonce{};
  nonce.fill(static_cast<std::byte>(number));
  return nonce;
}

inline Identity identity_of(const std::string& node) {
  return {.cluster = "troupe",
          .node = node,
          .incarnation = 1,
          .address = node + ":7400",
          .channel = "data",
          .frame_bytes_max = 1 << 20};
}

inline Handshake dialer(Identity identity = identity_of("ada"), std::string secret = kSecret, int nonce = 1) {
  return {Role::kDialer, std::move(identity), nonce_of(nonce), std::move(secret), std::nullopt};
}

inline Handshake acceptor(Identity identity = identity_of("bob"), std::string secret = kSecret, int nonce = 2) {
  return {Role::kAcceptor, std::move(identity), nonce_of(nonce), std::move(secret), std::nullopt};
}

/// How a whole handshake went.
struct Outcome {
  HandshakeStep at_dialer;    ///< The last step.
  HandshakeStep at_acceptor;  ///< The last step.
  std::vector<Frame> frames;  ///< All that travelled.

  bool both_established() const { return at_dialer.established && at_acceptor.established; }
};

/// Passes frames on until neither side sends or one has failed and the other knows.
inline Outcome run(Handshake& dialing, Handshake& accepting) {
  Outcome outcome;
  std::optional<Frame> frame = dialing.start().send;
  while (frame) {
    outcome.frames.push_back(*frame);
    outcome.at_acceptor = accepting.on_frame(*frame);
    frame = outcome.at_acceptor.send;
    if (!frame) break;
    outcome.frames.push_back(*frame);
    outcome.at_dialer = dialing.on_frame(*frame);
    frame = outcome.at_dialer.send;
  }
  return outcome;
}

inline Outcome run(Handshake&& dialing, Handshake&& accepting) { return run(dialing, accepting); }

inline std::string detail_of(const HandshakeStep& step) { return step.failed ? step.failed->detail : "not failed"; }

inline Refusal refusal_in(const HandshakeStep& step) {
  if (!step.send || step.send->type != FrameType::kRefuse) return {RefusalCode::kUnknown, "none was sent"};
  return wire::decode<Refusal>(step.send->payload).value_or(Refusal{});
}

}  // namespace troupe::link::fixture
