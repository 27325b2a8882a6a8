#include "troupe/actor/delivery/deliveries.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "troupe/actor/fixture.hpp"
#include "troupe/actor/puppet.hpp"

namespace troupe {
namespace {

struct Note {
  static constexpr auto wire_name = "test.note";
  int number = 0;
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

std::string describe(const Delivery& delivery) {
  if (delivery.is_delivered()) return "delivered";
  return (delivery.is_refused() ? "refused: " : "unknown: ") + std::string(to_string(delivery.why.code));
}

/// Two shards: a sender on the first, and wherever a test wants it an inbox.
class DeliveriesTest : public ::testing::Test {
 protected:
  Ref<Inbox> inbox(std::uint32_t shard, SpawnOptions options = {}) {
    return world_.shard(shard).spawn<Inbox>(std::move(options), got_).value();
  }
  void as_sender(std::move_only_function<void(Context&)> action) {
    world_.shard().tell(sender_, Do{std::move(action)});
  }
  void deliver(const Ref<Inbox>& to, int number, DeliverOptions options = {}) {
    as_sender([this, to, number, options](Context& context) {
      context.deliver(to, Note{number}, options,
                      [this](const Delivery& delivery) { outcomes_.push_back(describe(delivery)); });
    });
  }
  double count(const std::string& outcome) {
    double sum = 0;
    for (const MetricSample& each : world_.metrics().samples()) {
      if (each.name == "troupe_deliveries_total" && each.labels.at("outcome") == outcome) sum += each.value;
    }
    return sum;
  }
  using Strings = std::vector<std::string>;
  using Numbers = std::vector<int>;

  std::vector<int> got_;  // Outlive the actors.
  Strings outcomes_;
  ActorFixture world_{2, {.deliveries_max = 4, .deliver_within_max = 1min}};
  Ref<Puppet> sender_ = world_.shard().spawn<Puppet>({}).value();
};

TEST_F(DeliveriesTest, a_message_to_an_actor_of_the_shard_is_delivered) {
  deliver(inbox(0), 1);
  world_.run();
  EXPECT_EQ(got_, Numbers{1});
  EXPECT_EQ(outcomes_, Strings{"delivered"});
  EXPECT_EQ(count("delivered"), 1);
}

TEST_F(DeliveriesTest, a_message_to_an_actor_of_another_shard_is_delivered) {
  const auto far = inbox(1);
  for (int i = 1; i <= 4; ++i) deliver(far, i);
  world_.run();
  EXPECT_EQ(got_, (Numbers{1, 2, 3, 4}));
  EXPECT_EQ(outcomes_, Strings(4, "delivered"));
}

TEST_F(DeliveriesTest, a_name_is_enough) {
  inbox(1, {.name = "inbox"});
  deliver(Ref<Inbox>(Address{world_.shard().node(), ActorId::named("inbox")}), 1);
  world_.run();
  EXPECT_EQ(got_, Numbers{1});
  EXPECT_EQ(outcomes_, Strings{"delivered"});
}

TEST_F(DeliveriesTest, who_is_not_there_is_no_such_actor) {
  const auto here = inbox(0);
  const auto far = inbox(1);
  world_.shard(0).tell(sender_, Do{[&](Context& context) {
                         context.stop(here.address());
                         context.stop(far.address());
                       }});
  world_.run();
  deliver(here, 1);
  deliver(far, 2);
  deliver(Ref<Inbox>(Address{world_.shard().node(), ActorId::named("nobody")}), 3);
  deliver(Ref<Inbox>(), 4);
  world_.run();
  EXPECT_EQ(outcomes_, Strings(4, "refused: no_such_actor"));
  EXPECT_EQ(count("refused"), 4);
}

TEST_F(DeliveriesTest, a_node_that_is_alone_reaches_no_other) {
  deliver(Ref<Inbox>::named("elsewhere", "inbox"), 1);
  world_.run();
  EXPECT_EQ(outcomes_, Strings{"refused: unreachable"});
}

TEST_F(DeliveriesTest, a_full_mailbox_is_waited_for_and_order_holds) {
  for (const std::uint32_t shard : {0U, 1U}) {
    got_.clear();
    outcomes_.clear();
    const auto small = inbox(shard, {.mailbox_messages_max = 1});
    for (int i = 1; i <= 3; ++i) deliver(small, i, {.within = 10s});
    world_.run();
    world_.advance(1s);
    EXPECT_EQ(got_, (Numbers{1, 2, 3})) << "shard " << shard;
    EXPECT_EQ(outcomes_, Strings(3, "delivered"));
  }
}

/// Fails, and while it waits to be restarted its mailbox fills.
class Broken : public Actor<Broken> {
 public:
  using Messages = troupe::Messages<Note>;
  void on(const Note&) { throw std::runtime_error("broken"); }
};

TEST_F(DeliveriesTest, a_mailbox_that_stays_full_refuses_at_the_deadline) {
  for (const std::uint32_t shard : {0U, 1U}) {
    outcomes_.clear();
    SpawnOptions options{.mailbox_messages_max = 1};
    options.supervision = {.on_failure = OnFailure::kRestart, .backoff_initial = 1h, .backoff_max = 1h};
    const auto broken = world_.shard(shard).spawn<Broken>(options).value();
    world_.shard(shard).tell(broken, Note{0});
    world_.run();  // It fails, and its mailbox fills while it waits.
    world_.shard(shard).tell(broken, Note{1});
    as_sender([&](Context& context) {
      context.deliver(broken, Note{2}, {.within = 5s},
                      [this](const Delivery& delivery) { outcomes_.push_back(describe(delivery)); });
    });
    world_.advance(4900ms);
    EXPECT_EQ(outcomes_, Strings{});
    world_.advance(100ms);
    EXPECT_EQ(outcomes_, Strings{"refused: queue_full"}) << "shard " << shard;
  }
}

TEST_F(DeliveriesTest, a_longer_time_than_the_longest_is_cut_to_it) {
  SpawnOptions options{.mailbox_messages_max = 1};
  options.supervision = {.on_failure = OnFailure::kRestart, .backoff_initial = 1h, .backoff_max = 1h};
  const auto broken = world_.shard().spawn<Broken>(options).value();
  world_.shard().tell(broken, Note{0});
  world_.run();
  world_.shard().tell(broken, Note{1});
  as_sender([&](Context& context) {
    context.deliver(broken, Note{2}, {.within = 1h},
                    [this](const Delivery& delivery) { outcomes_.push_back(describe(delivery)); });
  });
  world_.advance(59s);
  EXPECT_EQ(outcomes_, Strings{});
  world_.advance(1s);
  EXPECT_EQ(outcomes_, Strings{"refused: queue_full"});
}

TEST_F(DeliveriesTest, more_than_the_bound_at_once_is_refused) {
  const auto far = inbox(1);
  as_sender([this, far](Context& context) {
    for (int i = 1; i <= 5; ++i) {
      context.deliver(far, Note{i}, {}, [this](const Delivery& delivery) { outcomes_.push_back(describe(delivery)); });
    }
  });
  world_.run();
  EXPECT_EQ(got_, (Numbers{1, 2, 3, 4}));
  EXPECT_EQ(outcomes_[0], "refused: queue_full");
  EXPECT_EQ(outcomes_.size(), 5U);
  EXPECT_EQ(world_.shard().deliveries().size(), 0U);
}

TEST_F(DeliveriesTest, nobody_is_called_who_has_ended_and_the_message_goes_all_the_same) {
  const auto far = inbox(1);
  as_sender([this, far](Context& context) {
    context.deliver(far, Note{1}, {}, [this](const Delivery&) { outcomes_.emplace_back("called"); });
    context.stop();
  });
  world_.run();
  EXPECT_EQ(got_, Numbers{1});
  EXPECT_EQ(outcomes_, Strings{});
  EXPECT_EQ(world_.shard().deliveries().size(), 0U);
}

TEST_F(DeliveriesTest, a_message_needs_no_callback) {
  const auto here = inbox(0);
  as_sender([here](Context& context) { context.deliver(here, Note{1}); });
  world_.run();
  EXPECT_EQ(got_, Numbers{1});
  EXPECT_EQ(world_.shard().ask_count(), 0U);
}

// Causal labels.

TEST_F(DeliveriesTest, with_a_label_one_recipient_waits_for_the_other) {
  const auto far = inbox(1);
  const auto here = inbox(0);
  as_sender([far, here](Context& context) {
    context.deliver(far, Note{1}, {.causal = "chat"});
    context.deliver(here, Note{2}, {.causal = std::string("chat")});
    context.deliver(here, Note{3}, {.causal = "other"});
  });
  world_.run();
  EXPECT_EQ(got_, (Numbers{3, 1, 2}));
  EXPECT_EQ(world_.metric("troupe_causal_waits_total"), 1);
}

TEST_F(DeliveriesTest, what_waits_for_a_label_longer_than_its_deadline_is_refused) {
  SpawnOptions options{.mailbox_messages_max = 1};
  options.supervision = {.on_failure = OnFailure::kRestart, .backoff_initial = 1h, .backoff_max = 1h};
  const auto broken = world_.shard().spawn<Broken>(options).value();
  world_.shard().tell(broken, Note{0});
  world_.run();
  world_.shard().tell(broken, Note{0});
  const auto here = inbox(0);
  const auto there = inbox(1);
  as_sender([&](Context& context) { context.deliver(broken, Note{1}, {.within = 10s, .causal = "chat"}); });
  deliver(here, 2, {.within = 2s, .causal = "chat"});
  deliver(there, 3, {.within = 20s, .causal = "chat"});
  world_.advance(2s);
  EXPECT_EQ(outcomes_, Strings{"refused: timeout"});
  EXPECT_EQ(world_.metric("troupe_causal_overdue_total"), 1);
  EXPECT_EQ(got_, Numbers{});
  world_.advance(8s);  // The first one's outcome releases the last.
  EXPECT_EQ(got_, Numbers{3});
  EXPECT_EQ(world_.shard().deliveries().size(), 0U);
}

TEST_F(DeliveriesTest, a_long_line_of_a_label_does_not_need_a_deep_stack) {
  ActorFixture world(1, {.deliveries_max = 100'000});
  const auto sender = world.shard().spawn<Puppet>({}).value();
  std::size_t outcomes = 0;
  world.shard().tell(sender, Do{[&](Context& context) {
                       for (int i = 0; i < 100'000; ++i) {
                         const auto to = Ref<Inbox>::named("elsewhere", i % 2 == 0 ? "a" : "b");
                         context.deliver(to, Note{i}, {.causal = "line"}, [&](const Delivery&) { ++outcomes; });
                       }
                     }});
  world.run();
  EXPECT_EQ(outcomes, 100'000U);
}

}  // namespace
}  // namespace troupe
