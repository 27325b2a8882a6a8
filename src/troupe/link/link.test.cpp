#include "troupe/link/link.hpp"

#include "troupe/base/random.hpp"
#include "troupe/link/tests/link_fixture.hpp"

// One connection from its handshake to its end. What waits, goes in chunks and needs credit: tests/link_flow.test.cpp.
namespace troupe::link {
namespace {

using wire::FrameType;

TEST_F(LinkTest, establishes_both_ends) {
  EXPECT_EQ(dialer_.link.message_bytes_max(), 0U);
  establish();
  EXPECT_TRUE(dialer_.actions.established && acceptor_.actions.established);
  EXPECT_EQ(dialer_.link.peer().node, "bob");
  EXPECT_EQ(acceptor_.link.peer().node, "ada");
  EXPECT_EQ(acceptor_.link.version(), kProtocolVersion);
  EXPECT_EQ(dialer_.link.message_bytes_max(), 8192U);
  EXPECT_EQ(dialer_.link.role(), Role::kDialer);
}

TEST_F(LinkTest, establishes_byte_by_byte_and_carries_messages_so) {
  dialer_.link.start(dialer_.actions);
  exchange(1);
  ASSERT_TRUE(dialer_.link.is_established() && acceptor_.link.is_established());
  ASSERT_TRUE(dialer_.send(now_, "one ", Bytes::copy_of("message")).has_value());
  ASSERT_TRUE(acceptor_.send(now_, "an answer").has_value());
  exchange(1);
  EXPECT_EQ(acceptor_.take_received(), (std::vector<std::string>{"one message"}));
  EXPECT_EQ(dialer_.take_received(), (std::vector<std::string>{"an answer"}));
}

TEST_F(LinkTest, messages_behind_the_accept_are_read_with_the_new_limit) {
  dialer_.link.start(dialer_.actions);
  pass(dialer_, acceptor_);
  pass(acceptor_, dialer_);
  pass(dialer_, acceptor_);
  ASSERT_TRUE(acceptor_.link.is_established());
  const std::string large(50'000, 'x');
  ASSERT_TRUE(acceptor_.send(now_, large).has_value());
  ASSERT_TRUE(acceptor_.send(now_, "y").has_value());
  pass(acceptor_, dialer_);
  EXPECT_TRUE(dialer_.actions.established);
  EXPECT_EQ(dialer_.take_received(), (std::vector<std::string>{large, "y"}));
}

TEST_F(LinkTest, a_large_body_is_copied_neither_out_nor_in) {
  establish();
  const Bytes body = Bytes::copy_of(std::string(5000, 'b'));
  ASSERT_TRUE(dialer_.send(now_, "head", body).has_value());
  ASSERT_EQ(dialer_.actions.writes().size(), 2U);
  EXPECT_EQ(dialer_.actions.writes()[1].data(), body.data());

  const Bytes input = dialer_.take_writes();
  acceptor_.link.on_bytes(now_, input, acceptor_.actions);
  ASSERT_EQ(acceptor_.actions.received.size(), 1U);
  EXPECT_EQ(acceptor_.actions.received[0].data(), input.data() + wire::kFrameHeaderBytes);
  EXPECT_EQ(acceptor_.actions.received[0].size(), 5004U);
}

TEST_F(LinkTest, what_the_peer_does_not_take_is_not_sent) {
  establish();
  EXPECT_TRUE(dialer_.send(now_, "head", Bytes::copy_of(std::string(8188, 'x'))));
  dialer_.take_writes();
  const auto sent = dialer_.send(now_, "head", Bytes::copy_of(std::string(8189, 'x')));
  ASSERT_FALSE(sent.has_value());
  EXPECT_EQ(sent.error().to_string(),
            "too_large: a message of 8193 bytes, where node 'bob' takes at most 8192: raise its frame_bytes_max, or "
            "send less");
  EXPECT_TRUE(dialer_.actions.writes().empty());
  EXPECT_TRUE(dialer_.link.is_established());
}

TEST_F(LinkTest, sends_nothing_before_it_is_established_and_nothing_once_closed) {
  EXPECT_EQ(dialer_.send(now_, "early").error().code, ErrorCode::kUnreachable);
  establish();
  dialer_.link.goodbye("done", dialer_.actions);
  dialer_.take_writes();
  EXPECT_EQ(dialer_.send(now_, "late").error().code, ErrorCode::kUnreachable);
  EXPECT_TRUE(dialer_.actions.writes().empty());
}

TEST_F(LinkTest, a_frame_above_4096_bytes_is_refused_before_the_handshake_is_over) {
  acceptor_.link.on_bytes(now_, frame(FrameType::kHello, std::string(4097, 'x')).slice(0, 8), acceptor_.actions);
  EXPECT_EQ(acceptor_.closed(),
            "too_large: the acceptor waited for the dialer's hello and received a hello frame with a payload of 4097 "
            "bytes, where at most 4096 are allowed: is it the cluster port of a node?");
  dialer_.link.start(dialer_.actions);
  dialer_.take_writes();
  pass(acceptor_, dialer_);
  EXPECT_EQ(dialer_.closed().substr(0, 44), "refused: the peer refused (garbage): the acc");
}

TEST_F(LinkTest, a_frame_above_its_own_limit_closes_an_established_link) {
  establish();
  acceptor_.link.on_bytes(now_, frame(FrameType::kMessage, std::string(8193, 'x')).slice(0, 8), acceptor_.actions);
  EXPECT_EQ(acceptor_.closed(),
            "too_large: node 'ada' sent a message frame with a payload of 8193 bytes, where at most 8192 are allowed");
  EXPECT_TRUE(acceptor_.actions.writes().empty());
}

TEST_F(LinkTest, a_handshake_frame_closes_an_established_link) {
  for (const FrameType type :
       {FrameType::kHello, FrameType::kChallenge, FrameType::kProof, FrameType::kAccept, FrameType::kRefuse}) {
    LinkTest::dialer_ = LinkEnd(Role::kDialer, "ada");
    LinkTest::acceptor_ = LinkEnd(Role::kAcceptor, "bob");
    establish();
    acceptor_.link.on_bytes(now_, frame(type, ""), acceptor_.actions);
    EXPECT_EQ(acceptor_.closed(),
              "corrupt: node 'ada' sent a " + std::string(to_string(type)) + " frame after the handshake");
  }
}

TEST_F(LinkTest, a_heartbeat_or_goodbye_that_does_not_decode_closes) {
  establish();
  acceptor_.link.on_bytes(now_, frame(FrameType::kHeartbeat, "123"), acceptor_.actions);
  EXPECT_EQ(acceptor_.closed(), "corrupt: node 'ada' sent a heartbeat that does not decode");
  dialer_.link.on_bytes(now_, frame(FrameType::kGoodbye, "\x7f"), dialer_.actions);
  EXPECT_EQ(dialer_.closed(), "corrupt: node 'bob' sent a goodbye that does not decode");
}

TEST_F(LinkTest, messages_before_a_violation_still_come_out_and_none_after_it) {
  establish();
  wire::Writer writer;
  writer.raw(frame(FrameType::kMessage, "before").span());
  writer.raw(frame(FrameType::kHello, "").span());
  writer.raw(frame(FrameType::kMessage, "after").span());
  acceptor_.link.on_bytes(now_, writer.finish(), acceptor_.actions);
  EXPECT_TRUE(acceptor_.link.is_closed());
  EXPECT_EQ(acceptor_.take_received(), (std::vector<std::string>{"before"}));
}

TEST_F(LinkTest, after_closed_nothing_comes_out) {
  establish();
  acceptor_.link.goodbye("done", acceptor_.actions);
  acceptor_.actions.clear();
  acceptor_.link.start(acceptor_.actions);
  acceptor_.link.on_bytes(now_, frame(FrameType::kMessage, "x"), acceptor_.actions);
  acceptor_.link.on_bytes(now_, Bytes::copy_of("garbage!"), acceptor_.actions);
  acceptor_.link.on_tick(now_ + 1h, acceptor_.actions);
  acceptor_.link.on_end("reset", acceptor_.actions);
  acceptor_.link.goodbye("again", acceptor_.actions);
  EXPECT_TRUE(acceptor_.actions.empty());
  EXPECT_EQ(acceptor_.link.next_tick(), TimePoint::max());
  EXPECT_EQ(acceptor_.link.peer().node, "ada") << "for the log";
}

TEST_F(LinkTest, a_goodbye_tells_the_peer_that_this_is_no_failure) {
  establish();
  dialer_.link.goodbye("node ada\nis drained", dialer_.actions);
  EXPECT_FALSE(dialer_.actions.closed->peer_left);
  exchange();
  ASSERT_TRUE(acceptor_.actions.closed.has_value());
  EXPECT_TRUE(acceptor_.actions.closed->peer_left);
  EXPECT_EQ(acceptor_.closed(), "stopping: node 'ada' left: node ada?is drained");
}

TEST_F(LinkTest, giving_up_a_link_is_not_leaving_the_cluster) {
  establish();
  dialer_.link.give_up("another link is in use", dialer_.actions);
  exchange();
  ASSERT_TRUE(acceptor_.actions.closed.has_value());
  EXPECT_FALSE(acceptor_.actions.closed->peer_left);
  EXPECT_EQ(acceptor_.closed(), "refused: node 'ada' gave up the link: another link is in use");
}

TEST_F(LinkTest, a_long_reason_of_a_goodbye_is_cut) {
  establish();
  dialer_.link.goodbye(std::string(100'000, 'r'), dialer_.actions);
  exchange();
  EXPECT_EQ(acceptor_.closed(), "stopping: node 'ada' left: " + std::string(Link::kReasonBytesMax, 'r'));
}

TEST_F(LinkTest, a_connection_that_ends_without_goodbye_is_a_failure_of_the_peer) {
  establish();
  dialer_.link.on_end("connection reset by peer", dialer_.actions);
  EXPECT_EQ(dialer_.closed(), "unreachable: the connection to node 'bob' ended: connection reset by peer");
  EXPECT_FALSE(dialer_.actions.closed->peer_left);
  acceptor_ = LinkEnd(Role::kAcceptor, "bob");
  acceptor_.link.on_end("end of file", acceptor_.actions);
  EXPECT_EQ(acceptor_.closed(),
            "unreachable: the connection ended while the acceptor waited for the dialer's hello: end of file");
}

TEST_F(LinkTest, the_handshake_has_a_deadline) {
  EXPECT_EQ(acceptor_.link.next_tick(), kStart + 5s);
  acceptor_.link.on_tick(kStart + 5s - 1ns, acceptor_.actions);
  EXPECT_FALSE(acceptor_.link.is_closed());
  acceptor_.link.on_tick(kStart + 5s, acceptor_.actions);
  EXPECT_EQ(acceptor_.closed(),
            "timeout: the acceptor waited for the dialer's hello, and the handshake took longer than 5000 ms");
}

TEST_F(LinkTest, a_trickle_of_bytes_does_not_put_off_the_handshakes_deadline) {
  dialer_.link.start(dialer_.actions);
  const Bytes hello = dialer_.take_writes();
  for (std::size_t i = 0; i < 10; ++i) {
    now_ += 499ms;
    acceptor_.link.on_bytes(now_, hello.slice(i, 1), acceptor_.actions);
    acceptor_.link.on_tick(now_, acceptor_.actions);
    EXPECT_FALSE(acceptor_.link.is_closed());
  }
  acceptor_.link.on_tick(kStart + 5s, acceptor_.actions);
  EXPECT_TRUE(acceptor_.link.is_closed());
}

TEST_F(LinkTest, measures_the_round_trip_with_heartbeats) {
  establish();
  EXPECT_FALSE(dialer_.link.last_round_trip().has_value());
  now_ = kStart + 500ms;
  dialer_.link.on_tick(now_, dialer_.actions);
  now_ += 3ms;
  pass(dialer_, acceptor_);
  now_ = kStart + 600ms;
  acceptor_.link.on_tick(now_, acceptor_.actions);
  now_ += 4ms;
  pass(acceptor_, dialer_);
  EXPECT_EQ(dialer_.link.last_round_trip(), 7ms);
}

TEST_F(LinkTest, half_a_frame_is_a_sign_of_life) {
  establish();
  const Bytes slow = frame(FrameType::kMessage, std::string(100, 's'));
  for (std::size_t i = 0; i < slow.size(); ++i) {
    now_ += 2s;
    acceptor_.link.on_bytes(now_, slow.slice(i, 1), acceptor_.actions);
    acceptor_.link.on_tick(now_, acceptor_.actions);
  }
  EXPECT_EQ(acceptor_.closed(), "not closed");
  EXPECT_EQ(acceptor_.take_received().size(), 1U);
}

TEST_F(LinkTest, random_bytes_never_establish_and_always_end_in_a_clear_error) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    Random random(seed);
    LinkEnd end(random.chance(0.5) ? Role::kDialer : Role::kAcceptor, "bob");
    end.link.start(end.actions);
    while (!end.link.is_closed()) {
      std::string junk(1 + random.below(64), '\0');
      for (char& byte : junk) byte = static_cast<char>(random.next());
      end.link.on_bytes(now_, Bytes::copy_of(junk), end.actions);
    }
    EXPECT_FALSE(end.actions.established) << "seed " << seed;
    EXPECT_TRUE(end.actions.closed->error.code == ErrorCode::kCorrupt ||
                end.actions.closed->error.code == ErrorCode::kTooLarge)
        << "seed " << seed << ": " << end.closed();
  }
}

TEST_F(LinkTest, random_traffic_in_random_cuts_arrives_whole_and_in_order) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Random random(seed);
    dialer_ = LinkEnd(Role::kDialer, "ada");
    acceptor_ = LinkEnd(Role::kAcceptor, "bob");
    establish();
    std::vector<std::string> sent;
    for (int i = 0; i < 100; ++i) {
      const std::string head(random.below(40), 'h');
      const std::string body(random.below(random.chance(0.2) ? 20'000 : 600), static_cast<char>('a' + i % 26));
      ASSERT_TRUE(dialer_.send(now_, head, Bytes::copy_of(body)).has_value());
      sent.push_back(head + body);
      if (random.chance(0.3)) pass(dialer_, acceptor_, 1 + random.below(3000));
    }
    exchange(1 + random.below(3000));
    EXPECT_EQ(acceptor_.take_received(), sent) << "seed " << seed;
  }
}

}  // namespace
}  // namespace troupe::link
