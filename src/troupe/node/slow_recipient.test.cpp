#include <gtest/gtest.h>

#include <atomic>
#include <chrono>

#include "troupe/node/node.hpp"
#include "troupe/node/wait_until.test.hpp"

// Two nodes in one process: an actor that cannot keep up with what another node sends it.
namespace troupe {
namespace {

struct Item {
  static constexpr auto wire_name = "test.item";
  std::uint64_t number = 0;
};
struct Enough {
  static constexpr auto wire_name = "test.enough";
};

/// Takes its time for each, if it is told to.
class Taker : public Actor<Taker> {
 public:
  using Messages = troupe::Messages<Item>;
  Taker(std::chrono::microseconds time, std::atomic<std::uint64_t>& taken) : time_(time), taken_(taken) {}
  void on(const Item& item) {
    const auto end = std::chrono::steady_clock::now() + time_;
    while (std::chrono::steady_clock::now() < end) {
    }
    EXPECT_EQ(item.number, taken_.load() + 1) << "in order, and none is lost";
    taken_ = item.number;
  }

 private:
  std::chrono::microseconds time_;
  std::atomic<std::uint64_t>& taken_;
};
struct TakerProtocol {
  using Messages = troupe::Messages<Item>;
};

/// Sends as fast as it may.
class Giver : public Actor<Giver> {
 public:
  using Messages = troupe::Messages<Enough>;
  Giver(std::string to, std::atomic<std::uint64_t>& given, std::atomic<std::uint64_t>& refused)
      : to_(Ref<TakerProtocol>::named("b", to)), given_(given), refused_(refused) {}
  void on_start() override { give(); }
  void on(const Enough&) { enough_ = true; }

 private:
  void give() {
    if (enough_) return;
    SendOutcome outcome = SendOutcome::kTaken;
    for (int i = 0; i < 1'000 && outcome == SendOutcome::kTaken; ++i) {
      outcome = context().tell(to_, Item{given_ + 1});
      if (outcome == SendOutcome::kTaken) ++given_;
    }
    if (outcome == SendOutcome::kTaken) return void(context().after(Duration::zero(), [this] { give(); }));
    ++refused_;
    context().when_room(to_, 1min, [this](const Result<void>&) { give(); });
  }

  Ref<TakerProtocol> to_;
  std::atomic<std::uint64_t>& given_;
  std::atomic<std::uint64_t>& refused_;
  bool enough_ = false;
};

NodeOptions options_of(const std::string& name, std::vector<std::string> join) {
  return {.name = name,
          .cluster_listen = "127.0.0.1:0",
          .join = std::move(join),
          .cluster = {.channels = {{.name = "data", .queue_messages_max = 1'000}}},
          .shards = 2,
          .mailbox_messages_max = 1'000,
          .log_level = LogLevel::kError};
}

TEST(SlowRecipient, stops_its_sender_loses_nothing_and_holds_up_nobody_else) {
  std::atomic<std::uint64_t> slow_taken{0}, slow_given{0}, slow_refused{0};
  std::atomic<std::uint64_t> fast_taken{0}, fast_given{0}, fast_refused{0};
  Node a(options_of("a", {}));
  ASSERT_TRUE(a.start());
  Node b(options_of("b", {a.cluster_address()}));
  ASSERT_TRUE(b.start());
  ASSERT_TRUE(b.spawn<Taker>({.name = "slow"}, 100us, slow_taken));
  ASSERT_TRUE(b.spawn<Taker>({.name = "fast"}, 0us, fast_taken));
  ASSERT_TRUE(a.wait_for_members(1, 10s));
  const auto slow = a.spawn<Giver>({}, "slow", slow_given, slow_refused);
  const auto fast = a.spawn<Giver>({}, "fast", fast_given, fast_refused);
  ASSERT_TRUE(slow && fast);
  EXPECT_TRUE(wait_until([&] { return slow_refused > 0; }, 20s)) << "the sender of the slow one is told";
  EXPECT_TRUE(wait_until([&] { return fast_taken > 10 * slow_taken && fast_taken > 10'000; }, 30s))
      << fast_taken << " and " << slow_taken;
  a.tell(*slow, Enough{});
  a.tell(*fast, Enough{});
  EXPECT_TRUE(wait_until([&] { return slow_taken == slow_given && fast_taken == fast_given; }, 60s))
      << slow_taken << " of " << slow_given << ", " << fast_taken << " of " << fast_given;
}

}  // namespace
}  // namespace troupe
