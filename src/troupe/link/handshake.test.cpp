#include "troupe/link/handshake.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "troupe/wire/codec.hpp"

namespace troupe::link {
namespace {

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

constexpr auto kSecret = "hunter2 and some more";

Nonce nonce_of(int number) {
  Nonce nonce{};
  nonce.fill(static_cast<std::byte>(number));
  return nonce;
}

Identity identity_of(const std::string& node) {
  return {.cluster = "troupe",
          .node = node,
          .incarnation = 1,
          .address = node + ":7400",
          .channel = "data",
          .frame_bytes_max = 1 << 20};
}

Handshake dialer(Identity identity = identity_of("ada"), std::string secret = kSecret, int nonce = 1) {
  return {Role::kDialer, std::move(identity), nonce_of(nonce), std::move(secret), std::nullopt};
}

Handshake acceptor(Identity identity = identity_of("bob"), std::string secret = kSecret, int nonce = 2) {
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
Outcome run(Handshake& dialing, Handshake& accepting) {
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

Outcome run(Handshake&& dialing, Handshake&& accepting) { return run(dialing, accepting); }

std::string detail_of(const HandshakeStep& step) { return step.failed ? step.failed->detail : "not failed"; }

Refusal refusal_in(const HandshakeStep& step) {
  if (!step.send || step.send->type != FrameType::kRefuse) return {RefusalCode::kUnknown, "none was sent"};
  return wire::decode<Refusal>(step.send->payload).value_or(Refusal{});
}

TEST(Handshake, establishes_both_ends_and_tells_each_who_the_other_is) {
  Identity local = identity_of("ada");
  local.lane = 2;
  local.lanes = 3;
  local.channel = "bulk";
  Handshake dialing = dialer(local);
  Handshake accepting = acceptor();
  const Outcome outcome = run(dialing, accepting);
  ASSERT_TRUE(outcome.both_established());
  EXPECT_EQ(accepting.peer(), local);
  EXPECT_EQ(dialing.peer().node, "bob");
  EXPECT_EQ(dialing.peer().channel, "bulk") << "the acceptor answers for the dialer's channel";
  EXPECT_EQ(dialing.peer().lane, 2);
  EXPECT_EQ(dialing.peer().lanes, 3);
  EXPECT_EQ(dialing.version(), kProtocolVersion);
  EXPECT_EQ(accepting.version(), kProtocolVersion);
  std::vector<FrameType> types;
  for (const Frame& frame : outcome.frames) types.push_back(frame.type);
  EXPECT_EQ(types, (std::vector{FrameType::kHello, FrameType::kChallenge, FrameType::kProof, FrameType::kAccept}));
}

TEST(Handshake, an_acceptor_waits) { EXPECT_FALSE(acceptor().start().send.has_value()); }

TEST(Handshake, the_peer_is_nobody_before_it_has_proved_itself_to_the_dialer) {
  Handshake dialing = dialer();
  Handshake accepting = acceptor(identity_of("bob"), "another");
  run(dialing, accepting);
  EXPECT_EQ(dialing.peer().node, "");
  EXPECT_EQ(dialing.version(), 0);
}

TEST(Handshake, agrees_on_the_highest_version_that_both_speak) {
  struct Case {
    std::uint16_t dialer_min, dialer_max, acceptor_min, acceptor_max, agreed;
  };
  for (const Case& one : std::vector<Case>{{1, 1, 1, 1, 1},
                                           {1, 3, 2, 5, 3},
                                           {2, 5, 1, 3, 3},
                                           {1, 9, 4, 4, 4},
                                           {1, 1, 2, 3, 0},
                                           {2, 3, 1, 1, 0},
                                           {65535, 65535, 1, 65534, 0}}) {
    Identity dialer_identity = identity_of("ada");
    dialer_identity.version_min = one.dialer_min;
    dialer_identity.version = one.dialer_max;
    Identity acceptor_identity = identity_of("bob");
    acceptor_identity.version_min = one.acceptor_min;
    acceptor_identity.version = one.acceptor_max;
    Handshake dialing = dialer(dialer_identity);
    Handshake accepting = acceptor(acceptor_identity);
    EXPECT_EQ(run(dialing, accepting).both_established(), one.agreed != 0);
    EXPECT_EQ(dialing.version(), one.agreed);
    EXPECT_EQ(accepting.version(), one.agreed);
  }
}

TEST(Handshake, refuses_another_version_and_names_both_ranges_and_the_node_to_upgrade) {
  Identity newer = identity_of("ada");
  newer.version_min = 4;
  newer.version = 6;
  const Outcome outcome = run(dialer(newer), acceptor());
  const Refusal expected{RefusalCode::kWrongVersion,
                         "node 'bob' speaks protocol versions 1 to 1, node 'ada' speaks 4 to 6: upgrade node 'bob'"};
  EXPECT_EQ(refusal_in(outcome.at_acceptor), expected);
  EXPECT_EQ(detail_of(outcome.at_acceptor), expected.detail);
  EXPECT_EQ(detail_of(outcome.at_dialer), "the peer refused (wrong_version): " + expected.detail);
}

TEST(Handshake, a_dialer_refuses_the_version_of_an_acceptor_that_did_not_mind) {
  Handshake dialing = dialer();
  dialing.start();
  Identity newer = identity_of("bob");
  newer.version_min = newer.version = 2;
  const Challenge challenge{.offer = wire::encode(Introduction{newer, nonce_of(2)})};
  EXPECT_EQ(refusal_in(dialing.on_frame({FrameType::kChallenge, wire::encode(challenge)})).code,
            RefusalCode::kWrongVersion);
}

TEST(Handshake, refuses_another_cluster) {
  Identity other = identity_of("ada");
  other.cluster = "staging";
  const Outcome outcome = run(dialer(other), acceptor());
  EXPECT_EQ(refusal_in(outcome.at_acceptor),
            (Refusal{RefusalCode::kWrongCluster,
                     "node 'bob' belongs to cluster 'troupe', node 'ada' to cluster 'staging': correct the address "
                     "that was dialled, or the cluster's name"}));
}

TEST(Handshake, refuses_its_own_name) {
  Identity namesake = identity_of("bob");
  namesake.address = "elsewhere:7400";
  namesake.incarnation = 2;
  EXPECT_EQ(
      refusal_in(run(dialer(namesake), acceptor()).at_acceptor),
      (Refusal{RefusalCode::kOwnName,
               "two nodes are named 'bob', at bob:7400 and at elsewhere:7400: give each node a name of its own"}));
  EXPECT_EQ(refusal_in(run(dialer(identity_of("bob")), acceptor()).at_acceptor),
            (Refusal{RefusalCode::kOwnName,
                     "node 'bob' has reached itself: take its own address off the list of nodes to dial"}));
}

TEST(Handshake, a_dialer_refuses_a_node_that_it_did_not_expect) {
  const auto expecting = [](const std::string& node) {
    return Handshake(Role::kDialer, identity_of("ada"), nonce_of(1), kSecret, node);
  };
  EXPECT_TRUE(run(expecting("bob"), acceptor()).both_established());
  EXPECT_EQ(refusal_in(run(expecting("carol"), acceptor()).at_dialer),
            (Refusal{RefusalCode::kWrongNode,
                     "node 'ada' dialled node 'carol' and reached node 'bob': the address bob:7400 is out of date"}));
}

TEST(Handshake, the_refused_side_learns_why_and_from_whom) {
  Handshake dialing(Role::kDialer, identity_of("ada"), nonce_of(1), kSecret, "carol");
  Handshake accepting = acceptor();
  const Outcome outcome = run(dialing, accepting);
  EXPECT_EQ(outcome.at_acceptor.failed->code, ErrorCode::kRefused);
  EXPECT_FALSE(outcome.at_acceptor.send.has_value()) << "a refusal is not answered";
  EXPECT_EQ(detail_of(outcome.at_acceptor),
            "node 'ada' refused (wrong_node): node 'ada' dialled node 'carol' and reached node 'bob': the address "
            "bob:7400 is out of date");
}

TEST(Handshake, a_wrong_secret_is_all_that_the_peer_is_told) {
  const Outcome outcome = run(dialer(), acceptor(identity_of("bob"), "another"));
  EXPECT_EQ(refusal_in(outcome.at_dialer), (Refusal{RefusalCode::kWrongSecret, "wrong secret"}));
  EXPECT_EQ(detail_of(outcome.at_dialer),
            "wrong secret at node 'bob', bob:7400: every node of the cluster needs the same secret");
  EXPECT_EQ(detail_of(outcome.at_acceptor),
            "node 'ada' refused (wrong_secret): wrong secret: every node of the cluster needs the same secret");
}

TEST(Handshake, the_secret_never_travels) {
  for (const std::string& other : {std::string(kSecret), std::string("another")}) {
    const Outcome outcome = run(dialer(), acceptor(identity_of("bob"), other));
    for (const Frame& frame : outcome.frames) {
      EXPECT_EQ(frame.payload.view().find("hunter2"), std::string_view::npos);
      EXPECT_EQ(frame.payload.view().find("another"), std::string_view::npos);
    }
  }
}

TEST(Handshake, an_acceptor_refuses_a_dialer_without_the_secret) {
  Handshake accepting = acceptor();
  accepting.on_frame(*dialer().start().send);
  const HandshakeStep step = accepting.on_frame({FrameType::kProof, wire::encode(Answer{})});
  EXPECT_FALSE(step.established);
  EXPECT_EQ(refusal_in(step).code, RefusalCode::kWrongSecret);
}

TEST(Handshake, its_own_proof_sent_back_is_refused) {
  Handshake accepting = acceptor();
  const HandshakeStep step = accepting.on_frame(*dialer().start().send);
  const auto challenge = wire::decode<Challenge>(step.send->payload);
  const HandshakeStep reflected = accepting.on_frame({FrameType::kProof, wire::encode(Answer{challenge->proof})});
  EXPECT_EQ(refusal_in(reflected).code, RefusalCode::kWrongSecret);
}

TEST(Handshake, its_own_hello_sent_back_is_refused) {
  Handshake dialing = dialer();
  const Frame hello = *dialing.start().send;
  EXPECT_EQ(refusal_in(dialing.on_frame(hello)).code, RefusalCode::kGarbage);
  // The same bytes as the offer of a challenge.
  Handshake again = dialer();
  again.start();
  EXPECT_EQ(refusal_in(again.on_frame({FrameType::kChallenge, wire::encode(Challenge{hello.payload})})).code,
            RefusalCode::kOwnName);
  // And as the hello of a connection to itself.
  EXPECT_EQ(refusal_in(acceptor(identity_of("ada")).on_frame(hello)).code, RefusalCode::kOwnName);
}

TEST(Handshake, a_proof_of_the_dialers_role_does_not_make_an_acceptor) {
  Handshake dialing = dialer();
  const Frame hello = *dialing.start().send;
  const Bytes offer = wire::encode(Introduction{identity_of("bob"), nonce_of(2)});
  const auto answer_with = [&](Role role) {
    Handshake copy = dialing;
    const Proof proof = make_proof(kSecret, role, hello.payload.span(), offer.span());
    return copy.on_frame({FrameType::kChallenge, wire::encode(Challenge{offer, proof})});
  };
  EXPECT_EQ(answer_with(Role::kAcceptor).send->type, FrameType::kProof);
  EXPECT_EQ(refusal_in(answer_with(Role::kDialer)).code, RefusalCode::kWrongSecret);
}

TEST(Handshake, a_handshake_that_was_recorded_is_worth_nothing_with_a_new_nonce) {
  const Outcome recorded = run(dialer(), acceptor());
  ASSERT_TRUE(recorded.both_established());
  Handshake accepting = acceptor(identity_of("bob"), kSecret, 3);
  accepting.on_frame(recorded.frames[0]);
  EXPECT_EQ(refusal_in(accepting.on_frame(recorded.frames[2])).code, RefusalCode::kWrongSecret);
  Handshake dialing = dialer(identity_of("ada"), kSecret, 4);
  dialing.start();
  EXPECT_EQ(refusal_in(dialing.on_frame(recorded.frames[1])).code, RefusalCode::kWrongSecret);
}

TEST(Handshake, a_byte_changed_on_the_way_keeps_both_from_being_established) {
  const Outcome clean = run(dialer(), acceptor());
  for (std::size_t victim = 0; victim < 3; ++victim) {
    for (std::size_t at = 0; at < clean.frames[victim].payload.size(); ++at) {
      std::string changed(clean.frames[victim].payload.view());
      changed[at] = static_cast<char>(changed[at] ^ 1);
      const auto passed = [&](std::size_t frame) {
        return frame == victim ? Frame{clean.frames[frame].type, Bytes::copy_of(changed)} : clean.frames[frame];
      };
      Handshake dialing = dialer();
      Handshake accepting = acceptor();
      dialing.start();
      HandshakeStep at_dialer;
      HandshakeStep at_acceptor = accepting.on_frame(passed(0));
      if (at_acceptor.send->type == FrameType::kChallenge) {
        at_dialer = dialing.on_frame(victim == 0 ? *at_acceptor.send : passed(1));
        if (at_dialer.send->type == FrameType::kProof) at_acceptor = accepting.on_frame(passed(2));
      }
      EXPECT_FALSE(at_dialer.established || at_acceptor.established) << "frame " << victim << ", byte " << at;
      EXPECT_TRUE(at_dialer.failed || at_acceptor.failed) << "frame " << victim << ", byte " << at;
    }
  }
}

TEST(Handshake, a_payload_cut_short_is_refused) {
  const Outcome clean = run(dialer(), acceptor());
  for (std::size_t size = 0; size < clean.frames[0].payload.size(); ++size) {
    Handshake accepting = acceptor();
    const HandshakeStep step = accepting.on_frame({FrameType::kHello, clean.frames[0].payload.slice(0, size)});
    // Without a nonce the hello is that of an older version, and decodes; the dialer's proof then covers other bytes.
    if (step.send->type == FrameType::kChallenge) {
      EXPECT_EQ(refusal_in(accepting.on_frame(clean.frames[2])).code, RefusalCode::kWrongSecret);
    } else {
      EXPECT_NE(refusal_in(step).code, RefusalCode::kUnknown) << size;
    }
  }
  for (std::size_t size = 0; size < clean.frames[1].payload.size(); ++size) {
    Handshake dialing = dialer();
    dialing.start();
    EXPECT_TRUE(dialing.on_frame({FrameType::kChallenge, clean.frames[1].payload.slice(0, size)}).failed) << size;
  }
}

TEST(Handshake, any_frame_out_of_turn_is_refused_as_garbage) {
  for (int type = 1; type <= 8; ++type) {
    const Frame frame{static_cast<FrameType>(type), {}};
    if (frame.type == FrameType::kRefuse) continue;
    Handshake fresh_acceptor = acceptor();
    EXPECT_EQ(refusal_in(fresh_acceptor.on_frame(frame)).code,
              frame.type == FrameType::kHello ? RefusalCode::kWrongCluster : RefusalCode::kGarbage);
    Handshake fresh_dialer = dialer();
    fresh_dialer.start();
    EXPECT_NE(refusal_in(fresh_dialer.on_frame(frame)).code, RefusalCode::kUnknown);
    Handshake waiting_acceptor = acceptor();
    waiting_acceptor.on_frame(*dialer().start().send);
    const HandshakeStep step = waiting_acceptor.on_frame(frame);
    EXPECT_FALSE(step.established);
    EXPECT_NE(refusal_in(step).code, RefusalCode::kUnknown);
  }
  EXPECT_EQ(detail_of(acceptor().on_frame({FrameType::kMessage, {}})),
            "the acceptor waited for the dialer's hello and received a message frame");
}

TEST(Handshake, an_identity_that_no_node_may_have_is_garbage) {
  const auto refused = [](const Identity& identity) {
    const Bytes payload = wire::encode(Introduction{identity, nonce_of(1)});
    return detail_of(acceptor().on_frame({FrameType::kHello, payload}));
  };
  Identity spoilt = identity_of("ada");
  spoilt.lanes = 0;
  EXPECT_EQ(refused(spoilt),
            "the acceptor waited for the dialer's hello and received one whose lane is not below the number of lanes");
  spoilt = identity_of("ada");
  spoilt.incarnation = 0;
  EXPECT_EQ(refused(spoilt), "the acceptor waited for the dialer's hello and received one whose incarnation is 0");
}

TEST(Handshake, a_newer_identity_with_more_fields_is_understood) {
  struct NewerIntroduction {
    struct NewerIdentity {
      std::uint16_t version = 2;
      std::uint16_t version_min = 1;
      std::string cluster = "troupe";
      std::string node = "ada";
      std::uint64_t incarnation = 1;
      std::string address = "ada:7400";
      std::string http_address;
      std::string channel = "data";
      std::uint16_t lane = 0;
      std::uint16_t lanes = 1;
      std::uint32_t frame_bytes_max = 1 << 20;
      std::string zone = "appended";
    };
    NewerIdentity identity;
    Nonce nonce{};
    std::string also_appended = "more";
  };
  Handshake accepting = acceptor();
  const Bytes hello = wire::encode(NewerIntroduction{});
  const HandshakeStep step = accepting.on_frame({FrameType::kHello, hello});
  ASSERT_EQ(step.send->type, FrameType::kChallenge) << detail_of(step);
  const auto challenge = wire::decode<Challenge>(step.send->payload);
  const Proof proof = make_proof(kSecret, Role::kDialer, hello.span(), challenge->offer.span());
  EXPECT_TRUE(accepting.on_frame({FrameType::kProof, wire::encode(Answer{proof})}).established);
  EXPECT_EQ(accepting.peer().node, "ada");
  EXPECT_EQ(accepting.version(), 1);
}

TEST(Handshake, what_a_refusal_says_is_made_fit_for_a_log) {
  const auto told = [](const Bytes& payload) { return detail_of(dialer().on_frame({FrameType::kRefuse, payload})); };
  EXPECT_EQ(told(wire::encode(Refusal{RefusalCode::kGarbage, "a\nforged line\x1b[0m"})),
            "the peer refused (garbage): a?forged line?[0m");
  EXPECT_EQ(told(wire::encode(Refusal{static_cast<RefusalCode>(999), "news"})), "the peer refused (unknown): news");
  EXPECT_EQ(told(wire::encode(Refusal{RefusalCode::kGarbage, std::string(4000, 'x')})).size(),
            kPeerTextBytesMax + std::string_view("the peer refused (garbage): ").size());
  EXPECT_EQ(told(Bytes::copy_of("?")), "the peer refused, with a reason that does not decode");
}

TEST(Handshake, a_refusal_that_quotes_a_hostile_name_stays_small_and_printable) {
  Identity hostile = identity_of("ada");
  hostile.node = "two\nlines" + std::string(3000, 'x');
  hostile.cluster = "other";
  const HandshakeStep step = acceptor().on_frame({FrameType::kHello, wire::encode(Introduction{hostile, nonce_of(1)})});
  EXPECT_LE(step.send->payload.size(), Handshake::kPayloadBytesMax);
  EXPECT_EQ(detail_of(step).find('\n'), std::string::npos);
}

TEST(Refusal, every_code_has_a_name_and_a_number_that_never_changes) {
  constexpr std::string_view kNames[] = {"unknown",  "garbage",      "wrong_version", "wrong_cluster",
                                         "own_name", "wrong_secret", "wrong_node",    "too_slow"};
  for (std::uint16_t number = 0; number < std::size(kNames); ++number) {
    EXPECT_EQ(to_string(static_cast<RefusalCode>(number)), kNames[number]);
  }
}

}  // namespace
}  // namespace troupe::link
