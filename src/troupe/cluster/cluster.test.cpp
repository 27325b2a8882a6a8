#include "troupe/cluster/cluster.hpp"

#include <gtest/gtest.h>

#include "troupe/actor/puppet.hpp"
#include "troupe/cluster/lanes_fixture.test.hpp"

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

/// A node of two shards; what its actors send to other nodes goes by its own routing tables.
struct Node final : Network {
  Node(std::string node_name, std::vector<std::string> join, ShardOptions shard_options = {})
      : name(std::move(node_name)), world(2, shard_options) {
    random = Random(hash64(name));
    ClusterOptions options;
    options.self = {name, 1, name + ":1", ""};
    options.secret = "secret";
    options.overlay.join = std::move(join);
    membership =
        cluster.start(options, {{&world.shard(0), this}, {&world.shard(1), this}}, world.metrics(), world).value();
  }
  ~Node() override {
    for (std::uint32_t i = 0; i < 2; ++i) world.shard(i).stop_all();
    cluster.stop();
  }
  void connect(const std::string& address, Connected connected) override {
    dials.emplace_back(address, std::move(connected));
  }
  std::unique_ptr<Connection> adopt(std::unique_ptr<Connection::Parted> parted) override {
    return TestWire::adopt(std::move(parted));
  }
  void flush() {
    for (std::uint32_t i = 0; i < 2; ++i) cluster.flush(i);
  }
  void secure_random(std::span<std::byte> bytes) override {
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.next());
  }
  bool carry() {
    bool moved = false;
    for (auto& remote = world.remote(); !remote.empty(); moved = true) {
      auto [to, envelope] = std::move(remote.front());
      remote.pop_front();
      (void)cluster.routing(0).send(to, std::move(envelope));
    }
    return moved;
  }

  std::string name;
  ActorFixture world;
  Random random{1};
  std::deque<std::pair<std::string, Connected>> dials;
  Cluster cluster{{&world.shard(0).host(), &world.shard(1).host()}};
  Ref<Membership> membership;
};

void settle(TestWire& wire, std::vector<Node*> nodes) {
  for (bool moved = true; moved;) {
    moved = false;
    for (Node* node : nodes) {
      node->world.run();
      moved |= node->carry();
      node->flush();
      for (; !node->dials.empty(); moved = true) {
        auto [address, connected] = std::move(node->dials.front());
        node->dials.pop_front();
        const auto to = std::ranges::find_if(nodes, [&](Node* each) { return each->name + ":1" == address; });
        if (to == nodes.end()) {
          connected(fail(ErrorCode::kUnreachable, "nobody is there"));
          continue;
        }
        const auto pipe = wire.make_pipe();
        (*to)->cluster.on_accept(TestWire::connection(pipe, 1));
        connected(TestWire::connection(pipe, 0));
      }
    }
    moved |= wire.deliver();
  }
}

TEST(Cluster, an_actor_of_another_node_is_asked_as_one_of_this) {
  TestWire wire;
  Node ada("ada", {"bob:1"});
  Node bob("bob", {});
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

TEST(Cluster, an_unknown_node_is_unreachable) {
  Node ada("ada", {});
  EXPECT_EQ(ada.cluster.routing(0).send(NodeId::named("nobody"), Envelope::make(EnvelopeKind::kTell, Ping{})),
            SendOutcome::kUnreachable);
}

TEST(Cluster, an_identity_that_nobody_would_accept_is_refused) {
  ActorFixture world;
  Cluster cluster({&world.shard().host()});
  Node ada("ada", {});
  ClusterOptions options;
  options.self = {"", 1, "bob:1", ""};
  const auto started = cluster.start(options, {{&world.shard(), &ada}}, world.metrics(), world);
  ASSERT_FALSE(started.has_value());
  EXPECT_EQ(started.error().code, ErrorCode::kInvalidArgument);
}

TEST(Cluster, news_of_links_survives_a_flood_of_the_cluster_actor) {
  TestWire wire;
  Node ada("ada", {"bob:1"}, {.mailbox_messages_max = 2});
  Node bob("bob", {});
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
  EXPECT_EQ(members->others.at(0).state, overlay::MemberState::kUnreachable);
}

TEST(Cluster, a_message_that_comes_after_the_lanes_are_closed_is_dropped) {
  TestWire wire;
  Node ada("ada", {"bob:1"});
  Node bob("bob", {});
  settle(wire, {&ada, &bob});
  ada.cluster.stop();
  EXPECT_EQ(ada.cluster.routing(0).send(NodeId::named("bob"), Envelope::make(EnvelopeKind::kTell, Ping{})),
            SendOutcome::kUnreachable);
  EXPECT_EQ(ada.cluster.routing(1).send(NodeId::named("bob"), Envelope::make(EnvelopeKind::kTell, Ping{})),
            SendOutcome::kUnreachable);
}

TEST(Cluster, the_end_of_an_actor_that_was_lost_with_its_link_is_told_over_the_next) {
  TestWire wire;
  Node ada("ada", {"bob:1"});
  Node bob("bob", {});
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
