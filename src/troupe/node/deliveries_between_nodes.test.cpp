#include <gtest/gtest.h>

#include <atomic>
#include <map>

#include "troupe/node/node.hpp"
#include "troupe/node/wait_until.test.hpp"

// Acknowledged messages between threads and over real connections.
namespace troupe {
namespace {

constexpr int kMessages = 5'000;

struct Numbered {
  static constexpr auto wire_name = "test.numbered";
  int number = 0;
};

/// Counts what comes in order, from any number of senders who count from 1.
class Counting : public Actor<Counting> {
 public:
  using Messages = troupe::Messages<Numbered>;
  explicit Counting(std::atomic<int>& in_order) : in_order_(in_order) {}
  void on(const Numbered& message) {
    if (message.number == ++last_[context().sender()]) ++in_order_;
  }

 private:
  std::atomic<int>& in_order_;
  std::map<Address, int> last_;
};

struct Outcomes {
  std::atomic<int> delivered{0};
  std::atomic<int> refused{0};
  std::atomic<int> unknown{0};
  int all() const { return delivered + refused + unknown; }
};

/// Delivers 1 to kMessages to one recipient.
class Delivering : public Actor<Delivering> {
 public:
  using Messages = troupe::Messages<Numbered>;
  Delivering(Ref<Counting> to, Outcomes& outcomes) : to_(to), outcomes_(outcomes) {}
  void on_start() override {
    for (int i = 1; i <= kMessages; ++i) {
      context().deliver(to_, Numbered{i}, {.within = 30s}, [this](const Delivery& delivery) {
        ++(delivery.is_delivered() ? outcomes_.delivered
           : delivery.is_refused() ? outcomes_.refused
                                   : outcomes_.unknown);
      });
    }
  }
  void on(const Numbered&) {}

 private:
  Ref<Counting> to_;
  Outcomes& outcomes_;
};

NodeOptions options(const std::string& name, std::vector<std::string> join = {}) {
  return {.name = name,
          .cluster_listen = "127.0.0.1:0",
          .join = std::move(join),
          .shards = 2,
          .mailbox_messages_max = 256,
          .log_level = LogLevel::kError};
}

TEST(DeliveriesBetweenNodes, all_arrive_once_and_in_order_though_mailboxes_are_small) {
  std::atomic<int> in_order{0};
  Outcomes outcomes;
  Node a(options("a"));
  ASSERT_TRUE(a.start());
  Node b(options("b", {a.cluster_address()}));
  ASSERT_TRUE(b.start());
  ASSERT_TRUE(a.wait_for_members(1, 10s));
  ASSERT_TRUE(b.wait_for_members(1, 10s));
  const Ref<Counting> there[] = {b.spawn<Counting>({.name = "one"}, in_order).value(),
                                 b.spawn<Counting>({.name = "two"}, in_order).value()};
  const Ref<Counting> here = a.spawn<Counting>({}, in_order).value();
  for (const Ref<Counting>& to : {there[0], there[1], Ref<Counting>::named("b", "one"),
                                  Ref<Counting>::named("b", "two"), here, here}) {  // From both of a's shards.
    ASSERT_TRUE(a.spawn<Delivering>({}, to, outcomes));
  }
  EXPECT_TRUE(wait_until([&] { return outcomes.all() == 6 * kMessages; }, 60s)) << outcomes.all();
  EXPECT_EQ(outcomes.delivered, 6 * kMessages);
  EXPECT_TRUE(wait_until([&] { return in_order == 6 * kMessages; }, 10s)) << in_order;
}

TEST(DeliveriesBetweenNodes, when_a_node_stops_in_the_middle_every_message_has_its_outcome) {
  std::atomic<int> in_order{0};
  Outcomes outcomes;
  Node a(options("a"));
  ASSERT_TRUE(a.start());
  {
    Node b(options("b", {a.cluster_address()}));
    ASSERT_TRUE(b.start());
    ASSERT_TRUE(a.wait_for_members(1, 10s));
    ASSERT_TRUE(b.spawn<Counting>({.name = "one"}, in_order));
    ASSERT_TRUE(a.spawn<Delivering>({}, Ref<Counting>::named("b", "one"), outcomes));
    ASSERT_TRUE(wait_until([&] { return in_order > 0; }, 10s));
  }
  EXPECT_TRUE(wait_until([&] { return outcomes.all() == kMessages; }, 35s)) << outcomes.all();
  EXPECT_LE(outcomes.delivered, in_order);
}

}  // namespace
}  // namespace troupe
