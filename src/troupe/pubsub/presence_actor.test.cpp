#include "troupe/pubsub/presence_actor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "troupe/cluster/two_worlds.test.hpp"

namespace troupe::pubsub {
namespace {

using overlay::MemberState;
using testing::IsEmpty;

/// Knows who is there, from what it was told: `there` maps who to what is shown.
class Onlooker : public Actor<Onlooker> {
 public:
  using Messages = troupe::Messages<PresenceChanged>;
  explicit Onlooker(std::map<std::string, std::string>& there) : there_(there) {}
  void on(const PresenceChanged& change) {
    for (const PresenceEntry& entry : change.joined) there_[entry.who] = entry.shown.view();
    for (const std::string& who : change.left) there_.erase(who);
  }

 private:
  std::map<std::string, std::string>& there_;
};

class PresenceActorTest : public testing::Test {
 protected:
  using Node = cluster::TwoWorlds::Node;
  struct Person {
    Ref<Onlooker> ref;
    std::map<std::string, std::string> there;
  };

  explicit PresenceActorTest(PresenceOptions options = {})
      : ada_(spawn(nodes_.ada, options)), bob_(spawn(nodes_.bob, options)) {}
  static Ref<PresenceActor> spawn(Node& node, PresenceOptions options) {
    return node.world.shard()
        .spawn<PresenceActor>({.name = presence_actor_name(0)}, 0U, Ref<cluster::Membership>(), options)
        .value();
  }
  void see(MemberState state) {
    nodes_.ada.world.shard().tell(ada_, nodes_.bob.is(state));
    nodes_.bob.world.shard().tell(bob_, nodes_.ada.is(state));
    nodes_.run();
  }
  Ref<PresenceActor> actor(const Node& node) const { return &node == &nodes_.ada ? ada_ : bob_; }
  /// Somebody on this node begins to watch `room`.
  void watch(Node& node, Person& person) {
    person.ref = node.world.shard().spawn<Onlooker>({}, person.there).value();
    const auto there = node.world.ask(actor(node), WatchPresence{"room", person.ref});
    for (const PresenceEntry& entry : there.value()) person.there[entry.who] = entry.shown.view();
    nodes_.run();
  }
  void show(Node& node, Person& person, const std::string& who, const std::string& what) {
    node.world.shard().tell(actor(node), Show{"room", {who, Bytes::copy_of(what)}, person.ref});
    nodes_.run();
  }
  void end(Node& node, Person& person) {
    node.world.shard().send(Envelope::make(EnvelopeKind::kStop), person.ref.address());
    nodes_.run();
  }

  cluster::TwoWorlds nodes_;
  Ref<PresenceActor> ada_;
  Ref<PresenceActor> bob_;
  Person eve_;
  Person joe_;
};

using Pairs = std::map<std::string, std::string>;

TEST_F(PresenceActorTest, who_watches_sees_who_shows_itself_and_goes) {
  watch(nodes_.ada, eve_);
  watch(nodes_.ada, joe_);
  show(nodes_.ada, eve_, "eve", "red");
  EXPECT_EQ(joe_.there, (Pairs{{"eve", "red"}}));
  show(nodes_.ada, eve_, "eve", "blue");
  EXPECT_EQ(joe_.there, (Pairs{{"eve", "blue"}}));
  end(nodes_.ada, eve_);
  EXPECT_THAT(joe_.there, IsEmpty());
}

TEST_F(PresenceActorTest, who_comes_later_is_told_who_is_there) {
  see(MemberState::kUp);
  watch(nodes_.ada, eve_);
  show(nodes_.ada, eve_, "eve", "red");
  watch(nodes_.bob, joe_);
  EXPECT_EQ(joe_.there, (Pairs{{"eve", "red"}})) << "also from another node";
  show(nodes_.bob, joe_, "joe", "green");
  EXPECT_EQ(eve_.there, (Pairs{{"eve", "red"}, {"joe", "green"}}));
  end(nodes_.bob, joe_);
  EXPECT_EQ(eve_.there, (Pairs{{"eve", "red"}}));
}

TEST_F(PresenceActorTest, who_hides_goes_on_watching) {
  see(MemberState::kUp);
  watch(nodes_.ada, eve_);
  watch(nodes_.bob, joe_);
  show(nodes_.ada, eve_, "eve", "red");
  nodes_.ada.world.shard().tell(ada_, Hide{"room", eve_.ref});
  nodes_.run();
  EXPECT_THAT(joe_.there, IsEmpty());
  show(nodes_.bob, joe_, "joe", "green");
  EXPECT_EQ(eve_.there, (Pairs{{"joe", "green"}}));
}

TEST_F(PresenceActorTest, only_who_watches_can_show) {
  watch(nodes_.ada, eve_);
  show(nodes_.ada, joe_, "joe", "green");
  EXPECT_THAT(eve_.there, IsEmpty());
}

TEST_F(PresenceActorTest, a_node_that_goes_takes_its_people_along_and_brings_them_back) {
  see(MemberState::kUp);
  watch(nodes_.ada, eve_);
  watch(nodes_.bob, joe_);
  show(nodes_.bob, joe_, "joe", "green");
  see(MemberState::kUnreachable);
  EXPECT_EQ(eve_.there.size(), 1U) << "perhaps only for a moment";
  see(MemberState::kDown);
  EXPECT_THAT(eve_.there, IsEmpty());
  EXPECT_EQ(joe_.there.size(), 1U) << "but not for its own node";
  see(MemberState::kUp);
  EXPECT_EQ(eve_.there, (Pairs{{"joe", "green"}}));
}

TEST_F(PresenceActorTest, a_change_that_was_lost_is_seen_with_the_next) {
  see(MemberState::kUp);
  watch(nodes_.ada, eve_);
  watch(nodes_.bob, joe_);
  Person kim;
  watch(nodes_.bob, kim);
  show(nodes_.bob, joe_, "joe", "green");
  nodes_.loses = [](const Envelope& envelope) {
    return envelope.type() != nullptr && envelope.type()->name == PresenceDelta::wire_name;
  };
  end(nodes_.bob, joe_);
  EXPECT_EQ(eve_.there.size(), 1U) << "a ghost";
  nodes_.loses = [](const Envelope&) { return false; };
  show(nodes_.bob, kim, "kim", "black");
  EXPECT_EQ(eve_.there, (Pairs{{"kim", "black"}}));
}

TEST_F(PresenceActorTest, a_question_that_was_lost_is_asked_again) {
  see(MemberState::kUp);
  watch(nodes_.bob, joe_);
  show(nodes_.bob, joe_, "joe", "green");
  nodes_.loses = [](const Envelope& envelope) {
    return envelope.type() != nullptr && envelope.type()->name == PresenceQuery::wire_name;
  };
  watch(nodes_.ada, eve_);
  EXPECT_THAT(eve_.there, IsEmpty());
  nodes_.loses = [](const Envelope&) { return false; };
  nodes_.advance(5s);
  EXPECT_EQ(eve_.there, (Pairs{{"joe", "green"}}));
}

TEST_F(PresenceActorTest, changes_of_before_the_answer_are_in_it) {
  see(MemberState::kUp);
  watch(nodes_.bob, joe_);
  // Only what goes to ada is delivered late: her question is answered between two changes.
  eve_.ref = nodes_.ada.world.shard().spawn<Onlooker>({}, eve_.there).value();
  nodes_.ada.world.shard().tell(ada_, WatchPresence{"room", eve_.ref});
  show(nodes_.bob, joe_, "joe", "1");
  show(nodes_.bob, joe_, "joe", "2");
  EXPECT_EQ(eve_.there, (Pairs{{"joe", "2"}}));
}

TEST_F(PresenceActorTest, a_topic_that_nobody_watches_any_more_costs_nothing) {
  see(MemberState::kUp);
  watch(nodes_.ada, eve_);
  watch(nodes_.bob, joe_);
  end(nodes_.ada, eve_);
  nodes_.carried.clear();
  show(nodes_.bob, joe_, "joe", "green");
  EXPECT_THAT(nodes_.carried, IsEmpty());
}

TEST_F(PresenceActorTest, that_it_is_watched_no_more_is_said_again_if_it_was_lost) {
  see(MemberState::kUp);
  watch(nodes_.ada, eve_);
  watch(nodes_.bob, joe_);
  nodes_.loses = [](const Envelope& envelope) {
    return envelope.type() != nullptr && envelope.type()->name == PresenceForget::wire_name;
  };
  end(nodes_.ada, eve_);
  nodes_.loses = [](const Envelope&) { return false; };
  show(nodes_.bob, joe_, "joe", "1");
  nodes_.carried.clear();
  show(nodes_.bob, joe_, "joe", "2");
  EXPECT_THAT(nodes_.carried, IsEmpty());
}

TEST_F(PresenceActorTest, a_listener_of_two_topics_leaves_both_with_its_end) {
  watch(nodes_.ada, eve_);
  watch(nodes_.ada, joe_);
  ASSERT_TRUE(nodes_.ada.world.ask(ada_, WatchPresence{"hall", joe_.ref}).has_value());
  show(nodes_.ada, joe_, "joe", "green");
  nodes_.ada.world.shard().tell(ada_, UnwatchPresence{"room", joe_.ref});
  nodes_.run();
  EXPECT_THAT(eve_.there, IsEmpty());
  ASSERT_TRUE(nodes_.ada.world.ask(ada_, WatchPresence{"room", joe_.ref}).has_value());
  show(nodes_.ada, joe_, "joe", "green");
  end(nodes_.ada, joe_);
  EXPECT_THAT(eve_.there, IsEmpty());
}

class PresenceActorBounds : public PresenceActorTest {
 protected:
  PresenceActorBounds() : PresenceActorTest({.watched_max = 2}) {}
};

TEST_F(PresenceActorBounds, a_peer_that_asks_for_everything_gets_no_more_than_its_share) {
  see(MemberState::kUp);
  const auto ask = [&](const std::string& topic) {
    std::optional<Result<PresenceState>> answer;
    nodes_.ada.world.shard().ask(Ref<PresenceActor>(Address{nodes_.bob.id, bob_.address().actor}), PresenceQuery{topic},
                                 5s, [&](auto result) { answer = std::move(result); });
    nodes_.run();
    return answer.value();
  };
  EXPECT_TRUE(ask("a").has_value());
  EXPECT_TRUE(ask("b").has_value());
  EXPECT_EQ(ask("c").error().code, ErrorCode::kQueueFull);
  EXPECT_TRUE(ask("a").has_value());
  EXPECT_EQ(ask(std::string(2'000, 'x')).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace troupe::pubsub
