#include "troupe/runtime/detail/shard_queues.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <semaphore>
#include <thread>
#include <vector>

#include "troupe/base/random.hpp"
#include "troupe/runtime/detail/testing.hpp"

namespace troupe::runtime::detail {
namespace {

EnvelopePtr numbered(std::uint64_t number, EnvelopeKind kind = EnvelopeKind::kTell) {
  EnvelopePtr envelope = Envelope::make(kind);
  envelope->correlation = number;
  return envelope;
}

TEST(EnvelopeRing, gives_what_was_published_and_no_more) {
  EnvelopeRing ring(4);
  std::vector<std::uint64_t> got;
  const auto take = [&](EnvelopePtr envelope) { got.push_back(envelope->correlation); };
  for (std::uint64_t lap = 0; lap < 3; ++lap) {
    got.clear();
    for (std::uint64_t i = 0; i < 4; ++i) {
      ASSERT_TRUE(ring.has_room());
      ring.push(numbered(i));
    }
    EXPECT_FALSE(ring.has_room());
    EXPECT_TRUE(ring.empty());
    EXPECT_EQ(ring.drain(take), 0U);
    ring.publish();
    EXPECT_FALSE(ring.empty());
    EXPECT_EQ(ring.drain(take), 4U);
    EXPECT_EQ(got, (std::vector<std::uint64_t>{0, 1, 2, 3}));
  }
  ring.push(numbered(9));  // Freed with the ring.
}

class ShardQueuesTest : public ::testing::Test {
 protected:
  ShardQueuesTest()
      : queues({.shards = 2, .shard_messages_max = 2, .outside_messages_max = 2}, metrics,
               [this](std::uint32_t shard) { woken.push_back(shard); }) {}

  bool send(std::uint64_t number, bool refusable) {
    EnvelopePtr envelope = numbered(number);
    const bool taken = queues.send(0, 1, envelope, refusable);
    EXPECT_EQ(taken, envelope == nullptr);
    return taken;
  }
  std::vector<std::uint64_t> drain() {
    std::vector<std::uint64_t> got;
    queues.drain(1, [&](EnvelopePtr envelope) { got.push_back(envelope->correlation); });
    return got;
  }

  Metrics metrics;
  std::vector<std::uint32_t> woken;
  ShardQueues queues;
};

TEST_F(ShardQueuesTest, a_full_ring_refuses_what_may_be_refused_and_keeps_the_rest_in_order) {
  using Numbers = std::vector<std::uint64_t>;
  EXPECT_TRUE(send(1, true));
  EXPECT_TRUE(send(2, true));
  EXPECT_FALSE(send(3, true));
  EXPECT_TRUE(send(4, false));
  EXPECT_TRUE(send(5, false));
  EXPECT_TRUE(send(6, false));
  queues.flush(0);
  EXPECT_EQ(drain(), (Numbers{1, 2}));
  EXPECT_FALSE(send(7, true)) << "there is room now, but 4, 5 and 6 are first";
  queues.flush(0);
  EXPECT_EQ(drain(), (Numbers{4, 5}));
  EXPECT_TRUE(send(8, true));
  queues.flush(0);
  EXPECT_EQ(drain(), (Numbers{6, 8}));
  EXPECT_EQ(metric(metrics, "troupe_shard_queue_refusals_total"), 2);
  EXPECT_EQ(metric(metrics, "troupe_shard_queue_overflows_total"), 3);
}

TEST_F(ShardQueuesTest, only_a_sleeper_is_woken_and_once_for_each_sleep) {
  send(1, true);
  queues.flush(0);
  EXPECT_FALSE(queues.prepare_to_sleep(1)) << "something has arrived";
  EXPECT_TRUE(woken.empty());
  drain();
  queues.flush(1);
  ASSERT_TRUE(queues.prepare_to_sleep(1));
  send(2, true);
  EXPECT_TRUE(woken.empty()) << "before the end of the round";
  queues.flush(0);
  send(3, true);
  queues.flush(0);
  EnvelopePtr outside = numbered(4);
  EXPECT_TRUE(queues.inject(1, outside, true));
  EXPECT_EQ(woken, std::vector<std::uint32_t>{1});
  queues.woke_up(1);
  EXPECT_EQ(drain(), (std::vector<std::uint64_t>{2, 3, 4}));
}

TEST_F(ShardQueuesTest, a_sender_that_sleeps_on_its_overflow_is_woken_when_there_is_room) {
  for (std::uint64_t i = 1; i <= 3; ++i) send(i, false);
  queues.flush(0);
  ASSERT_TRUE(queues.prepare_to_sleep(0));
  drain();
  queues.flush(1);
  EXPECT_EQ(woken, std::vector<std::uint32_t>{0});
  queues.woke_up(0);
  queues.flush(0);
  EXPECT_EQ(drain(), std::vector<std::uint64_t>{3});
  // From now on it does not wait for anything any more.
  ASSERT_TRUE(queues.prepare_to_sleep(0));
  queues.flush(1);
  EXPECT_EQ(woken.size(), 1U);
}

TEST_F(ShardQueuesTest, a_shard_does_not_sleep_while_its_overflow_has_room) {
  for (std::uint64_t i = 1; i <= 3; ++i) send(i, false);
  queues.flush(0);
  drain();
  EXPECT_FALSE(queues.prepare_to_sleep(0));
}

TEST_F(ShardQueuesTest, outside_threads_are_refused_by_the_bound_but_completions_never) {
  for (std::uint64_t i = 0; i < 3; ++i) {
    EnvelopePtr envelope = numbered(i);
    EXPECT_EQ(queues.inject(1, envelope, true), i < 2);
    EXPECT_EQ(envelope == nullptr, i < 2);
  }
  EnvelopePtr completion = numbered(7);
  EXPECT_TRUE(queues.inject(1, completion, false));
  EXPECT_EQ(drain(), (std::vector<std::uint64_t>{0, 1, 7}));
  EXPECT_EQ(metric(metrics, "troupe_outside_queue_refusals_total"), 1);
}

/// Threads that hand tokens on, and sleep when they have none. The rings are so small that overflow is the rule. A
/// wake-up that is lost holds back the tokens that wait for it, and soon all of them: then a sleep reaches its
/// deadline.
class Storm {
 public:
  static constexpr std::uint32_t kShards = 3;
  static constexpr std::uint64_t kTokens = 8;
  static constexpr std::uint64_t kHops = 15'000;

  Storm()
      : queues_({.shards = kShards, .shard_messages_max = 2}, metrics_,
                [this](std::uint32_t shard) { wake_[shard].release(); }) {
    for (std::uint64_t i = 0; i < kTokens; ++i) {
      EnvelopePtr token = numbered(0, EnvelopeKind::kReply);
      token->recipient = ActorId::from_raw(kHops);
      token->sender.actor = ActorId::from_raw(kShards);  // From outside.
      queues_.inject(static_cast<std::uint32_t>(i % kShards), token, false);
    }
  }

  void run() {
    std::vector<std::thread> threads;
    for (std::uint32_t shard = 0; shard < kShards; ++shard) threads.emplace_back([this, shard] { turn(shard); });
    for (std::thread& thread : threads) thread.join();
  }

  std::atomic<std::uint64_t> ended{0};
  std::atomic<int> disordered{0};
  std::atomic<int> overslept{0};

 private:
  void turn(std::uint32_t self) {
    std::array<std::uint64_t, kShards + 1> received{};
    std::array<std::uint64_t, kShards> sent{};
    Random random(self);
    while (ended < kTokens && overslept == 0) {
      queues_.drain(self, [&](EnvelopePtr token) {
        const auto from = static_cast<std::uint32_t>(token->sender.actor.raw());
        if (from < kShards && token->correlation != received[from]++) ++disordered;
        const std::uint64_t hops = token->recipient.raw();
        if (hops == 0) return end_token();
        const auto to = static_cast<std::uint32_t>((self + 1 + random.below(kShards - 1)) % kShards);
        token->recipient = ActorId::from_raw(hops - 1);
        token->sender.actor = ActorId::from_raw(self);
        token->correlation = sent[to]++;
        queues_.send(self, to, token, false);
      });
      queues_.flush(self);
      if (!queues_.prepare_to_sleep(self)) continue;
      if (!wake_[self].try_acquire_for(std::chrono::seconds(20))) ++overslept;
      queues_.woke_up(self);
    }
  }

  void end_token() {
    if (++ended < kTokens) return;
    for (auto& wake : wake_) wake.release();
  }

  Metrics metrics_;
  std::array<std::counting_semaphore<>, kShards> wake_{std::counting_semaphore<>(0), std::counting_semaphore<>(0),
                                                       std::counting_semaphore<>(0)};
  ShardQueues queues_;
};

TEST(ShardQueues, no_wake_up_is_lost_and_no_order_under_overflow) {
  Storm storm;
  storm.run();
  EXPECT_EQ(storm.ended, Storm::kTokens);
  EXPECT_EQ(storm.overslept, 0);
  EXPECT_EQ(storm.disordered, 0);
}

/// Some nanoseconds to some hundred.
void pause_for_a_moment(Random& random) {
  const std::uint64_t moment = random.below(200);
  for (std::atomic<std::uint64_t> spins = 0; spins < moment;) spins.store(spins + 1, std::memory_order_relaxed);
}

/// One sends the moment that the other, having taken the last message, is about to fall asleep: where the fences are
/// missing, each may read what the other has not written yet. A random pause, of some nanoseconds, moves the two across
/// each other.
TEST(ShardQueues, a_message_that_meets_its_receiver_falling_asleep_wakes_it) {
  constexpr std::uint64_t kMessages = 50'000;
  Metrics metrics;
  std::binary_semaphore wake(0);
  ShardQueues queues({.shards = 2}, metrics, [&](std::uint32_t) { wake.release(); });
  std::atomic<std::uint64_t> taken{0};
  std::atomic<bool> overslept{false};
  std::thread receiver([&] {
    Random random(8);
    std::uint64_t received = 0;
    while (received < kMessages && !overslept) {
      queues.drain(1, [&](EnvelopePtr) { taken.store(++received, std::memory_order_release); });
      queues.flush(1);
      if (received % 2 == 0) pause_for_a_moment(random);
      if (!queues.prepare_to_sleep(1)) continue;
      if (received < kMessages && !wake.try_acquire_for(std::chrono::seconds(20))) overslept = true;
      queues.woke_up(1);
    }
  });
  Random random(7);
  for (std::uint64_t i = 0; i < kMessages && !overslept; ++i) {
    for (int spins = 0; taken.load(std::memory_order_acquire) != i && !overslept; ++spins) {
      if (spins > 1000) std::this_thread::yield();
    }
    pause_for_a_moment(random);
    EnvelopePtr envelope = numbered(i);
    queues.send(0, 1, envelope, true);
    queues.flush(0);
  }
  receiver.join();
  EXPECT_FALSE(overslept);
  EXPECT_EQ(taken, kMessages);
}

}  // namespace
}  // namespace troupe::runtime::detail
