#include "troupe/pubsub/topic_actor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "troupe/cluster/two_worlds.test.hpp"

namespace troupe::pubsub {
namespace {

using overlay::MemberState;
using testing::ElementsAre;
using testing::IsEmpty;

/// Writes down what is published, as "topic=payload".
class Reader : public Actor<Reader> {
 public:
  using Messages = troupe::Messages<Published>;
  explicit Reader(std::vector<std::string>& heard) : heard_(heard) {}
  void on(const Published& published) {
    heard_.push_back(published.topic + "=" + std::string(published.payload.view()));
  }

 private:
  std::vector<std::string>& heard_;
};

class TopicActorTest : public testing::Test {
 protected:
  explicit TopicActorTest(TopicOptions options = {})
      : ada_(spawn(nodes_.ada, options)), bob_(spawn(nodes_.bob, options)) {}
  static Ref<TopicActor> spawn(cluster::TwoWorlds::Node& node, TopicOptions options) {
    return node.world.shard()
        .spawn<TopicActor>({.name = topics_actor_name(0)}, options, 0U, Ref<cluster::Membership>(),
                           node.world.metrics())
        .value();
  }
  /// Each hears that the other's state is this.
  void see(MemberState state) {
    nodes_.ada.world.shard().tell(ada_, nodes_.bob.is(state));
    nodes_.bob.world.shard().tell(bob_, nodes_.ada.is(state));
    nodes_.run();
  }
  Ref<Reader> reader(cluster::TwoWorlds::Node& node, std::vector<std::string>& heard) {
    return node.world.shard().spawn<Reader>({}, heard).value();
  }
  void publish_on_bob(const std::string& topic, const std::string& payload) {
    nodes_.bob.world.shard().tell(bob_, Publish{topic, Bytes::copy_of(payload)});
    nodes_.run();
  }
  std::size_t carried(std::string_view name) const {
    return static_cast<std::size_t>(std::ranges::count(nodes_.carried, name));
  }

  cluster::TwoWorlds nodes_;
  std::vector<std::string> heard_;
  Ref<TopicActor> ada_;
  Ref<TopicActor> bob_;
};

TEST_F(TopicActorTest, a_message_reaches_the_subscribers_of_its_topic_in_order) {
  auto& world = nodes_.ada.world;
  const auto reader = this->reader(nodes_.ada, heard_);
  ASSERT_TRUE(world.ask(ada_, Subscribe{"news", reader}).has_value());
  ASSERT_TRUE(world.ask(ada_, Subscribe{"news", reader}).has_value()) << "twice is once";
  for (const char* payload : {"1", "2", "3"}) world.shard().tell(ada_, Publish{"news", Bytes::copy_of(payload)});
  world.shard().tell(ada_, Publish{"weather", Bytes::copy_of("rain")});
  world.run();
  EXPECT_THAT(heard_, ElementsAre("news=1", "news=2", "news=3"));
  world.shard().tell(ada_, Unsubscribe{"news", reader});
  world.shard().tell(ada_, Publish{"news", Bytes::copy_of("4")});
  world.run();
  EXPECT_EQ(heard_.size(), 3U);
}

TEST_F(TopicActorTest, a_node_without_subscribers_is_sent_nothing) {
  see(MemberState::kUp);
  publish_on_bob("news", "1");
  EXPECT_EQ(carried("troupe.topic.relayed"), 0U);
  const auto reader = this->reader(nodes_.ada, heard_);
  nodes_.ada.world.shard().tell(ada_, Subscribe{"news", reader});
  nodes_.run();
  publish_on_bob("news", "2");
  EXPECT_THAT(heard_, ElementsAre("news=2"));
  EXPECT_EQ(carried("troupe.topic.relayed"), 1U) << "once, however many subscribe";
}

TEST_F(TopicActorTest, a_subscriber_that_ends_is_forgotten_here_and_there) {
  see(MemberState::kUp);
  const auto reader = this->reader(nodes_.ada, heard_);
  for (const char* topic : {"news", "weather"}) nodes_.ada.world.shard().tell(ada_, Subscribe{topic, reader});
  nodes_.run();
  nodes_.ada.world.shard().send(Envelope::make(EnvelopeKind::kStop), reader.address());
  nodes_.run();
  publish_on_bob("news", "1");
  EXPECT_EQ(carried("troupe.topic.relayed"), 0U);
}

TEST_F(TopicActorTest, interest_of_before_the_link_is_told_with_it) {
  const auto reader = this->reader(nodes_.ada, heard_);
  nodes_.ada.world.shard().tell(ada_, Subscribe{"news", reader});
  nodes_.run();
  see(MemberState::kUp);
  publish_on_bob("news", "1");
  EXPECT_THAT(heard_, ElementsAre("news=1"));
}

TEST_F(TopicActorTest, nobody_is_told_of_nothing) {
  see(MemberState::kUp);
  EXPECT_EQ(carried(AllInterest::wire_name), 0U);
  const auto reader = this->reader(nodes_.ada, heard_);
  nodes_.ada.world.shard().tell(ada_, Subscribe{"news", reader});
  nodes_.ada.world.shard().tell(ada_, Unsubscribe{"news", reader});
  nodes_.run();
  see(MemberState::kUp);  // What was told to bob may have been lost.
  EXPECT_EQ(carried(AllInterest::wire_name), 1U);
}

TEST_F(TopicActorTest, interest_that_was_lost_is_told_anew) {
  see(MemberState::kUp);
  bool lossy = true;
  nodes_.loses = [&](const Envelope& envelope) { return lossy && envelope.type()->name == Interest::wire_name; };
  const auto reader = this->reader(nodes_.ada, heard_);
  nodes_.ada.world.shard().tell(ada_, Subscribe{"news", reader});
  publish_on_bob("news", "1");
  EXPECT_THAT(heard_, IsEmpty());
  lossy = false;
  nodes_.advance(7s);  // interest_timeout, then interest_retry
  publish_on_bob("news", "2");
  EXPECT_THAT(heard_, ElementsAre("news=2"));
}

TEST_F(TopicActorTest, a_remade_link_tells_all_anew_and_a_lost_member_is_forgotten) {
  see(MemberState::kUp);
  const auto reader = this->reader(nodes_.ada, heard_);
  nodes_.ada.world.shard().tell(ada_, Subscribe{"news", reader});
  nodes_.run();
  nodes_.bob.world.shard().tell(bob_, nodes_.ada.is(MemberState::kDown));
  publish_on_bob("news", "1");
  EXPECT_THAT(heard_, IsEmpty());
  see(MemberState::kUp);
  publish_on_bob("news", "2");
  see(MemberState::kUnreachable);
  see(MemberState::kUp);
  publish_on_bob("news", "3");
  EXPECT_THAT(heard_, ElementsAre("news=2", "news=3"));
}

TEST_F(TopicActorTest, the_end_of_an_earlier_life_takes_nothing_from_the_next) {
  see(MemberState::kUp);
  const auto reader = this->reader(nodes_.ada, heard_);
  nodes_.ada.world.shard().tell(ada_, Subscribe{"news", reader});
  nodes_.run();
  auto earlier = nodes_.ada.is(MemberState::kDown);
  earlier.member.incarnation = 0;
  nodes_.bob.world.shard().tell(bob_, earlier);
  publish_on_bob("news", "1");
  EXPECT_THAT(heard_, ElementsAre("news=1"));
}

class TopicActorBounds : public TopicActorTest {
 protected:
  TopicActorBounds() : TopicActorTest({.topics_max = 3, .topics_per_message = 2}) {}
};

TEST_F(TopicActorBounds, so_many_topics_and_no_more) {
  auto& world = nodes_.ada.world;
  const auto reader = this->reader(nodes_.ada, heard_);
  for (const char* topic : {"a", "b", "c"}) EXPECT_TRUE(world.ask(ada_, Subscribe{topic, reader}).has_value());
  EXPECT_EQ(world.ask(ada_, Subscribe{"d", reader}).error().code, ErrorCode::kQueueFull);
  EXPECT_TRUE(world.ask(ada_, Subscribe{"a", this->reader(nodes_.ada, heard_)}).has_value()) << "a topic that is there";
  EXPECT_EQ(world.ask(ada_, Subscribe{std::string(kTopicNameBytesMax + 1, 'x'), reader}).error().code,
            ErrorCode::kInvalidArgument);
}

TEST_F(TopicActorBounds, all_interest_goes_in_parts) {
  const auto reader = this->reader(nodes_.ada, heard_);
  for (const char* topic : {"a", "b", "c"}) nodes_.ada.world.shard().tell(ada_, Subscribe{topic, reader});
  nodes_.run();
  nodes_.carried.clear();
  see(MemberState::kUp);
  EXPECT_EQ(carried(AllInterest::wire_name), 2U) << "ada's; bob has nothing to tell";
  for (const char* topic : {"a", "b", "c"}) publish_on_bob(topic, "1");
  EXPECT_THAT(heard_, ElementsAre("a=1", "b=1", "c=1"));
}

TEST_F(TopicActorBounds, a_peer_that_floods_interest_gets_no_more_than_its_share) {
  see(MemberState::kUp);
  const auto flood = [&](AllInterest interest) {
    EnvelopePtr envelope = Envelope::make(EnvelopeKind::kTell, std::move(interest));
    envelope->sender = {nodes_.ada.id, ActorId::at(0, 1, 1)};
    envelope->recipient = bob_.address().actor;
    nodes_.bob.world.shard().deliver(std::move(envelope));
    nodes_.run();
  };
  AllInterest many;
  for (int i = 0; i < 1'000; ++i) many.topics.push_back("t" + std::to_string(i));
  for (int i = 0; i < 10; ++i) {
    many.is_first = i == 0;
    flood(many);
  }
  EXPECT_EQ(nodes_.bob.world.metric("troupe_topic_interest_ignored_total"), 9'970);
  flood({.is_first = true, .topics = {std::string(2'000, 'x'), "news"}});
  nodes_.carried.clear();
  publish_on_bob("t0", "1");
  EXPECT_EQ(carried("troupe.topic.relayed"), 0U) << "the first part takes the place of all before";
  publish_on_bob("news", "1");
  EXPECT_EQ(carried("troupe.topic.relayed"), 1U);
}

}  // namespace
}  // namespace troupe::pubsub
