#include "troupe/cluster/cluster.hpp"

#include <gtest/gtest.h>

#include "troupe/actor/puppet.hpp"
#include "troupe/cluster/tests/cluster_fixture.test.hpp"

namespace troupe::cluster {
namespace {

struct Ping {
  static constexpr auto wire_name = "test.ping";
  using Reply = int;
  int number = 0;
};
class Ponger : public Actor<Ponger> {
 public:
  using Messages = troupe::Messages<Ping>;
  int on(const Ping& ping) { return ping.number + 1; }
};

TEST(Cluster, an_actor_of_another_node_is_asked_as_one_of_this) {
  TestWire wire;
  ClusterNode ada("ada", {"bob:1"});
  ClusterNode bob("bob", {});
  const auto ponger = bob.world.shard(1).spawn<Ponger>({.name = "ponger"});
  ASSERT_TRUE(ponger.has_value());
  settle(wire, {&ada, &bob});
  std::optional<Result<int>> answer;
  ada.world.shard().ask(Ref<Ponger>::named("bob", "ponger"), Ping{41}, 5s,
                        [&](Result<int> result) { answer = std::move(result); });
  settle(wire, {&ada, &bob});
  ASSERT_TRUE(answer.has_value() && answer->has_value());
  EXPECT_EQ(**answer, 42);
}

struct Spans final : SpanSink {
  TimePoint now() const override { return TimePoint(); }
  void record(Span span) override { all.push_back(std::move(span)); }
  std::vector<Span> all;
};

TEST(Cluster, a_trace_goes_on_at_the_other_node_and_comes_back_with_the_answer) {
  TestWire wire;
  Spans spans;
  ClusterNode ada("ada", {"bob:1"}, {.trace = {.sink = &spans}});
  ClusterNode bob("bob", {}, {.trace = {.sink = &spans}});
  bob.world.shard(1).random() = Random(hash64("bob"));  // Else both nodes make the same ids.
  const auto ponger = bob.world.shard(1).spawn<Ponger>({.name = "ponger"}).value();
  const auto asker = ada.world.shard().spawn<Puppet>({}).value();
  settle(wire, {&ada, &bob});
  ada.world.shard().tell(asker, Do{[](Context& context) {
                           context.begin_trace();
                           context.ask(Ref<Ponger>::named("bob", "ponger"), Ping{1}, 5s, [](const Result<int>&) {});
                         }});
  settle(wire, {&ada, &bob});
  ASSERT_EQ(spans.all.size(), 3U);
  EXPECT_EQ(spans.all[0].name, "troupe::Puppet puppet.do");
  EXPECT_EQ(spans.all[1].actor, ponger.address().actor);
  EXPECT_EQ(spans.all[1].peer, "ada");
  EXPECT_EQ(spans.all[1].sender.actor, asker.address().actor);
  EXPECT_EQ(spans.all[2].name, "troupe::Puppet answer");
  EXPECT_EQ(spans.all[2].peer, "bob");
  for (std::size_t i = 1; i < 3; ++i) {
    EXPECT_EQ(spans.all[i].parent, spans.all[i - 1].context.span);
    EXPECT_TRUE(spans.all[i].context.same_trace(spans.all[0].context));
  }
}

TEST(Cluster, an_unknown_node_is_unreachable) {
  ClusterNode ada("ada", {});
  EXPECT_EQ(ada.cluster.routing(0).send(NodeId::named("nobody"), Envelope::make(EnvelopeKind::kTell, Ping{})),
            SendOutcome::kUnreachable);
}

TEST(Cluster, an_identity_that_nobody_would_accept_is_refused) {
  ActorFixture world;
  Cluster cluster({&world.shard().host()});
  ClusterNode ada("ada", {});
  ClusterOptions options;
  options.self = {"", 1, "bob:1", ""};
  const auto started = cluster.start(options, {{&world.shard(), &ada}}, world.metrics(), world);
  ASSERT_FALSE(started.has_value());
  EXPECT_EQ(started.error().code, ErrorCode::kInvalidArgument);
}

TEST(Cluster, news_of_links_survives_a_flood_of_the_cluster_actor) {
  TestWire wire;
  ClusterNode ada("ada", {"bob:1"}, {.mailbox_messages_max = 2});
  ClusterNode bob("bob", {});
  settle(wire, {&ada, &bob});
  ASSERT_EQ(ada.world.metric("troupe_cluster_members_up"), 1);
  while (ada.world.shard().tell(ada.membership, GetMembers{}) == SendOutcome::kTaken) {
  }
  for (const auto& pipe : wire.pipes) TestWire::cut(*pipe);
  while (wire.deliver()) {
  }
  EXPECT_GT(ada.world.metric("troupe_mailbox_refusals_total"), 0);
  ada.world.advance(20ms);
  settle(wire, {&ada, &bob});
  const auto members = ada.world.ask(ada.membership, GetMembers{});
  ASSERT_TRUE(members.has_value());

  EXPECT_EQ(members->others.at(0).state, overlay::MemberState::kUp) << "the link was made again";
}

TEST(Cluster, a_message_that_comes_after_the_lanes_are_closed_is_dropped) {
  TestWire wire;
  ClusterNode ada("ada", {"bob:1"});
  ClusterNode bob("bob", {});
  settle(wire, {&ada, &bob});
  ada.cluster.stop();
  EXPECT_EQ(ada.cluster.routing(0).send(NodeId::named("bob"), Envelope::make(EnvelopeKind::kTell, Ping{})),
            SendOutcome::kUnreachable);
  EXPECT_EQ(ada.cluster.routing(1).send(NodeId::named("bob"), Envelope::make(EnvelopeKind::kTell, Ping{})),
            SendOutcome::kUnreachable);
}

TEST(Cluster, all_shards_tell_of_their_lanes) {
  TestWire wire;
  ClusterNode ada("ada", {"bob:1"});
  ClusterNode bob("bob", {});
  settle(wire, {&ada, &bob});
  std::optional<LaneReports> reports;
  ada.cluster.report_lanes(1, 1s, [&](LaneReports gathered) { reports = std::move(gathered); });
  settle(wire, {&ada, &bob});
  ASSERT_TRUE(reports.has_value());
  ASSERT_EQ(reports->lanes.size(), 3U) << "control, and data of each shard";
  EXPECT_EQ(reports->lanes[0].channel, "control");
  EXPECT_EQ(reports->lanes[2].shard, 1U);
  EXPECT_TRUE(reports->silent.empty());
}

TEST(Cluster, the_end_of_an_actor_that_was_lost_with_its_link_is_told_over_the_next) {
  TestWire wire;
  ClusterNode ada("ada", {"bob:1"});
  ClusterNode bob("bob", {});
  const auto ponger = bob.world.shard(1).spawn<Ponger>({}).value();
  settle(wire, {&ada, &bob});
  int downs = 0;
  const auto watcher = ada.world.shard().spawn<Puppet>({}).value();
  const Address there{{hash64("bob"), 1}, ponger.address().actor};
  ada.world.shard().tell(watcher, Do{[&](Context& context) { context.monitor(there, [&](const Down&) { ++downs; }); }});
  settle(wire, {&ada, &bob});
  for (const auto& pipe : wire.pipes) TestWire::cut(*pipe);
  bob.world.shard(1).send(Envelope::make(EnvelopeKind::kStop), ponger.address());
  bob.world.run();
  bob.carry();
  bob.flush();  // Into the broken connection.
  for (const auto& pipe : wire.pipes) TestWire::cut(*pipe);
  settle(wire, {&ada, &bob});
  EXPECT_EQ(downs, 0);
  for (int i = 0; i < 20; ++i) {
    ada.world.advance(100ms);
    bob.world.advance(100ms);
    settle(wire, {&ada, &bob});
  }
  EXPECT_EQ(ada.world.metric("troupe_cluster_members_up"), 1);
  EXPECT_EQ(downs, 1);
}

}  // namespace
}  // namespace troupe::cluster
