#include "troupe/link/handshake.hpp"

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

std::string quoted(const std::string& name) { return "'" + printable(name) + "'"; }

std::string range_of(const Identity& identity) {
  return std::to_string(identity.version_min) + " to " + std::to_string(identity.version);
}

Refusal wrong_version(const Identity& local, const Identity& peer) {
  const Identity& older = local.version < peer.version ? local : peer;
  return {RefusalCode::kWrongVersion, "node " + quoted(local.node) + " speaks protocol versions " + range_of(local) +
                                          ", node " + quoted(peer.node) + " speaks " + range_of(peer) +
                                          ": upgrade node " + quoted(older.node)};
}

Refusal wrong_cluster(const Identity& local, const Identity& peer) {
  return {RefusalCode::kWrongCluster, "node " + quoted(local.node) + " belongs to cluster " + quoted(local.cluster) +
                                          ", node " + quoted(peer.node) + " to cluster " + quoted(peer.cluster) +
                                          ": correct the address that was dialled, or the cluster's name"};
}

Refusal own_name(const Identity& local, const Identity& peer) {
  if (local.id() == peer.id() && local.node == peer.node) {
    return {RefusalCode::kOwnName,
            "node " + quoted(local.node) + " has reached itself: take its own address off the list of nodes to dial"};
  }
  if (local.node == peer.node) {
    return {RefusalCode::kOwnName, "two nodes are named " + quoted(local.node) + ", at " + printable(local.address) +
                                       " and " + printable(peer.address) + ": give each node a name of its own"};
  }
  return {RefusalCode::kOwnName, "the names " + quoted(local.node) + " and " + quoted(peer.node) +
                                     " have the same hash: rename one of the two nodes"};
}

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
  if (frame.payload.size() > kPayloadBytesMax || frame.type != awaited_) {
    return garbage("sent a " + std::string(to_string(frame.type)) + " frame of " +
                   std::to_string(frame.payload.size()) + " bytes instead");
  }
  switch (frame.type) {
    case FrameType::kHello: return on_hello(frame.payload);
    case FrameType::kChallenge: return on_challenge(frame.payload);
    case FrameType::kProof: return on_proof(frame.payload);
    default: return on_accept();
  }
}

HandshakeStep Handshake::on_hello(const Bytes& payload) {
  const auto hello = wire::decode<Introduction>(payload);
  if (!hello) return garbage("sent one that does not decode");
  if (auto refusal = objection(hello->identity)) return refuse(refusal->code, std::move(refusal->detail));
  if (const auto checked = check(hello->identity); !checked)
    return garbage("has an identity whose " + checked.error().detail);
  peer_ = hello->identity;
  // The payload may be a slice of a large receive buffer, and stays here until the dialer answers.
  dialer_payload_ = Bytes::copy_of(payload.span());

  local_.channel = peer_.channel;
  local_.lane = peer_.lane;
  local_.lanes = peer_.lanes;
  acceptor_payload_ = wire::encode(Introduction{local_, nonce_});
  awaited_ = FrameType::kProof;
  return {.send = Frame{FrameType::kChallenge, wire::encode(Challenge{acceptor_payload_, proof_by(Role::kAcceptor)})}};
}

HandshakeStep Handshake::on_challenge(const Bytes& payload) {
  const auto challenge = wire::decode<Challenge>(payload);
  if (!challenge) return garbage("sent one that does not decode");
  const auto offer = wire::decode<Introduction>(challenge->offer);
  if (!offer) return garbage("sent one that does not decode");
  // The identity is a claim so far, but a refusal that names the cause is worth more than "wrong secret".
  if (auto refusal = objection(offer->identity)) return refuse(refusal->code, std::move(refusal->detail));
  if (const auto checked = check(offer->identity); !checked)
    return garbage("has an identity whose " + checked.error().detail);
  acceptor_payload_ = Bytes::copy_of(challenge->offer.span());
  if (!equal(challenge->proof, proof_by(Role::kAcceptor))) return refuse(RefusalCode::kWrongSecret, "wrong secret");
  peer_ = offer->identity;
  awaited_ = FrameType::kAccept;
  return {.send = Frame{FrameType::kProof, wire::encode(Answer{proof_by(Role::kDialer)})}};
}

HandshakeStep Handshake::on_proof(const Bytes& payload) {
  const auto answer = wire::decode<Answer>(payload);
  if (!answer) return garbage("sent one that does not decode");
  if (!equal(answer->proof, proof_by(Role::kDialer))) return refuse(RefusalCode::kWrongSecret, "wrong secret");
  return established(Frame{FrameType::kAccept, {}});
}

HandshakeStep Handshake::on_accept() { return established(std::nullopt); }

HandshakeStep Handshake::established(std::optional<Frame> last) {
  version_ = std::min(local_.version, peer_.version);
  return {.send = std::move(last), .established = true};
}

HandshakeStep Handshake::on_refuse(const Bytes& payload) const {
  const auto refusal = wire::decode<Refusal>(payload);
  const std::string who = peer_.node.empty() ? "the peer" : "node " + quoted(peer_.node);
  if (!refusal) return {.failed = Error{ErrorCode::kCorrupt, who + " refused, with a reason that does not decode"}};
  return {.failed = Error{ErrorCode::kRefused, who + " refused (" + std::string(to_string(refusal->code)) +
                                                   "): " + printable(refusal->detail)}};
}

HandshakeStep Handshake::refuse(RefusalCode code, std::string detail, ErrorCode error_code) const {
  HandshakeStep step;
  step.send = Frame{FrameType::kRefuse, wire::encode(Refusal{code, detail})};
  step.failed = Error{error_code, std::move(detail)};
  return step;
}

HandshakeStep Handshake::garbage(std::string_view problem) const {
  return refuse(RefusalCode::kGarbage,
                "the " + std::string(to_string(role_)) + " waited for " + std::string(awaited()) + ", but the peer " +
                    std::string(problem),
                ErrorCode::kCorrupt);
}

std::optional<Refusal> Handshake::objection(const Identity& peer) const {
  if (peer.version < local_.version_min || peer.version_min > local_.version) return wrong_version(local_, peer);
  if (peer.cluster != local_.cluster) return wrong_cluster(local_, peer);
  // Ids are made of the names' hashes, and no two nodes may have the same.
  if (peer.id().same_node(local_.id())) return own_name(local_, peer);
  if (expected_node_ && peer.node != *expected_node_) {
    return Refusal{RefusalCode::kWrongNode, "node " + quoted(local_.node) + " dialled node " + quoted(*expected_node_) +
                                                " and reached node " + quoted(peer.node) + " at " +
                                                printable(peer.address) + ": its address is out of date"};
  }
  return std::nullopt;
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
