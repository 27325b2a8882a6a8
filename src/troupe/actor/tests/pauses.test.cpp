#include <gtest/gtest.h>

#include "troupe/actor/fixture.hpp"

// What comes from other nodes faster than an actor takes it.
namespace troupe {
namespace {

struct Work {
  static constexpr auto wire_name = "test.work";
  Bytes content;
};
class Worker : public Actor<Worker> {
 public:
  using Messages = troupe::Messages<Work>;
  explicit Worker(int& done) : done_(done) {}
  void on(const Work&) { ++done_; }

 private:
  int& done_;
};

class PausesTest : public testing::Test {
 protected:
  /// From an actor of the other node's shard.
  void work(std::uint32_t from_shard = 1, std::size_t bytes = 100) {
    const Work message{Bytes::copy_of(std::string(bytes, 'x'))};
    EnvelopePtr envelope =
        Envelope::make(EnvelopeKind::kTell, EncodedPayload{payload_type<Work>.tag, wire::encode(message)},
                       local_payload_type<EncodedPayload>);
    envelope->sender = {far, ActorId::at(from_shard, 7, 1)};
    envelope->recipient = worker.address().actor;
    world.shard().deliver(std::move(envelope));
  }
  /// What was said to the other node since the last call: "+1" pauses its shard 1, "-1" ends that.
  std::string said() {
    std::string text;
    for (auto& [node, envelope] : world.remote()) {
      EXPECT_EQ(node, far);
      const Pause* pause = envelope->get<Pause>();
      if (pause == nullptr) continue;
      EXPECT_EQ(pause->actor, worker.address().actor);
      EXPECT_EQ(pause->name, ActorId::named("worker"));
      text += (pause->is_on ? "+" : "-") + std::to_string(envelope->recipient.shard());
    }
    world.remote().clear();
    return text;
  }
  /// Some turns, in each of which it handles four.
  void turns(int count) {
    for (int i = 0; i < count; ++i) world.step();
  }

  NodeId far{77, 3};
  int done = 0;
  ActorFixture world{1, {.mailbox_messages_max = 40, .mailbox_bytes_max = 100'000, .turn_messages = 4}};
  Ref<Worker> worker = world.shard().spawn<Worker>({.name = "worker"}, done).value();
};

TEST_F(PausesTest, who_fills_half_of_a_mailbox_is_told_once_to_stop_and_to_go_on_when_it_has_room) {
  for (int i = 0; i < 20; ++i) work();
  EXPECT_EQ(said(), "");
  for (int i = 0; i < 10; ++i) work();
  EXPECT_EQ(said(), "+1");
  work(2);
  EXPECT_EQ(said(), "+2") << "each shard of the sender has its own table";
  turns(5);
  EXPECT_EQ(said(), "") << "11 are left";
  turns(1);
  EXPECT_EQ(said(), "-1-2");
  world.run();
  EXPECT_EQ(done, 31);
}

TEST_F(PausesTest, what_is_under_way_then_finds_room_within_a_bound_in_bytes) {
  const double before = world.metric("troupe_dead_letters_total");
  for (int i = 0; i < 400; ++i) work();
  EXPECT_EQ(said(), "+1");
  EXPECT_EQ(world.metric("troupe_dead_letters_total"), before) << "ten times what a mailbox takes from its own node";
  world.run();
  EXPECT_EQ(done, 400);
  EXPECT_EQ(said(), "-1");
  for (int i = 0; i < 11; ++i) work(1, 10'000);
  EXPECT_EQ(said(), "+1");
  EXPECT_EQ(world.metric("troupe_dead_letters_total"), before + 2) << "nine of them fit";
  world.run();
  EXPECT_EQ(done, 409);
}

TEST_F(PausesTest, one_message_above_the_bound_is_taken_alone) {
  work(1, 200'000);
  world.run();
  EXPECT_EQ(done, 1);
}

TEST_F(PausesTest, a_pause_is_renewed_as_long_as_it_holds) {
  for (int i = 0; i < 30; ++i) work();
  EXPECT_EQ(said(), "+1");
  // The actor must not get a turn meanwhile: only the timer fires.
  world.shard().run(world.now() + 1s, 0);
  EXPECT_EQ(said(), "+1");
  world.run();
  EXPECT_EQ(said(), "-1");
  world.advance(5s);
  EXPECT_EQ(said(), "");
}

TEST_F(PausesTest, the_end_of_an_actor_ends_its_pauses) {
  for (int i = 0; i < 30; ++i) work();
  said();
  world.shard().stop_all();
  EXPECT_EQ(said(), "-1");
}

TEST_F(PausesTest, senders_of_the_same_node_are_refused_as_ever) {
  for (int i = 0; i < 40; ++i) EXPECT_EQ(world.shard().tell(worker, Work{}), SendOutcome::kTaken);
  EXPECT_EQ(world.shard().tell(worker, Work{}), SendOutcome::kFull);
  EXPECT_EQ(said(), "");
}

}  // namespace
}  // namespace troupe
