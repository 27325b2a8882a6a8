#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "troupe/actor/puppet.hpp"
#include "troupe/cluster/tests/cluster_fixture.test.hpp"

// Messages to a node that is not a neighbour. The operator has drawn a line: ada - bob - cy.
namespace troupe::cluster {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

struct Word {
  static constexpr auto wire_name = "test.word";
  int number = 0;
};
struct Count {
  static constexpr auto wire_name = "test.count";
  using Reply = int;
};
class Hearer : public Actor<Hearer> {
 public:
  using Messages = troupe::Messages<Word, Count>;
  explicit Hearer(std::vector<int>& heard) : heard_(heard) {}
  void on(const Word& word) { heard_.push_back(word.number); }
  int on(const Count&) { return static_cast<int>(heard_.size()); }

 private:
  std::vector<int>& heard_;
};

ClusterOptions in_line() {
  ClusterOptions options;
  options.overlay.name = "static";
  return options;
}

class WaysTest : public testing::Test {
 protected:
  explicit WaysTest(ClusterOptions between = in_line()) : bob_("bob", {}, {}, std::move(between)) {
    // On the shard whose lanes its messages take.
    (void)cy_.world.shard(0).spawn<Hearer>({.name = "hearer"}, heard_).value();
    advance(wire_, nodes_, 1s);
    speaker_ = ada_.world.shard(0).spawn<Puppet>({}).value();
  }
  void settle() { cluster::settle(wire_, nodes_); }
  void tell(int number) {
    ada_.world.shard(0).tell(speaker_, Do{[this, number](Context& context) { context.tell(hearer_, Word{number}); }});
  }
  Result<int> ask() {
    std::optional<Result<int>> answer;
    ada_.world.shard(0).ask(hearer_, Count{}, 5s, [&](Result<int> result) { answer = std::move(result); });
    settle();
    if (!answer) return fail(ErrorCode::kTimeout, "there was no answer at once");
    return std::move(*answer);
  }
  /// What the speaker hears of messages that were lost.
  void watch_loss() {
    ada_.world.shard(0).tell(speaker_, Do{[this](Context& context) {
                               context.watch_loss(hearer_, [this](const Loss& loss) { losses_.push_back(loss.why); });
                             }});
    settle();
  }
  static void forget(ClusterNode& node, const ClusterNode& whom) {
    for (std::uint32_t i = 0; i < 2; ++i) node.cluster.routing(i).remove({hash64(whom.name), 1});
  }

  TestWire wire_;
  ClusterNode ada_{"ada", {"bob:1"}, {}, in_line()};
  ClusterNode bob_;
  ClusterNode cy_{"cy", {"bob:1"}, {}, in_line()};
  std::vector<ClusterNode*> nodes_{&ada_, &bob_, &cy_};
  std::vector<int> heard_;
  std::vector<Error> losses_;
  Ref<Puppet> speaker_;
  const Ref<Hearer> hearer_ = Ref<Hearer>::named("cy", "hearer");
};

TEST_F(WaysTest, lead_through_the_node_between) {
  EXPECT_EQ(ada_.cluster.routing(0).next_hop(NodeId::named("cy")), (NodeId{hash64("bob"), 1}));
  EXPECT_EQ(ask().value(), 0);
  tell(1);
  settle();
  EXPECT_EQ(ask().value(), 1);
  EXPECT_EQ(bob_.world.metric("troupe_cluster_passed_on_total"), 5) << "two questions, two answers, and a word";
}

TEST_F(WaysTest, keep_the_order) {
  std::vector<int> said;
  for (int i = 0; i < 200; ++i) {
    tell(i);
    said.push_back(i);
    if (i % 7 == 0) settle();
  }
  settle();
  EXPECT_EQ(heard_, said);
}

TEST_F(WaysTest, a_broadcast_goes_all_of_the_line) {
  const auto sent = ada_.world.ask(ada_.membership, broadcast<Hearer>("hearer", Word{7}));
  settle();
  EXPECT_TRUE(sent);
  EXPECT_EQ(heard_, std::vector<int>{7});
}

TEST_F(WaysTest, the_end_of_an_actor_is_told_through_the_node_between) {
  int downs = 0;
  ada_.world.shard(0).tell(speaker_,
                           Do{[&](Context& context) { context.monitor(hearer_, [&](const Down&) { ++downs; }); }});
  settle();
  cy_.world.shard(0).send(Envelope::make(EnvelopeKind::kStop), hearer_.address());
  settle();
  EXPECT_EQ(downs, 1);
}

TEST_F(WaysTest, a_question_that_can_go_no_further_is_answered_with_an_error) {
  forget(bob_, cy_);
  const Result<int> answer = ask();
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, ErrorCode::kUnreachable);
  EXPECT_THAT(answer.error().detail, HasSubstr("knows no way on"));
}

TEST_F(WaysTest, the_sender_of_a_message_that_can_go_no_further_is_told) {
  watch_loss();
  tell(1);
  settle();
  EXPECT_THAT(losses_, IsEmpty());
  forget(bob_, cy_);
  tell(2);
  settle();
  ASSERT_EQ(losses_.size(), 1U);
  EXPECT_THAT(losses_[0].detail, HasSubstr("knows no way on"));
  EXPECT_EQ(heard_, std::vector{1});
}

TEST_F(WaysTest, messages_of_a_node_that_is_not_known_yet_wait_for_it) {
  const NodeId ada{hash64("ada"), 1};
  forget(cy_, ada_);
  tell(1);
  tell(2);
  settle();
  EXPECT_THAT(heard_, IsEmpty());
  for (std::uint32_t i = 0; i < 2; ++i) cy_.cluster.routing(i).add(ada, {hash64("bob"), 1});
  advance(wire_, nodes_, 2s);
  EXPECT_EQ(heard_, (std::vector{1, 2}));
}

TEST_F(WaysTest, messages_of_a_node_that_does_not_become_known_are_lost) {
  forget(cy_, ada_);
  tell(1);
  settle();
  EXPECT_EQ(cy_.world.metric("troupe_dead_letters_total"), 0);
  advance(wire_, nodes_, 2s);
  EXPECT_THAT(heard_, IsEmpty());
  EXPECT_EQ(cy_.world.metric("troupe_dead_letters_total"), 1);
}

TEST_F(WaysTest, a_neighbour_that_goes_takes_those_behind_it_with_it) {
  nodes_ = {&ada_};  // Nobody answers at bob's address any more.
  for (const auto& pipe : wire_.pipes) TestWire::cut(*pipe);
  advance(wire_, nodes_, 10s);
  EXPECT_EQ(ada_.cluster.routing(0).next_hop(NodeId::named("cy")), std::nullopt);
}

/// The node between passes nothing on that has passed a node.
class ShortWaysTest : public WaysTest {
 protected:
  ShortWaysTest() : WaysTest(with_one_hop()) {}
  static ClusterOptions with_one_hop() {
    ClusterOptions options = in_line();
    options.hops_max = 1;
    return options;
  }
};

TEST_F(ShortWaysTest, end_at_a_bound) {
  watch_loss();
  const Result<int> answer = ask();
  ASSERT_FALSE(answer.has_value());
  EXPECT_THAT(answer.error().detail, HasSubstr("cluster.hops_max"));
  tell(1);
  settle();
  ASSERT_EQ(losses_.size(), 1U);
  EXPECT_THAT(heard_, IsEmpty());
}

}  // namespace
}  // namespace troupe::cluster
