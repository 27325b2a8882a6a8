#include "troupe/cluster/delivery/strong_delivery.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "troupe/actor/delivery/deliveries.hpp"
#include "troupe/actor/puppet.hpp"
#include "troupe/cluster/tests/cluster_fixture.test.hpp"

namespace troupe::cluster {
namespace {

struct Note {
  static constexpr auto wire_name = "test.note";
  int number = 0;
  std::string text;
};

/// Writes down what it gets.
class Inbox : public Actor<Inbox> {
 public:
  using Messages = troupe::Messages<Note>;
  explicit Inbox(std::vector<int>& got) : got_(got) {}
  void on(const Note& note) { got_.push_back(note.number); }

 private:
  std::vector<int>& got_;
};

/// What ada's sender delivers to bob's inboxes, `near` on his first shard and `far` on the second.
class StrongDeliveryTest : public ::testing::Test {
 protected:
  explicit StrongDeliveryTest(const ClusterOptions& options = {})
      : bob_("bob", {}, {}, options), ada_("ada", {"bob:1"}, {}, options) {
    near_ = bob_.world.shard(0).spawn<Inbox>({.name = "near"}, got_).value();
    far_ = bob_.world.shard(1).spawn<Inbox>({.name = "far"}, got_).value();
    sender_ = ada_.world.shard().spawn<Puppet>({}).value();
    settle(wire_, {&ada_, &bob_});
  }

  void as_sender(std::move_only_function<void(Context&)> action) {
    ada_.world.shard().tell(sender_, Do{std::move(action)});
  }
  void deliver(const Ref<Inbox>& to, int number, DeliverOptions options = {}, std::string text = "") {
    as_sender([this, to, number, options, text](Context& context) {
      context.deliver(to, Note{number, text}, options, [this, number](const Delivery& delivery) {
        const char* outcome = delivery.is_delivered() ? "delivered" : delivery.is_refused() ? "refused" : "unknown";
        outcomes_.push_back(std::to_string(number) + " " + outcome +
                            (delivery.is_delivered() ? "" : ": " + std::string(to_string(delivery.why.code))));
      });
    });
  }
  void settle_all() { settle(wire_, {&ada_, &bob_}); }
  void pass(Duration duration) { advance(wire_, {&ada_, &bob_}, duration); }
  void block(bool blocked) {
    for (const auto& pipe : wire_.pipes) pipe->blocked = blocked;
  }
  static Ref<Inbox> at_bob(const char* name) { return Ref<Inbox>::named("bob", name); }

  using Strings = std::vector<std::string>;
  using Numbers = std::vector<int>;

  std::vector<int> got_;  // Outlive the actors.
  Strings outcomes_;
  TestWire wire_;
  ClusterNode bob_;
  ClusterNode ada_;
  Ref<Inbox> near_;
  Ref<Inbox> far_;
  Ref<Puppet> sender_;
};

TEST_F(StrongDeliveryTest, a_message_is_delivered_wherever_the_recipient_lives) {
  deliver(near_, 1);
  deliver(far_, 2);
  deliver(at_bob("near"), 3);
  deliver(at_bob("far"), 4);
  settle_all();
  EXPECT_EQ(got_.size(), 4U);
  EXPECT_EQ(outcomes_.size(), 4U);
  for (const std::string& each : outcomes_) EXPECT_TRUE(each.ends_with(" delivered")) << each;
  EXPECT_EQ(ada_.world.metric("troupe_delivery_retransmissions_total"), 0);
  EXPECT_EQ(ada_.world.metric("troupe_delivery_store_bytes"), 0);
}

TEST_F(StrongDeliveryTest, who_is_not_there_refuses) {
  deliver(at_bob("nobody"), 1);
  deliver(Ref<Inbox>(Address{bob_.world.shard().node(), ActorId::at(1, 77, 1)}), 2);
  deliver(Ref<Inbox>::named("carol", "inbox"), 3);
  settle_all();
  std::ranges::sort(outcomes_);
  EXPECT_EQ(outcomes_, (Strings{"1 refused: no_such_actor", "2 refused: no_such_actor", "3 refused: unreachable"}));
}

TEST_F(StrongDeliveryTest, a_shard_that_the_node_does_not_have_never_answers) {
  deliver(Ref<Inbox>(Address{bob_.world.shard().node(), ActorId::at(9, 1, 1)}), 1, {.within = 1s});
  pass(1s);
  EXPECT_EQ(outcomes_, Strings{"1 unknown: timeout"});
}

TEST_F(StrongDeliveryTest, what_may_not_leave_its_node_is_too_large_for_others) {
  std::string outcome;
  as_sender([&](Context& context) {
    context.deliver(Ref<Puppet>::named("bob", "puppet"), Do{}, {}, [&](const Delivery& delivery) {
      outcome = delivery.is_refused() ? to_string(delivery.why.code) : "not refused";
    });
  });
  settle_all();
  EXPECT_EQ(outcome, "too_large");
}

TEST_F(StrongDeliveryTest, what_is_sent_again_is_delivered_once_and_in_order) {
  block(true);
  for (int i = 1; i <= 3; ++i) deliver(far_, i);
  pass(2s);
  EXPECT_EQ(outcomes_, Strings{});
  block(false);
  settle_all();
  EXPECT_EQ(got_, (Numbers{1, 2, 3}));
  EXPECT_EQ(outcomes_, (Strings{"1 delivered", "2 delivered", "3 delivered"}));
  EXPECT_GT(ada_.world.metric("troupe_delivery_retransmissions_total"), 0);
  EXPECT_GT(bob_.world.metric("troupe_delivery_duplicates_total"), 0);
}

TEST_F(StrongDeliveryTest, it_survives_connections_that_break_and_are_made_again) {
  block(true);
  for (int i = 1; i <= 3; ++i) deliver(near_, i);
  settle_all();
  for (const auto& pipe : wire_.pipes) TestWire::cut(*pipe);
  block(false);
  pass(3s);
  EXPECT_EQ(got_, (Numbers{1, 2, 3}));
  EXPECT_EQ(outcomes_, (Strings{"1 delivered", "2 delivered", "3 delivered"}));
}

TEST_F(StrongDeliveryTest, when_no_word_comes_in_time_the_outcome_is_unknown) {
  block(true);
  deliver(near_, 1, {.within = 1s});
  pass(950ms);
  EXPECT_EQ(outcomes_, Strings{});
  pass(50ms);
  EXPECT_EQ(outcomes_, Strings{"1 unknown: timeout"});
  EXPECT_EQ(ada_.world.metric("troupe_delivery_store_bytes"), 0);
}

TEST_F(StrongDeliveryTest, when_the_node_is_down_what_was_sent_is_unknown_and_what_comes_then_is_refused) {
  block(true);
  wire_.blocked_from = 0;  // New connections, too.
  deliver(near_, 1, {.within = 1min});
  pass(10s);
  deliver(near_, 2, {.within = 1min});
  settle_all();
  EXPECT_EQ(outcomes_, (Strings{"1 unknown: unreachable", "2 refused: unreachable"}));
}

/// Fails, and while it waits to be restarted its mailbox fills.
class Broken : public Actor<Broken> {
 public:
  using Messages = troupe::Messages<Note>;
  void on(const Note&) { throw std::runtime_error("broken"); }
};

TEST_F(StrongDeliveryTest, a_mailbox_that_stays_full_refuses_before_the_deadline) {
  SpawnOptions options{.name = "broken", .mailbox_messages_max = 1};
  options.supervision = {.on_failure = OnFailure::kRestart, .backoff_initial = 1h, .backoff_max = 1h};
  ASSERT_TRUE(bob_.world.shard(1).spawn<Broken>(options));
  const auto broken = Ref<Inbox>::named("bob", "broken");
  deliver(broken, 1);
  settle_all();
  deliver(broken, 2);
  settle_all();
  EXPECT_EQ(outcomes_, (Strings{"1 delivered", "2 delivered"}));
  deliver(broken, 3, {.within = 4s});
  pass(3400ms);
  EXPECT_EQ(outcomes_.size(), 2U);
  pass(600ms);
  EXPECT_EQ(outcomes_.back(), "3 refused: queue_full");
}

TEST_F(StrongDeliveryTest, a_causal_message_waits_until_the_one_before_is_delivered) {
  block(true);
  deliver(near_, 1, {.causal = "chat"});
  const auto here = ada_.world.shard().spawn<Inbox>({}, got_).value();
  deliver(here, 2, {.causal = "chat"});
  pass(1s);
  EXPECT_EQ(got_, Numbers{});
  block(false);
  settle_all();
  EXPECT_EQ(got_, (Numbers{1, 2}));
}

TEST_F(StrongDeliveryTest, a_causal_message_waits_until_one_that_came_to_nothing_is_certain_to) {
  const auto here = ada_.world.shard().spawn<Inbox>({}, got_).value();
  block(true);
  deliver(near_, 1, {.within = 500ms, .causal = "chat"});
  deliver(here, 2, {.causal = "chat"});
  pass(1s);
  EXPECT_EQ(outcomes_, Strings{"1 unknown: timeout"});
  EXPECT_EQ(got_, Numbers{});  // It is on its way, still.
  block(false);
  pass(1s);
  EXPECT_EQ(got_, (Numbers{1, 2}));
  EXPECT_EQ(ada_.world.shard().deliveries().size(), 0U);
}

class SmallStoreTest : public StrongDeliveryTest {
 protected:
  SmallStoreTest() : StrongDeliveryTest(small()) {}
  static ClusterOptions small() {
    ClusterOptions options;
    options.message_bytes_max = 64U << 10U;
    options.delivery.protocol.messages_max = 2;
    options.delivery.bytes_max = 100'000;
    return options;
  }
};

TEST_F(SmallStoreTest, one_message_more_than_the_bound_is_refused) {
  block(true);
  for (int i = 1; i <= 3; ++i) deliver(near_, i);
  settle_all();
  EXPECT_EQ(outcomes_, Strings{"3 refused: queue_full"});
  block(false);
  settle_all();
  EXPECT_EQ(got_, (Numbers{1, 2}));
}

TEST_F(SmallStoreTest, one_byte_more_than_the_bound_is_refused) {
  constexpr std::size_t kHead = 4 + 3;  // The number, and the length of the text.
  block(true);
  deliver(near_, 1, {}, std::string(50'000 - kHead, 'x'));
  deliver(near_, 2, {}, std::string(50'001 - kHead, 'x'));
  settle_all();
  EXPECT_EQ(outcomes_, Strings{"2 refused: queue_full"});
  deliver(near_, 3, {}, std::string(50'000 - kHead, 'x'));
  settle_all();
  EXPECT_EQ(outcomes_.size(), 1U);
  EXPECT_EQ(ada_.world.metric("troupe_delivery_store_bytes"), 100'000);
}

TEST_F(SmallStoreTest, a_message_larger_than_the_peer_takes_is_refused) {
  deliver(near_, 1, {}, std::string(70'000, 'x'));
  settle_all();
  EXPECT_EQ(outcomes_, Strings{"1 refused: too_large"});
}

}  // namespace
}  // namespace troupe::cluster
