#include <gtest/gtest.h>

#include "troupe/link/tests/handshake_fixture.hpp"

namespace troupe::link {
namespace {

using namespace fixture;  // NOLINT(google-build-using-namespace): made for these tests.

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
      std::uint64_t link = 0;
      std::vector<ChannelWish> channels;
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
