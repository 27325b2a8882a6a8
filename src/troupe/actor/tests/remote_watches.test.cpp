#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "troupe/actor/tests/watches_fixture.hpp"

// Monitors and links across nodes: what goes to the other node, and what happens when it goes down or comes back.
namespace troupe {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

using RemoteWatches = WatchesTest;

TEST_F(RemoteWatches, ask_the_other_node_and_hear_its_answer) {
  tell(second, monitoring(remote, heard));
  ASSERT_EQ(world.remote().size(), 1U);
  EXPECT_EQ(world.remote()[0].first, far);
  EXPECT_EQ(world.remote()[0].second->get<Watch>()->target, remote);
  EXPECT_THAT(sent(), ElementsAre(EnvelopeKind::kMonitor));

  EnvelopePtr down =
      Envelope::make(EnvelopeKind::kSignal,
                     EncodedPayload{payload_type<Down>.tag, wire::encode(Down{remote, EndReason::kFailed, "far"})},
                     local_payload_type<EncodedPayload>);
  from(remote, EnvelopeKind::kSignal, second.address(), std::move(down));
  EXPECT_THAT(heard.list, ElementsAre("down failed"));
  world.shard(1).node_down(far, "silent");
  world.run();
  EXPECT_EQ(heard.list.size(), 1U) << "it was over with the Down";
}

TEST_F(RemoteWatches, fire_when_the_node_goes_down_but_only_that_life_of_it) {
  tell(first, trapping(heard));
  tell(first, monitoring(remote, heard));
  tell(first, linking({{far.name, 0}, ActorId::named("by name")}));
  tell(first, monitoring({{far.name, far.incarnation + 1}, remote.actor}, heard));
  tell(first, monitoring({{78, 3}, remote.actor}, heard));
  world.shard(0).node_down(far, "silent");
  world.run();
  EXPECT_THAT(heard.list, UnorderedElementsAre("down node down", "exit node down"));
}

TEST_F(RemoteWatches, are_set_again_after_a_reconnect) {
  tell(first, monitoring(remote, heard));
  tell(first, linking(remote));
  const Address another{far, ActorId::at(0, 10, 1)};
  tell(first, linking(another));
  tell(first, Do{[&](Context& context) { context.unlink(another); }});
  EXPECT_EQ(sent().size(), 4U);
  world.shard(0).node_reconnected(far);
  world.run();
  EXPECT_THAT(sent(), UnorderedElementsAre(EnvelopeKind::kMonitor, EnvelopeKind::kLink));
}

TEST_F(RemoteWatches, of_an_actor_that_ended_are_not_set_again) {
  tell(first, monitoring(remote, heard));
  tell(first, stopping());
  EXPECT_THAT(sent(), ElementsAre(EnvelopeKind::kMonitor, EnvelopeKind::kDemonitor));
  world.shard(0).node_reconnected(far);
  world.shard(0).node_down(far, "silent");
  world.run();
  EXPECT_THAT(sent(), IsEmpty());
}

TEST_F(RemoteWatches, from_another_node_are_told_and_forgotten_when_it_goes_down) {
  from(remote, EnvelopeKind::kMonitor, first.address(), Envelope::make(EnvelopeKind::kMonitor, Watch{first.address()}));
  world.shard(0).node_down(far, "silent");
  world.run();
  tell(first, failing());
  EXPECT_THAT(sent(), IsEmpty());

  from(remote, EnvelopeKind::kMonitor, second.address(),
       Envelope::make(EnvelopeKind::kMonitor, Watch{second.address()}));
  tell(second, failing());
  ASSERT_EQ(world.remote().size(), 1U);
  EXPECT_EQ(world.remote()[0].second->get<Down>()->reason, EndReason::kFailed);
  EXPECT_EQ(world.remote()[0].second->sender, second.address());
}

TEST_F(RemoteWatches, a_link_from_another_node_ends_with_that_node) {
  from(remote, EnvelopeKind::kLink, first.address(), Envelope::make(EnvelopeKind::kLink, Watch{first.address()}));
  EXPECT_TRUE(is_alive(first));
  world.shard(0).node_down(far, "silent");
  EXPECT_FALSE(is_alive(first));
}

TEST_F(RemoteWatches, a_link_from_another_node_is_checked_after_a_reconnect) {
  from(remote, EnvelopeKind::kLink, first.address(), Envelope::make(EnvelopeKind::kLink, Watch{first.address()}));
  world.shard(0).node_reconnected(far);
  ASSERT_EQ(world.remote().size(), 1U);
  EXPECT_EQ(world.remote()[0].second->get<Watch>()->target, first.address());
  EXPECT_THAT(sent(), ElementsAre(EnvelopeKind::kLinkCheck));
}

TEST_F(RemoteWatches, a_link_check_finds_the_link_or_ends_it) {
  const auto check = [&](const Address& to) {
    from(remote, EnvelopeKind::kLinkCheck, to, Envelope::make(EnvelopeKind::kLinkCheck, Watch{remote}));
    return sent();
  };
  tell(first, linking(remote));
  sent();
  EXPECT_THAT(check(first.address()), IsEmpty());
  EXPECT_THAT(check(second.address()), ElementsAre(EnvelopeKind::kUnlink)) << "it never made one";
  tell(second, stopping());
  EXPECT_THAT(check(second.address()), ElementsAre(EnvelopeKind::kSignal)) << "it is gone";
}

TEST_F(RemoteWatches, that_cannot_be_decoded_are_dropped) {
  for (const EnvelopeKind kind : {EnvelopeKind::kMonitor, EnvelopeKind::kLink, EnvelopeKind::kSignal}) {
    from(remote, kind, first.address(),
         Envelope::make(kind, EncodedPayload{payload_type<Exit>.tag, Bytes::copy_of("?")},
                        local_payload_type<EncodedPayload>));
  }
  tell(first, failing());
  EXPECT_THAT(sent(), IsEmpty());
}

TEST_F(RemoteWatches, of_a_node_without_a_link_fire_at_once) {
  struct Cut final : ShardHost, LogSink {
    SendOutcome send_to_shard(std::uint32_t, EnvelopePtr) override { return SendOutcome::kFull; }
    SendOutcome send_to_node(const NodeId&, EnvelopePtr) override { return SendOutcome::kUnreachable; }
    void inject(EnvelopePtr) override {}
    bool enabled(LogLevel) const override { return false; }
    void write(LogLevel, std::string_view, std::string_view) override {}
  } host;
  NameTable names;
  Metrics metrics;
  Shard shard({.node = {1, 1}}, host, names, metrics, host, Random(1));
  auto puppet = shard.spawn<Puppet>({}).value();
  shard.tell(puppet, trapping(heard));
  shard.tell(puppet, monitoring(remote, heard));
  shard.tell(puppet, linking(remote));
  while (shard.run({})) {
  }
  EXPECT_THAT(heard.list, ElementsAre("down node down", "exit node down"));
}

}  // namespace
}  // namespace troupe
