#include "troupe/link/handshake.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "troupe/base/assert.hpp"
#include "troupe/wire/codec.hpp"

namespace troupe::link {

namespace {

using wire::Frame;
using wire::FrameType;

/// The payload of `hello`, and of the offer within `challenge`.
struct Introduction {
  Identity identity;
  Nonce nonce{};
};

/// The payload of `challenge`. The offer is an encoded Introduction: the proof is over its bytes as they are, so that a
/// field which this build does not know is covered too.
struct Challenge {
  Bytes offer;
  Proof proof{};
};

/// The payload of `proof`.
struct Answer {
  Proof proof{};
};

Refusal wrong_version(const Identity& local, const Identity& peer) {
  const Identity& older = local.version < peer.version ? local : peer;
  return {
      RefusalCode::kWrongVersion,
      fmt::format("node '{}' speaks protocol versions {} to {}, node '{}' speaks {} to {}: upgrade node '{}'",
                  local.node, local.version_min, local.version, peer.node, peer.version_min, peer.version, older.node)};
}

Refusal wrong_cluster(const Identity& local, const Identity& peer) {
  return {RefusalCode::kWrongCluster,
          fmt::format("node '{}' belongs to cluster '{}', node '{}' to cluster '{}': correct the address that was "
                      "dialled, or the cluster's name",
                      local.node, local.cluster, peer.node, peer.cluster)};
}

Refusal own_name(const Identity& local, const Identity& peer) {
  std::string detail;
  if (local.node != peer.node) {
    detail =
        fmt::format("the names '{}' and '{}' have the same hash: rename one of the two nodes", local.node, peer.node);
  } else if (local.incarnation == peer.incarnation) {
    detail =
        fmt::format("node '{}' has reached itself: take its own address off the list of nodes to dial", local.node);
  } else {
    detail = fmt::format("two nodes are named '{}', at {} and at {}: give each node a name of its own", local.node,
                         local.address, peer.address);
  }
  return {RefusalCode::kOwnName, std::move(detail)};
}

Refusal wrong_node(const Identity& local, const Identity& peer, const std::string& expected) {
  return {RefusalCode::kWrongNode,
          fmt::format("node '{}' dialled node '{}' and reached node '{}': the address {} is out of date", local.node,
                      expected, peer.node, peer.address)};
}

/// For the local log only: the peer is told nothing but that the secret is wrong.
constexpr std::string_view kSecretRemedy = "every node of the cluster needs the same secret";

}  // namespace

Handshake::Handshake(Role role, Identity local, const Nonce& nonce, std::string secret,
                     std::optional<std::string> expected_node)
    : role_(role),
      local_(std::move(local)),
      nonce_(nonce),
      secret_(std::move(secret)),
      expected_node_(std::move(expected_node)),
      awaited_(role == Role::kDialer ? FrameType::kChallenge : FrameType::kHello) {
  if (role == Role::kAcceptor) {
    local_.channel = "any";
    local_.lane = 0;
    local_.lanes = 1;
    local_.link = 0;
  }
  TROUPE_ASSERT(check(local_).has_value());
}

HandshakeStep Handshake::start() {
  if (role_ == Role::kAcceptor) return {};
  dialer_payload_ = wire::encode(Introduction{local_, nonce_});
  return {.send = Frame{FrameType::kHello, dialer_payload_}};
}

HandshakeStep Handshake::on_frame(const Frame& frame) {
  if (frame.type == FrameType::kRefuse) return on_refuse(frame.payload);
  if (frame.type != awaited_) return garbage(fmt::format("received a {} frame", to_string(frame.type)));
  switch (frame.type) {
    case FrameType::kHello: return on_hello(frame.payload);
    case FrameType::kChallenge: return on_challenge(frame.payload);
    case FrameType::kProof: return on_proof(frame.payload);
    default: return established(std::nullopt);
  }
}

HandshakeStep Handshake::on_hello(const Bytes& payload) {
  const auto hello = wire::decode<Introduction>(payload);
  if (!hello) return garbage("received one that does not decode");
  if (auto failed = examine(hello->identity)) return *std::move(failed);
  peer_ = hello->identity;
  // A copy: the payload may be a slice of a large receive buffer, and stays until the dialer answers.
  dialer_payload_ = Bytes::copy_of(payload.span());

  local_.channel = peer_.channel;
  local_.lane = peer_.lane;
  local_.lanes = peer_.lanes;
  local_.link = peer_.link;
  acceptor_payload_ = wire::encode(Introduction{local_, nonce_});
  awaited_ = FrameType::kProof;
  return {.send = Frame{FrameType::kChallenge, wire::encode(Challenge{acceptor_payload_, proof_by(Role::kAcceptor)})}};
}

HandshakeStep Handshake::on_challenge(const Bytes& payload) {
  const auto challenge = wire::decode<Challenge>(payload);
  if (!challenge) return garbage("received one that does not decode");
  const auto offer = wire::decode<Introduction>(challenge->offer);
  if (!offer) return garbage("received one whose offer does not decode");
  // The identity is only a claim so far, but a refusal that names the cause is worth more than "wrong secret".
  if (auto failed = examine(offer->identity)) return *std::move(failed);
  acceptor_payload_ = challenge->offer;
  if (!equal(challenge->proof, proof_by(Role::kAcceptor))) return wrong_secret(offer->identity);
  peer_ = offer->identity;
  awaited_ = FrameType::kAccept;
  HandshakeStep step{.send = Frame{FrameType::kProof, wire::encode(Answer{proof_by(Role::kDialer)})}};
  acceptor_payload_ = {};  // A slice of the receive buffer, and no longer needed.
  return step;
}

HandshakeStep Handshake::on_proof(const Bytes& payload) {
  const auto answer = wire::decode<Answer>(payload);
  if (!answer) return garbage("received one that does not decode");
  if (!equal(answer->proof, proof_by(Role::kDialer))) return wrong_secret(peer_);
  return established(Frame{FrameType::kAccept, {}});
}

HandshakeStep Handshake::on_refuse(const Bytes& payload) const {
  const std::string who = peer_.node.empty() ? "the peer" : fmt::format("node '{}'", peer_.node);
  const auto refusal = wire::decode<Refusal>(payload);
  if (!refusal) return {.failed = Error{ErrorCode::kCorrupt, who + " refused, with a reason that does not decode"}};
  std::string detail = fmt::format("{} refused ({}): {}", who, to_string(refusal->code), printable(refusal->detail));
  if (refusal->code == RefusalCode::kWrongSecret) detail.append(": ").append(kSecretRemedy);
  return {.failed = Error{ErrorCode::kRefused, std::move(detail)}};
}

HandshakeStep Handshake::refuse(RefusalCode code, std::string detail, ErrorCode error_code) const {
  detail = printable(detail);  // It may quote names from a peer that is not authenticated.
  HandshakeStep step;
  step.send = Frame{FrameType::kRefuse, wire::encode(Refusal{code, detail})};
  step.failed = Error{error_code, std::move(detail)};
  return step;
}

HandshakeStep Handshake::garbage(std::string_view problem) const {
  return refuse(RefusalCode::kGarbage, fmt::format("the {} waited for {} and {}", to_string(role_), awaited(), problem),
                ErrorCode::kCorrupt);
}

HandshakeStep Handshake::wrong_secret(const Identity& peer) const {
  HandshakeStep step = refuse(RefusalCode::kWrongSecret, "wrong secret");
  step.failed->detail = fmt::format("wrong secret at node '{}', {}: {}", peer.node, peer.address, kSecretRemedy);
  return step;
}

std::optional<HandshakeStep> Handshake::examine(const Identity& peer) const {
  if (const auto refusal = objection(peer)) return refuse(refusal->code, refusal->detail);
  if (const auto checked = check(peer); !checked) {
    return garbage("received one whose " + checked.error().detail);
  }
  return std::nullopt;
}

std::optional<Refusal> Handshake::objection(const Identity& peer) const {
  if (peer.version < local_.version_min || peer.version_min > local_.version) return wrong_version(local_, peer);
  if (peer.cluster != local_.cluster) return wrong_cluster(local_, peer);
  // Ids are made of the names' hashes, and no two nodes may have the same.
  if (peer.id().same_node(local_.id())) return own_name(local_, peer);
  if (expected_node_ && peer.node != *expected_node_) return wrong_node(local_, peer, *expected_node_);
  return std::nullopt;
}

HandshakeStep Handshake::established(std::optional<Frame> last) {
  version_ = std::min(local_.version, peer_.version);
  return {.send = std::move(last), .established = true};
}

Proof Handshake::proof_by(Role maker) const {
  return make_proof(secret_, maker, dialer_payload_.span(), acceptor_payload_.span());
}

std::string_view Handshake::awaited() const {
  switch (awaited_) {
    case FrameType::kHello: return "the dialer's hello";
    case FrameType::kChallenge: return "the acceptor's challenge";
    case FrameType::kProof: return "the dialer's proof";
    default: return "the acceptor's accept";
  }
}

}  // namespace troupe::link
