#include "troupe/link/handshake.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "troupe/link/tests/handshake_fixture.hpp"

namespace troupe::link {
namespace {

using namespace fixture;  // NOLINT(google-build-using-namespace): made for these tests.

TEST(Handshake, establishes_both_ends_and_tells_each_who_the_other_is) {
  Identity local = identity_of("ada");
  local.lane = 2;
  local.lanes = 3;
  local.link = 77;
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
  EXPECT_EQ(dialing.peer().link, 77U);
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

}  // namespace
}  // namespace troupe::link
