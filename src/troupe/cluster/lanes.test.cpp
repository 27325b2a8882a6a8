#include "troupe/cluster/lanes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "troupe/cluster/lanes_fixture.test.hpp"

// What connections become, and what goes over them. Refusals and bounds are in lanes_bounds.test.cpp.
namespace troupe::cluster {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

struct Say {
  static constexpr auto wire_name = "test.say";
  std::uint64_t sender = 0;
  std::uint64_t number = 0;
};

/// Writes down what it hears, as "sender:number".
class Listener : public Actor<Listener> {
 public:
  using Messages = troupe::Messages<Say>;
  explicit Listener(std::vector<std::string>& heard) : heard_(heard) {}
  void on(const Say& say) { heard_.push_back(std::to_string(say.sender) + ":" + std::to_string(say.number)); }

 private:
  std::vector<std::string>& heard_;
};

class LanesTest : public testing::Test {
 protected:
  void make(std::uint16_t data_lanes = 1) {
    LinksOptions ada = links_options("ada");
    LinksOptions bob = links_options("bob");
    ada.channels = bob.channels = {{.name = "data", .parallelism = data_lanes}};
    nodes_.emplace(ada, bob);
    listener_ = nodes_->bob.world.shard().spawn<Listener>({}, heard_).value();
  }
  /// Sends a numbered message of an actor of ada's to the listener at bob's.
  SendOutcome say(std::uint32_t sender, std::uint64_t number, Via via = {}) {
    EnvelopePtr envelope = Envelope::make_message(EnvelopeKind::kTell, Say{sender, number}, via);
    envelope->sender = {ada().id, ActorId::at(0, sender, 1)};
    envelope->recipient = listener_.address().actor;
    return ada().lanes.send(bob_id_, std::move(envelope));
  }
  TestNode& ada() { return nodes_->ada; }
  TestNode& bob() { return nodes_->bob; }

  std::vector<std::string> heard_;
  NodeId bob_id_{hash64("bob"), 1};
  std::optional<TwoNodes> nodes_;
  Ref<Listener> listener_;
};

TEST_F(LanesTest, a_link_is_up_when_all_its_lanes_are) {
  make(3);
  ada().links.dial("bob:1");
  nodes_->settle();
  EXPECT_THAT(ada().news, ElementsAre("up bob by dialing bob:1"));
  EXPECT_THAT(bob().news, ElementsAre("up ada by the peer"));
  EXPECT_EQ(nodes_->wire.pipes.size(), 4U) << "one for control, three for data";
}

TEST_F(LanesTest, a_link_whose_lanes_do_not_all_come_up_is_given_up) {
  make(2);
  nodes_->wire.blocked_from = 2;  // Control and the first data lane work, the second does not.
  ada().links.dial("bob:1");
  nodes_->advance(6s);
  EXPECT_THAT(ada().news, ElementsAre(StartsWith("no link to bob:1: timeout")));
  EXPECT_THAT(bob().news, IsEmpty());
  EXPECT_THAT(bob().world.log_lines(), testing::Contains(HasSubstr("link from ada (ada:1) ended before it was up")));
  EXPECT_EQ(ada().links.link_count() + bob().links.link_count(), 0U);
}

TEST_F(LanesTest, messages_reach_the_actor_and_keep_the_order_of_each_pair) {
  make(3);
  nodes_->join();
  for (std::uint64_t number = 1; number <= 50; ++number) {
    for (std::uint32_t sender = 1; sender <= 8; ++sender) EXPECT_EQ(say(sender, number), SendOutcome::kTaken);
    if (number % 7 == 0) ada().flush();
  }
  std::size_t lanes_in_use = 0;
  ada().flush();
  for (const auto& pipe : nodes_->wire.pipes) lanes_in_use += pipe->ends[1].inbound.empty() ? 0 : 1;
  EXPECT_EQ(lanes_in_use, 3U) << "several senders to one recipient share the lanes out";
  nodes_->settle();
  ASSERT_EQ(heard_.size(), 400U);
  for (std::uint64_t sender = 1; sender <= 8; ++sender) {
    std::uint64_t next = 1;
    for (const std::string& each : heard_) {
      if (!each.starts_with(std::to_string(sender) + ":")) continue;
      EXPECT_EQ(each, std::to_string(sender) + ":" + std::to_string(next++));
    }
    EXPECT_EQ(next, 51U);
  }
}

TEST_F(LanesTest, what_comes_before_the_link_is_chosen_waits_for_it) {
  make();
  ada().links.dial("bob:1");
  nodes_->settle();
  ada().choose(bob().id, ada().links_up.back());
  say(1, 1);
  say(1, 2);
  nodes_->settle();
  EXPECT_THAT(heard_, IsEmpty());
  bob().choose(ada().id, bob().links_up.back());
  say(1, 3);
  nodes_->settle();
  EXPECT_THAT(heard_, ElementsAre("1:1", "1:2", "1:3"));
}

TEST_F(LanesTest, what_comes_late_over_an_earlier_link_is_dropped_since_it_would_be_out_of_order) {
  make();
  nodes_->join();
  const auto earlier = ada().links_up.back();
  ada().links.dial("bob:1");
  nodes_->settle();
  say(1, 1);
  ada().flush();  // On the wire when bob takes the new link into use.
  bob().choose(ada().id, bob().links_up.back());
  ada().choose(bob().id, ada().links_up.back());
  say(1, 2);
  nodes_->settle();
  EXPECT_THAT(heard_, ElementsAre("1:2"));
  EXPECT_EQ(bob().world.metric("troupe_dead_letters_total"), 1);
  ada().links.close(ada().links_up.back(), "for the test");
  nodes_->settle();
  ada().choose(bob().id, earlier);
  bob().choose(ada().id, bob().links_up.front());
  say(1, 3);
  nodes_->settle();
  EXPECT_THAT(heard_, ElementsAre("1:2", "1:3")) << "chosen again";
}

TEST_F(LanesTest, a_half_open_link_is_found_by_its_silence) {
  make();
  nodes_->join();
  nodes_->wire.pipes[0]->blocked = true;
  nodes_->advance(4s);
  EXPECT_THAT(ada().news.back(), HasSubstr("half-open connection"));
  EXPECT_THAT(ada().news.back(), StartsWith("down: timeout"));
}

TEST_F(LanesTest, heartbeats_keep_an_idle_link_up) {
  make(2);
  nodes_->join();
  nodes_->advance(30s);
  EXPECT_EQ(ada().news.size(), 1U);
  EXPECT_EQ(bob().news.size(), 1U);
}

TEST_F(LanesTest, each_heartbeat_of_a_link_is_told_with_the_round_trip) {
  make(2);
  nodes_->join();
  nodes_->advance(3s);
  ASSERT_EQ(ada().heard.size(), 6U) << "of the control lane only, each half second";
  EXPECT_EQ(ada().heard.front(), std::nullopt) << "nothing is measured yet";
  EXPECT_TRUE(ada().heard.back().has_value());
}

TEST_F(LanesTest, giving_up_a_link_is_not_leaving) {
  make();
  nodes_->join();
  ada().links.close(ada().links_up.back(), "there is another");
  nodes_->settle();
  EXPECT_EQ(ada().news.size(), 1U) << "who closes is not told";
  EXPECT_THAT(bob().news.back(), StartsWith("down: refused"));
  EXPECT_THAT(bob().news.back(), HasSubstr("there is another"));
}

TEST_F(LanesTest, a_node_that_leaves_says_so) {
  make(2);
  nodes_->join();
  ada().links.leave("it stops");
  nodes_->settle();
  EXPECT_THAT(bob().news.back(), StartsWith("left: stopping"));
  EXPECT_THAT(bob().news.back(), HasSubstr("it stops"));
  EXPECT_EQ(bob().news.size(), 2U) << "once, not for each lane";
}

TEST_F(LanesTest, the_overlay_speaks_on_the_control_lane) {
  make();
  nodes_->join();
  bob().links.send_control(ada().id, Bytes::copy_of("hello"));
  nodes_->settle();
  EXPECT_THAT(ada().overlay_messages, ElementsAre("hello"));
}

TEST_F(LanesTest, a_dial_that_reaches_nobody_is_answered) {
  make();
  ada().links.dial("eve:1");
  nodes_->settle();
  EXPECT_THAT(ada().news, ElementsAre("no link to eve:1: unreachable: nobody is there"));
  EXPECT_EQ(ada().world.metric("troupe_cluster_dials_failed_total"), 1);
}

TEST_F(LanesTest, an_address_that_the_connection_disproves_may_not_be_claimed) {
  LinksOptions liar = links_options("ada");
  liar.identity.address = kFalseAddress;
  nodes_.emplace(liar, links_options("bob"));
  ada().links.dial("bob:1");
  nodes_->settle();
  const std::string why = "the certificate of ada does not name the host of false:1, where it says it is reached";
  EXPECT_THAT(ada().news, ElementsAre(HasSubstr(why)));
  EXPECT_THAT(bob().news, IsEmpty());
  EXPECT_THAT(bob().world.log_lines(), testing::Contains(HasSubstr(why)));
  EXPECT_GE(bob().world.metric("troupe_cluster_connections_refused_total"), 1);
}

TEST_F(LanesTest, strangers_who_come_again_and_again_do_not_fill_the_log) {
  LinksOptions stranger = links_options("ada");
  stranger.secret = "another secret";
  LinksOptions careful = links_options("bob");
  careful.refusal_lines_max = 2;
  nodes_.emplace(stranger, careful);
  const auto dial = [&] {
    ada().links.dial("bob:1");
    nodes_->settle();
  };
  for (int i = 0; i < 7; ++i) dial();
  EXPECT_EQ(bob().world.metric("troupe_cluster_connections_refused_total"), 7);
  EXPECT_EQ(bob().world.log_lines().size(), 2U);
  nodes_->advance(11s);
  dial();
  EXPECT_THAT(bob().world.log_lines().back(), HasSubstr("(5 such lines before it are left out)"));
}

TEST_F(LanesTest, a_link_that_is_closed_while_it_is_dialed_comes_to_nothing) {
  make();
  ada().links.dial("bob:1");
  ada().links.leave("at once");
  nodes_->settle();
  EXPECT_THAT(ada().news, IsEmpty());
  EXPECT_THAT(bob().news, IsEmpty());
}

TEST_F(LanesTest, a_node_is_reached_only_in_the_life_that_is_meant) {
  make();
  nodes_->join();
  bob_id_.incarnation = 2;
  EXPECT_EQ(say(1, 1), SendOutcome::kUnreachable);
}

}  // namespace
}  // namespace troupe::cluster
