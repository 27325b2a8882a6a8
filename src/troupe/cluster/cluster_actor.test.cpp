#include "troupe/cluster/cluster_actor.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "troupe/cluster/lanes_fixture.test.hpp"
#include "troupe/overlay/full_mesh.hpp"

namespace troupe::cluster {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// What the fabric was told, and what it wants done next.
struct Script {
  std::vector<std::string> told;
  overlay::Actions next;
  std::optional<TimePoint> tick;
};

overlay::Member ada_member() { return {.name = "ada", .incarnation = 1, .address = "ada:1"}; }
overlay::Member bob_member() { return {.name = "bob", .incarnation = 1, .address = "bob:1"}; }

class ScriptedFabric final : public overlay::Fabric {
 public:
  explicit ScriptedFabric(Script& script)
      : Fabric({}, ada_member(), std::make_unique<overlay::FullMesh>(overlay::WantedLinksOptions{}, Random(1)),
               Random(1)),
        script_(script) {}
  overlay::Actions start(TimePoint) override { return say("start"); }
  overlay::Actions on_link_up(TimePoint, overlay::LinkId, const overlay::Member& peer,
                              const std::string& dialed) override {
    return say("link up " + peer.name + " " + dialed);
  }
  overlay::Actions on_link_down(TimePoint, overlay::LinkId, const Error& reason, bool left) override {
    return say("link down " + std::string(to_string(reason.code)) + (left ? " left" : ""));
  }
  overlay::Actions on_dial_failed(TimePoint, const std::string& address, const Error&) override {
    return say("dial failed " + address);
  }
  overlay::Actions on_message(TimePoint, overlay::LinkId link, const Bytes& message) override {
    return say("message " + std::string(message.view()) + " over " + std::to_string(link));
  }
  overlay::Actions on_heard(TimePoint, overlay::LinkId link, std::optional<Duration> round_trip) override {
    return say(fmt::format("heard over {}, {} ms", link, to_milliseconds(round_trip.value_or(Duration::zero()))));
  }
  overlay::Actions on_tick(TimePoint) override {
    script_.tick.reset();
    return say("tick");
  }
  std::optional<TimePoint> next_tick() const override { return script_.tick; }
  overlay::Actions leave(TimePoint) override { return say("leave"); }
  overlay::Actions join(TimePoint, const std::string& address) override { return say("join " + address); }
  overlay::Actions discover(TimePoint, const std::vector<std::string>& addresses) override {
    return say(fmt::format("discovered {}", fmt::join(addresses, " ")));
  }
  bool declare_down(TimePoint, std::uint64_t name, overlay::Actions& actions) override {
    actions = say("down");
    return name == NodeId::named("bob").name && !is_bob_gone;
  }
  std::vector<overlay::MemberStatus> statuses() const override {
    return {{ada_member(), overlay::MemberState::kUp},
            {bob_member(), is_bob_gone ? overlay::MemberState::kLeft : overlay::MemberState::kUp}};
  }
  static inline bool is_bob_gone = false;

 private:
  overlay::Actions say(std::string what) {
    script_.told.push_back(std::move(what));
    return std::exchange(script_.next, {});
  }
  Script& script_;
};

struct Routes final : RouteTables {
  explicit Routes(std::vector<std::string>& order) : events(order) {}
  void add(const NodeId&, const NodeId&) override { events.push_back("route"); }
  void remove(const NodeId&, const std::string& reason) override { events.push_back("no route: " + reason); }
  void reconnected(const NodeId&, const NodeId&) override { events.push_back("reconnected"); }
  void be_reborn(std::uint64_t incarnation) override { events.push_back("reborn as " + std::to_string(incarnation)); }
  std::vector<std::string>& events;
};

struct Hello {
  static constexpr auto wire_name = "test.hello";
  int number = 0;
};

/// Writes down changes of the membership, and messages from the other node.
class Watcher : public Actor<Watcher> {
 public:
  using Messages = troupe::Messages<MemberChanged, Hello>;
  explicit Watcher(std::vector<std::string>& events) : events_(events) {}
  void on(const MemberChanged& change) {
    events_.push_back(change.member.name + " is " + std::string(to_string(change.state)));
  }
  void on(const Hello& hello) { events_.push_back("hello " + std::to_string(hello.number)); }

 private:
  std::vector<std::string>& events_;
};

constexpr std::size_t kBroadcastBytes = 200;

/// Ada has the actor under test; bob is only lanes.
class ClusterActorTest : public testing::Test {
 protected:
  ClusterActorTest() {
    actor_ = shard()
                 .spawn<ClusterActor>({}, std::make_unique<ScriptedFabric>(script_), kBroadcastBytes, ada().links,
                                      static_cast<RouteTables&>(routes_), ada().world.metrics())
                 .value();
    watcher_ = shard().spawn<Watcher>({}, events_).value();
    shard().tell(actor_, WatchMembers{watcher_});
    nodes_.settle();
  }
  Shard& shard() { return ada().world.shard(); }
  TestNode& ada() { return nodes_.ada; }
  static overlay::Member bob() { return bob_member(); }
  /// The overlay wants this done at the next event.
  template <class M>
  void tell(M message, overlay::Actions then) {
    script_.next = std::move(then);
    shard().tell(actor_, std::move(message));
    nodes_.settle();
  }

  TwoNodes nodes_;
  Script script_;
  std::vector<std::string> events_;
  Routes routes_{events_};
  Ref<ClusterActor> actor_;
  Ref<Watcher> watcher_;
};

TEST_F(ClusterActorTest, tells_the_overlay_what_happens) {
  tell(LinkUp{1, bob(), "bob:1"}, {});
  tell(OverlayMessage{1, Bytes::copy_of("x")}, {});
  tell(LinkDown{1, Error{ErrorCode::kTimeout, ""}, true}, {});
  tell(DialFailed{"eve:1", Error{ErrorCode::kUnreachable, "gone"}}, {});
  EXPECT_THAT(script_.told, ElementsAre("start", "link up bob bob:1", "heard over 1, 0 ms", "message x over 1",
                                        "link down timeout left", "dial failed eve:1"));
}

/// X-BOT chooses neighbours by these round trips.
TEST_F(ClusterActorTest, tells_the_overlay_of_heartbeats_and_the_round_trips_that_they_measure) {
  tell(LinkHeard{7, 20ms}, {});
  EXPECT_EQ(script_.told.back(), "heard over 7, 20 ms");
}

TEST_F(ClusterActorTest, counts_whom_the_overlay_suspects) {
  tell(LinkUp{1, bob(), ""}, {overlay::MemberUp{bob()}});
  tell(LinkHeard{1, {}}, {overlay::MemberSuspected{bob(), true}});
  tell(LinkHeard{1, {}}, {overlay::MemberSuspected{bob(), false}});
  EXPECT_EQ(ada().world.metric("troupe_cluster_suspicions_total"), 1);
  EXPECT_THAT(events_, ElementsAre("route", "bob is up")) << "it stays what it was for everybody else";
}

TEST_F(ClusterActorTest, tells_the_overlay_what_was_discovered) {
  tell(Discovered{{"b:1", "c:1"}}, {});
  EXPECT_EQ(script_.told.back(), "discovered b:1 c:1");
}

TEST_F(ClusterActorTest, dials_what_the_overlay_wants) {
  tell(DialFailed{"", {}}, {overlay::Dial{"bob:1"}});
  EXPECT_THAT(ada().news, ElementsAre("up bob by dialing bob:1"));
}

TEST_F(ClusterActorTest, messages_of_a_new_member_come_after_the_route_and_the_news_of_it) {
  nodes_.bob.links.dial("ada:1");
  nodes_.settle();
  nodes_.bob.choose(ada().id, nodes_.bob.links_up.back());
  EnvelopePtr hello = Envelope::make(EnvelopeKind::kTell, Hello{1});
  hello->recipient = watcher_.address().actor;
  hello->sender.actor = ActorId::at(0, 1, 1);
  (void)nodes_.bob.lanes.send(ada().id, std::move(hello));
  nodes_.settle();
  EXPECT_THAT(events_, IsEmpty()) << "ada has not taken the link into use";
  const overlay::LinkId link = ada().links_up.back();
  tell(LinkUp{link, bob(), ""}, {overlay::LinkChosen{nodes_.bob.id, link}, overlay::MemberUp{bob()}});
  EXPECT_THAT(events_, ElementsAre("route", "bob is up", "hello 1"));
}

TEST_F(ClusterActorTest, a_link_that_was_remade_is_news_too) {
  tell(LinkUp{1, bob(), ""}, {overlay::MemberUp{bob()}});
  tell(LinkDown{1, {}, false}, {overlay::MemberUnreachable{bob()}});
  tell(LinkUp{2, bob(), ""}, {overlay::LinkChosen{nodes_.bob.id, 2}, overlay::WayChanged{bob()}});
  EXPECT_THAT(events_, ElementsAre("route", "bob is up", "bob is unreachable", "reconnected", "bob is up"));
}

TEST_F(ClusterActorTest, a_member_that_is_down_or_left_loses_its_route) {
  tell(LinkUp{1, bob(), ""}, {overlay::MemberUp{bob()}});
  EXPECT_EQ(ada().world.metric("troupe_cluster_members_up"), 1);
  tell(LinkDown{1, {}, false}, {overlay::MemberDown{bob(), {}, false}});
  EXPECT_EQ(ada().world.metric("troupe_cluster_members_up"), 0);
  tell(LinkUp{1, bob(), ""}, {overlay::MemberUp{bob()}});
  tell(LinkDown{1, {}, true}, {overlay::MemberDown{bob(), {}, true}});
  EXPECT_THAT(events_, ElementsAre("route", "bob is up", "no route: node bob is down", "bob is down", "route",
                                   "bob is up", "no route: node bob left", "bob is left"));
}

TEST_F(ClusterActorTest, who_begins_to_watch_is_told_who_is_up) {
  tell(LinkUp{1, bob(), ""}, {overlay::MemberUp{bob()}});
  std::vector<std::string> heard;
  const auto late = shard().spawn<Watcher>({}, heard).value();
  shard().tell(actor_, WatchMembers{late});
  shard().tell(actor_, WatchMembers{late});
  nodes_.settle();
  EXPECT_THAT(heard, ElementsAre("bob is up")) << "once";
}

TEST_F(ClusterActorTest, answers_who_is_there) {
  const auto members = ada().world.ask(actor_, GetMembers{});
  ASSERT_TRUE(members.has_value());
  EXPECT_EQ(members->self.name, "ada");
  ASSERT_EQ(members->others.size(), 1U);
  EXPECT_EQ(members->others[0].member.name, "bob");
}

TEST_F(ClusterActorTest, shows_operators_the_overlay) {
  const auto topology = ada().world.ask(actor_, GetTopology{});
  ASSERT_TRUE(topology.has_value());
  EXPECT_EQ(topology->overlay, "full_mesh");
  ASSERT_EQ(topology->members.size(), 2U);
  EXPECT_EQ(topology->members[1].member, bob());
  const auto branches = ada().world.ask(actor_, GetBranches{bob().id()});
  ASSERT_TRUE(branches.has_value());
  EXPECT_EQ(branches->parent, 0U) << "nothing came from bob";
}

TEST_F(ClusterActorTest, does_to_the_membership_what_operators_want) {
  EXPECT_TRUE(ada().world.ask(actor_, Join{"eve:1"}));
  EXPECT_EQ(script_.told.back(), "join eve:1");
  script_.next = {overlay::MemberUp{bob()}};
  EXPECT_TRUE(ada().world.ask(actor_, DeclareDown{"bob"}));
  nodes_.settle();
  EXPECT_THAT(events_, ElementsAre("route", "bob is up")) << "what the fabric wants is done";
  const auto refusal = [&](const std::string& name) {
    const auto answer = ada().world.ask(actor_, DeclareDown{name});
    return answer ? "" : answer.error().detail;
  };
  EXPECT_EQ(refusal("eve"), "there is no member 'eve'");
  EXPECT_THAT(refusal("ada"), HasSubstr("this node is 'ada' itself"));
  ScriptedFabric::is_bob_gone = true;
  EXPECT_EQ(refusal("bob"), "'bob' is no member any more: it is left");
  ScriptedFabric::is_bob_gone = false;
}

TEST_F(ClusterActorTest, broadcasts_reach_this_node_too) {
  EXPECT_TRUE(ada().world.ask(actor_, broadcast<Watcher>("watcher", Hello{1})));
  (void)shard().spawn<Watcher>({.name = "watcher"}, events_).value();
  EXPECT_TRUE(ada().world.ask(actor_, broadcast<Watcher>("watcher", Hello{2})));
  EXPECT_THAT(events_, ElementsAre("hello 2")) << "nobody had the name before";
}

TEST_F(ClusterActorTest, broadcasts_have_a_bounded_rate) {
  const auto broadcast_of = [&](std::size_t bytes) {
    const Bytes without = wire::encode(Letter{});
    const auto answer = ada().world.ask(
        actor_, Broadcast{ActorId::named("watcher"), 1, Bytes::copy_of(std::string(bytes - without.size() - 1, 'x'))});
    return answer ? std::string("sent") : std::string(to_string(answer.error().code));
  };
  EXPECT_EQ(broadcast_of(kBroadcastBytes + 1), "too_large");
  EXPECT_EQ(broadcast_of(kBroadcastBytes), "sent");
  EXPECT_EQ(broadcast_of(kBroadcastBytes / 2), "queue_full");
  nodes_.advance(500ms);
  EXPECT_EQ(broadcast_of(kBroadcastBytes / 2), "sent");
  EXPECT_EQ(broadcast_of(kBroadcastBytes / 2), "queue_full");
  EXPECT_EQ(ada().world.metric("troupe_cluster_broadcasts_total"), 2);
  EXPECT_EQ(ada().world.metric("troupe_cluster_broadcasts_refused_total"), 3);
}

TEST_F(ClusterActorTest, a_broadcast_that_cannot_be_read_is_dropped) {
  tell(LinkUp{1, bob(), ""}, {overlay::MemberUp{bob()}});
  const auto delivered = [&](const Bytes& payload) { tell(DialFailed{}, {overlay::Delivered{bob().id(), payload}}); };
  delivered(Bytes::copy_of("garbage"));
  delivered(wire::encode(Letter{{}, watcher_.address().actor, payload_type<Hello>.tag, wire::encode(Hello{1})}));
  EXPECT_THAT(events_, ElementsAre("route", "bob is up")) << "neither garbage, nor what has no name for its recipient";
  EXPECT_THAT(ada().world.log_lines(), Contains(HasSubstr("a broadcast of bob cannot be read")));
}

TEST_F(ClusterActorTest, ticks_when_the_overlay_wants_it) {
  script_.tick = ada().world.now() + 2s;
  tell(DialFailed{"", {}}, {});
  nodes_.advance(1s);
  EXPECT_THAT(script_.told, testing::Not(Contains("tick")));
  nodes_.advance(2s);
  EXPECT_EQ(script_.told.back(), "tick");
}

TEST_F(ClusterActorTest, a_dial_that_fails_again_for_the_same_cause_is_logged_once) {
  const auto lines = [&] {
    return std::ranges::count_if(ada().world.log_lines(),
                                 [](const std::string& line) { return line.contains("no link to eve:1"); });
  };
  for (int i = 0; i < 3; ++i) tell(DialFailed{"eve:1", Error{ErrorCode::kUnreachable, "refused"}}, {});
  EXPECT_EQ(lines(), 1);
  tell(DialFailed{"eve:1", Error{ErrorCode::kTimeout, "slow"}}, {});
  EXPECT_EQ(lines(), 2);
}

TEST_F(ClusterActorTest, leaving_says_goodbye) {
  nodes_.join();
  EXPECT_TRUE(ada().world.ask(actor_, Leave{"it stops"}).has_value());
  nodes_.settle();
  EXPECT_EQ(script_.told.back(), "leave");
  EXPECT_THAT(nodes_.bob.news.back(), HasSubstr("it stops"));
}

}  // namespace
}  // namespace troupe::cluster
