#include "troupe/link/tests/link_fixture.hpp"

// A link whose peer gives credit, and messages that go in chunks. The parts by themselves: outbox, chunk, window.
namespace troupe::link {
namespace {

using wire::FrameType;

TEST_F(LinkTest, a_peer_that_gives_no_credit_gets_a_window_and_the_rest_waits_here) {
  establish();
  acceptor_.gives_credit = false;
  const std::string text(5'000, 'x');
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(dialer_.send(now_, text).has_value());
  exchange();
  const std::size_t arrived = acceptor_.take_received().size();
  EXPECT_EQ(arrived, 53U) << "256 KiB, and the message with which they were reached";
  EXPECT_EQ(dialer_.link.waiting_messages(), 200 - arrived);
  EXPECT_EQ(dialer_.link.waiting_bytes(), (200 - arrived) * text.size());
  acceptor_.gives_credit = true;
  exchange();
  EXPECT_EQ(acceptor_.take_received().size(), 200 - arrived);
  EXPECT_EQ(dialer_.link.waiting_messages(), 0U);
}

TEST_F(LinkTest, what_the_owner_holds_gets_no_credit) {
  establish();
  acceptor_.gives_credit = false;
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(dialer_.send(now_, std::string(5'000, 'x')).has_value());
  exchange();
  acceptor_.link.give_credit(53 * 5'000, acceptor_.actions);
  EXPECT_TRUE(acceptor_.take_writes().empty());
  acceptor_.link.give_credit(0, acceptor_.actions);
  EXPECT_FALSE(acceptor_.take_writes().empty());
}

TEST_F(LinkTest, a_message_above_the_chunk_size_goes_in_parts_and_arrives_whole) {
  dialer_ = LinkEnd(Role::kDialer, "ada", 1 << 20);
  acceptor_ = LinkEnd(Role::kAcceptor, "bob", 1 << 20);
  establish();
  const std::string large(700'000, 'x');
  ASSERT_TRUE(dialer_.send(now_, large).has_value());
  ASSERT_TRUE(
      dialer_.link
          .send(
              now_, 2, [](wire::Writer& writer) { writer.raw(std::as_bytes(std::span("y", 1))); }, dialer_.actions)
          .has_value());
  exchange(1'000);
  EXPECT_EQ(acceptor_.take_received(), (std::vector<std::string>{"y", large}));
}

TEST_F(LinkTest, content_that_is_read_to_its_place_makes_the_same_messages) {
  for (const std::size_t piece : {7U, 1'000U, 65'000U, 1'000'000U}) {
    dialer_ = LinkEnd(Role::kDialer, "ada", 1 << 20);
    acceptor_ = LinkEnd(Role::kAcceptor, "bob", 1 << 20);
    acceptor_.places = true;
    establish();
    EXPECT_TRUE(acceptor_.link.place().empty());
    std::string large(300'000, 'x');
    for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>('a' + i % 23);
    ASSERT_TRUE(dialer_.send(now_, large).has_value());
    ASSERT_TRUE(dialer_.send(now_, "small").has_value());
    ASSERT_TRUE(dialer_.send(now_, large + large).has_value());
    exchange(piece);
    EXPECT_EQ(acceptor_.take_received(), (std::vector<std::string>{large, "small", large + large})) << piece;
    EXPECT_EQ(dialer_.link.under_way_bytes() / CreditCounter::kStepBytes, 0U) << "all of it was counted";
  }
}

TEST_F(LinkTest, credit_for_what_was_not_sent_closes_the_link) {
  establish();
  dialer_.link.on_bytes(now_, frame(FrameType::kCredit, std::string("\1\0\0\0\0\0\0\0", 8)), dialer_.actions);
  EXPECT_EQ(dialer_.closed(), "corrupt: node 'bob' sent credit for what was not sent");
}

TEST_F(LinkTest, a_chunk_out_of_place_closes_the_link) {
  establish();
  dialer_.link.on_bytes(now_, frame(FrameType::kChunk, "twelve bytes and more"), dialer_.actions);
  EXPECT_EQ(dialer_.closed(), "corrupt: node 'bob' sent a chunk of a message that was not begun");
}

}  // namespace
}  // namespace troupe::link
