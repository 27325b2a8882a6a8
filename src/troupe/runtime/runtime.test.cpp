#include "troupe/runtime/runtime.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>

#include "troupe/actor/actor.hpp"
#include "troupe/runtime/detail/testing.hpp"

namespace troupe::runtime {
namespace {

using detail::Mailslot;
using detail::RecordingSink;

struct Number {
  static constexpr auto wire_name = "test.number";
  std::uint64_t value = 0;
};
struct Begin {
  static constexpr auto wire_name = "test.begin";
};
struct Sum {
  static constexpr auto wire_name = "test.sum";
  using Reply = std::uint64_t;
};
struct Hold {
  static constexpr auto wire_name = "test.hold";
};

RuntimeOptions with_shards(std::uint32_t shards) {
  RuntimeOptions options;
  options.shards = shards;
  options.shard.node = NodeId{hash64("runtime test"), 1};
  return options;
}

/// A runtime that is stopped before what its actors refer to is gone.
struct World {
  explicit World(const RuntimeOptions& options) : runtime(options, metrics, sink) {}
  ~World() { runtime.stop(); }

  template <class A, class... Args>
  Ref<A> spawn(std::uint32_t shard, Args&&... args) {
    return runtime.run_on(shard, [&](Shard& on) { return on.spawn<A>({}, std::forward<Args>(args)...).value(); });
  }

  Metrics metrics;
  RecordingSink sink;
  Runtime runtime;
};

/// Counts what comes in order, and says so when it has `expected` of them.
class Receiver : public Actor<Receiver> {
 public:
  using Messages = troupe::Messages<Number, Sum>;
  Receiver(std::uint64_t expected, Mailslot<std::uint64_t>& done) : expected_(expected), done_(done) {}
  void on(const Number& number) {
    in_order_ += number.value == next_ ? 1 : 0;
    if (++next_ == expected_) done_.put(in_order_);
  }
  std::uint64_t on(const Sum&) { return next_; }

 private:
  std::uint64_t expected_;
  Mailslot<std::uint64_t>& done_;
  std::uint64_t next_ = 0;
  std::uint64_t in_order_ = 0;
};

/// Sends 0, 1, 2, ... and tries again a turn later what was refused.
class Sender : public Actor<Sender> {
 public:
  using Messages = troupe::Messages<Begin>;
  Sender(Ref<Receiver> to, std::uint64_t count) : to_(to), count_(count) {}
  void on(const Begin&) {
    for (; next_ < count_; ++next_) {
      if (context().tell(to_, Number{next_}) == SendOutcome::kTaken) continue;
      context().after(10us, [this] { on(Begin{}); });
      return;
    }
  }

 private:
  Ref<Receiver> to_;
  std::uint64_t count_;
  std::uint64_t next_ = 0;
};

TEST(Runtime, many_messages_between_shards_keep_their_order_while_some_are_refused) {
  constexpr std::uint64_t kCount = 100'000;
  RuntimeOptions options = with_shards(2);
  options.shard_queue_messages_max = 1024;
  Mailslot<std::uint64_t> done;
  World world(options);
  ASSERT_TRUE(world.runtime.start());
  const auto forth = world.spawn<Receiver>(1, kCount, done);
  const auto back = world.spawn<Receiver>(0, kCount, done);
  const auto first = world.spawn<Sender>(0, forth, kCount);
  const auto second = world.spawn<Sender>(1, back, kCount);
  world.runtime.post(0, [&](Shard& shard) { shard.tell(first, Begin{}); });
  world.runtime.post(1, [&](Shard& shard) { shard.tell(second, Begin{}); });
  EXPECT_EQ(done.take(60s), kCount);
  EXPECT_EQ(done.take(60s), kCount);
  EXPECT_GT(detail::metric(world.metrics, "troupe_shard_queue_refusals_total"), 0);
}

/// Two of them hand a number to and fro.
class Player : public Actor<Player> {
 public:
  using Messages = troupe::Messages<Number>;
  Player(std::uint64_t rounds, Mailslot<std::uint64_t>& done) : rounds_(rounds), done_(done) {}
  void on(const Number& ball) {
    if (ball.value == rounds_) return done_.put(ball.value);
    context().tell(Ref<Player>(context().sender()), Number{ball.value + 1});
  }

 private:
  std::uint64_t rounds_;
  Mailslot<std::uint64_t>& done_;
};

std::uint64_t play(RuntimeOptions options, std::uint64_t rounds) {
  Mailslot<std::uint64_t> done;
  World world(options);
  EXPECT_TRUE(world.runtime.start());
  const auto first = world.spawn<Player>(0, rounds, done);
  const auto second = world.spawn<Player>(1, rounds, done);
  world.runtime.run_on(0, [&](Shard& shard) {
    EnvelopePtr ball = Envelope::make(EnvelopeKind::kTell, Number{0});
    ball->sender = first.address();
    shard.send(std::move(ball), second.address());
  });
  return done.take(60s);
}

TEST(Runtime, each_of_many_round_trips_wakes_the_other_shard) { EXPECT_EQ(play(with_shards(2), 20'000), 20'000U); }

TEST(Runtime, shards_that_poll_before_they_sleep_lose_nothing_either) {
  RuntimeOptions options = with_shards(2);
  options.busy_poll = 50us;
  EXPECT_EQ(play(options, 20'000), 20'000U);
}

TEST(Runtime, an_ask_across_shards_is_answered_and_one_that_finds_the_queue_full_fails) {
  RuntimeOptions options = with_shards(2);
  options.shard_queue_messages_max = 2;
  Mailslot<std::uint64_t> done;
  Mailslot<std::string> answers;
  World world(options);
  ASSERT_TRUE(world.runtime.start());
  const auto receiver = world.spawn<Receiver>(1, 0, done);
  world.runtime.run_on(0, [&](Shard& shard) {
    // All in one round, and the queue has room for two.
    for (int i = 0; i < 3; ++i) {
      shard.ask(receiver, Sum{}, 10s,
                [&](Result<std::uint64_t> sum) { answers.put(sum ? "answer" : sum.error().to_string()); });
    }
  });
  std::vector<std::string> three{answers.take(), answers.take(), answers.take()};
  std::sort(three.begin(), three.end());
  EXPECT_EQ(three, (std::vector<std::string>{"answer", "answer", "queue_full: the queue to the actor is full"}));
}

TEST(Runtime, tasks_from_several_threads_all_run_each_threads_in_order) {
  constexpr std::uint64_t kThreads = 4;
  constexpr std::uint64_t kEach = 5'000;
  Mailslot<bool> done;
  std::vector<std::uint64_t> next(kThreads);
  std::uint64_t out_of_order = 0;
  World world(with_shards(1));
  ASSERT_TRUE(world.runtime.start());
  std::vector<std::thread> threads;
  for (std::uint64_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (std::uint64_t i = 0; i < kEach; ++i) {
        const auto task = [&, thread, i](Shard&) {
          out_of_order += next[thread]++ == i ? 0 : 1;
          if (next == std::vector<std::uint64_t>(kThreads, kEach)) done.put(true);
        };
        while (!world.runtime.post(0, task)) std::this_thread::yield();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(done.take(60s));
  EXPECT_EQ(world.runtime.run_on(0, [&](Shard&) { return out_of_order; }), 0U);
}

TEST(Runtime, post_says_when_the_queue_is_full_and_after_stop) {
  RuntimeOptions options = with_shards(1);
  options.outside_queue_messages_max = 2;
  World world(options);
  const auto nothing = [](Shard&) {};
  EXPECT_TRUE(world.runtime.post(0, nothing));  // Without a thread nobody takes them.
  EXPECT_TRUE(world.runtime.post(0, nothing));
  EXPECT_FALSE(world.runtime.post(0, nothing));
  EXPECT_EQ(detail::metric(world.metrics, "troupe_outside_queue_refusals_total"), 1);
  ASSERT_TRUE(world.runtime.start());
  world.runtime.run_on(0, nothing);
  EXPECT_TRUE(world.runtime.post(0, nothing));
  world.runtime.stop();
  EXPECT_FALSE(world.runtime.post(0, nothing));
}

TEST(Runtime, timers_fire_in_their_order_and_not_early) {
  Mailslot<int> fired;
  World world(with_shards(1));
  ASSERT_TRUE(world.runtime.start());
  const TimePoint begin = Runtime::now();
  world.runtime.run_on(0, [&](Shard& shard) {
    shard.after(20ms, [&] { fired.put(20); });
    shard.after(5ms, [&] { fired.put(5); });
    const TimerId cancelled = shard.after(10ms, [&] { fired.put(10); });
    EXPECT_TRUE(shard.cancel(cancelled));
  });
  EXPECT_EQ(fired.take(), 5);
  EXPECT_GE(Runtime::now() - begin, 5ms);
  EXPECT_EQ(fired.take(), 20);
  EXPECT_GE(Runtime::now() - begin, 20ms);
}

Duration processor_time() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto duration = [](const timeval& time) {
    return Duration(std::chrono::seconds(time.tv_sec)) + std::chrono::microseconds(time.tv_usec);
  };
  return duration(usage.ru_utime) + duration(usage.ru_stime);
}

TEST(Runtime, an_idle_node_uses_no_processor_time) {
  RuntimeOptions options = with_shards(4);
  options.busy_poll = 50us;
  Mailslot<bool> never;
  World world(options);
  ASSERT_TRUE(world.runtime.start());
  // An idle node has timers that are far away, and has been busy before.
  for (std::uint32_t i = 0; i < 4; ++i) world.runtime.run_on(i, [](Shard& shard) { shard.after(1h, [] {}); });
  const Duration before = processor_time();
  EXPECT_FALSE(never.take(300ms));
  EXPECT_LT(processor_time() - before, 10ms);
}

class Holder : public Actor<Holder> {
 public:
  using Messages = troupe::Messages<Hold>;
  explicit Holder(std::future<void> released) : released_(std::move(released)) {}
  void on(const Hold&) { released_.wait(); }

 private:
  std::future<void> released_;
};

TEST(Runtime, a_handler_that_holds_its_shard_is_reported_while_it_does_and_after) {
  RuntimeOptions options = with_shards(2);
  options.long_handler_threshold = 20ms;
  World world(options);
  ASSERT_TRUE(world.runtime.start());
  std::promise<void> release;
  const auto holder = world.spawn<Holder>(1, release.get_future());
  world.runtime.run_on(1, [&](Shard& shard) { shard.tell(holder, Hold{}); });
  EXPECT_EQ(world.sink.wait_for("Holder's handler of test.hold holds shard 1 for"), 1U);
  release.set_value();
  EXPECT_EQ(world.sink.wait_for("Holder's handler of test.hold held shard 1 for"), 1U);
  EXPECT_EQ(world.sink.wait_for("holds shard"), 1U);
  EXPECT_EQ(detail::metric(world.metrics, "troupe_long_handlers_total"), 1);
}

TEST(Runtime, exceptions_of_tasks_are_reported_and_end_nothing) {
  World world(with_shards(1));
  ASSERT_TRUE(world.runtime.start());
  world.runtime.post(0, [](Shard&) { throw std::runtime_error("a task's mistake"); });
  EXPECT_EQ(world.sink.wait_for("a task's mistake"), 1U);
  EXPECT_THROW(world.runtime.run_on(0, [](Shard&) { throw std::invalid_argument("the caller's"); }),
               std::invalid_argument);
  EXPECT_EQ(world.runtime.run_on(0, [](Shard& shard) { return shard.index(); }), 0U);
  EXPECT_EQ(detail::metric(world.metrics, "troupe_loop_exceptions_total"), 1);
}

TEST(Runtime, without_a_route_another_node_is_unreachable) {
  World world(with_shards(1));
  ASSERT_TRUE(world.runtime.start());
  const auto elsewhere = Ref<Receiver>::named("another node", "receiver");
  EXPECT_EQ(world.runtime.run_on(0, [&](Shard& shard) { return shard.tell(elsewhere, Number{}); }),
            SendOutcome::kUnreachable);
}

TEST(Runtime, round_ends_are_called_before_the_shard_sleeps) {
  Mailslot<int> ended;
  int dirty = 0;
  World world(with_shards(1));
  world.runtime.add_round_end(0, [&] {
    if (dirty != 0) ended.put(std::exchange(dirty, 0));
  });
  ASSERT_TRUE(world.runtime.start());
  world.runtime.post(0, [&](Shard&) { dirty = 7; });
  EXPECT_EQ(ended.take(), 7);
}

class Stopping : public Actor<Stopping> {
 public:
  using Messages = troupe::Messages<Hold>;
  explicit Stopping(std::atomic<int>& stopped) : stopped_(stopped) {}
  void on_stop() override { ++stopped_; }
  void on(const Hold&) { context().tell(self(), Hold{}); }

 private:
  std::atomic<int>& stopped_;
};

TEST(Runtime, stop_ends_all_actors_with_work_in_flight_again_and_again) {
  for (int life = 0; life < 20; ++life) {
    std::atomic<int> stopped = 0;
    Mailslot<std::uint64_t> done;
    {
      World world(with_shards(3));
      ASSERT_TRUE(world.runtime.start());
      for (std::uint32_t shard = 0; shard < 3; ++shard) {
        const auto busy = world.spawn<Stopping>(shard, stopped);
        const auto receiver = world.spawn<Receiver>((shard + 1) % 3, 0, done);
        const auto sender = world.spawn<Sender>(shard, receiver, 1'000'000);
        world.runtime.post(shard, [=](Shard& on) {
          on.tell(busy, Hold{});
          on.tell(sender, Begin{});
          on.ask(receiver, Sum{}, 1h, [](const Result<std::uint64_t>&) {});
        });
      }
      world.runtime.stop();
      EXPECT_EQ(stopped, 3);
      // Its shards are still there, without threads.
      EXPECT_EQ(world.runtime.run_on(2, [](Shard& shard) { return shard.actor_count(); }), 0U);
    }
  }
}

TEST(Runtime, one_that_never_starts_ends_as_well) {
  std::atomic<int> stopped = 0;
  World world(with_shards(2));
  world.spawn<Stopping>(1, stopped);
  EXPECT_TRUE(world.runtime.post(0, [](Shard&) {}));
}

TEST(Runtime, listen_says_what_is_wrong_with_an_address) {
  World world(with_shards(1));
  ASSERT_TRUE(world.runtime.start());
  const auto ignore = [](std::unique_ptr<cluster::Connection>) {};
  EXPECT_EQ(world.runtime.listen("127.0.0.1", ignore).error().to_string(),
            "invalid_argument: '127.0.0.1' is not host:port: the port is missing");
  const auto port = world.runtime.listen("127.0.0.1:0", ignore);
  ASSERT_TRUE(port);
  EXPECT_GT(*port, 0);
  const std::string taken = "127.0.0.1:" + std::to_string(*port);
  EXPECT_EQ(world.runtime.listen(taken, ignore).error().to_string(),
            "input_output: cannot listen on " + taken + ": address already in use");
}

}  // namespace
}  // namespace troupe::runtime
