#include "troupe/actor/timer_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "troupe/base/random.hpp"

namespace troupe {
namespace {

using testing::ElementsAre;

TimePoint at(Duration since_start) { return TimePoint(since_start); }

/// Timers that write down their names.
struct Timers {
  TimerQueue queue;
  std::vector<std::string> fired;
  TimerId add(std::string name, Duration when, Duration interval = {}) {
    return queue.add(at(when), [this, name = std::move(name)] { fired.push_back(name); }, interval);
  }
};

TEST(TimerQueue, fires_in_the_order_of_time_then_of_making) {
  Timers timers;
  timers.add("late", 3s);
  timers.add("first", 1s);
  timers.add("second", 1s);
  EXPECT_EQ(timers.queue.next(), at(1s));
  timers.queue.fire_due(at(999ms));
  EXPECT_TRUE(timers.fired.empty());
  timers.queue.fire_due(at(5s));
  EXPECT_THAT(timers.fired, ElementsAre("first", "second", "late"));
  EXPECT_EQ(timers.queue.next(), TimePoint::max());
  EXPECT_TRUE(timers.queue.empty());
}

TEST(TimerQueue, a_cancelled_timer_does_not_fire_and_its_id_names_no_other) {
  Timers timers;
  const TimerId cancelled = timers.add("cancelled", 1s);
  EXPECT_TRUE(timers.queue.cancel(cancelled));
  EXPECT_FALSE(timers.queue.cancel(cancelled));
  const TimerId reused = timers.add("kept", 1s);
  EXPECT_EQ(reused.slot, cancelled.slot);
  EXPECT_FALSE(timers.queue.cancel(cancelled));
  timers.queue.fire_due(at(1s));
  EXPECT_THAT(timers.fired, ElementsAre("kept"));
  EXPECT_FALSE(timers.queue.cancel(reused)) << "it has fired";
  EXPECT_FALSE(timers.queue.cancel(TimerId()));
  EXPECT_FALSE(timers.queue.cancel({99, 1}));
}

TEST(TimerQueue, a_repeating_timer_keeps_its_beat_and_skips_what_it_missed) {
  Timers timers;
  const TimerId id = timers.add("tick", 10s, 10s);
  timers.queue.fire_due(at(10s));
  timers.queue.fire_due(at(45s));  // Those of 20, 30 and 40 s become one.
  EXPECT_EQ(timers.fired.size(), 2U);
  EXPECT_EQ(timers.queue.next(), at(50s));
  EXPECT_TRUE(timers.queue.cancel(id));
  EXPECT_TRUE(timers.queue.empty());
}

TEST(TimerQueue, an_action_may_cancel_its_own_timer_and_add_others) {
  TimerQueue queue;
  int fired = 0;
  TimerId id;
  id = queue.add(
      at(1s),
      [&] {
        for (int i = 0; i < 100; ++i) queue.add(at(2s), [&] { ++fired; });  // Moves the slots.
        EXPECT_TRUE(queue.cancel(id));
        ++fired;
      },
      1s);
  queue.fire_due(at(1s));
  queue.fire_due(at(2s));
  EXPECT_EQ(fired, 101);
  EXPECT_TRUE(queue.empty());
}

TEST(TimerQueue, what_an_action_adds_waits_for_the_next_call) {
  TimerQueue queue;
  int fired = 0;
  std::function<void()> again = [&] {
    ++fired;
    queue.add(at(1s), again);
  };
  queue.add(at(1s), again);
  queue.fire_due(at(1s));
  EXPECT_EQ(fired, 1);
  EXPECT_EQ(queue.next(), at(1s)) << "its driver sees that it is due";
  queue.fire_due(at(1s));
  EXPECT_EQ(fired, 2);
}

TEST(TimerQueue, the_end_of_time_can_be_waited_for) {
  Timers timers;
  timers.queue.add(TimePoint::max(), [&] { timers.fired.emplace_back("never"); });
  timers.add("slow", 1s, Duration::max());
  timers.queue.fire_due(at(1h));
  EXPECT_THAT(timers.fired, ElementsAre("slow"));
}

/// The same by a map, sorted by time and then by order.
class Model {
 public:
  void add(int name, Duration when, Duration interval) { timers_[{when, order_++}] = {name, interval}; }
  bool cancel(int name) {
    return std::erase_if(timers_, [name](const auto& each) { return each.second.name == name; }) > 0;
  }
  std::vector<int> fire_due(Duration now) {
    std::vector<int> fired;
    while (!timers_.empty() && timers_.begin()->first.first <= now) {
      Duration when = timers_.begin()->first.first;
      const Timer timer = timers_.begin()->second;
      timers_.erase(timers_.begin());
      fired.push_back(timer.name);
      if (timer.interval == Duration::zero()) continue;
      while (when <= now) when += timer.interval;
      timers_[{when, order_++}] = timer;
    }
    return fired;
  }
  std::size_t size() const { return timers_.size(); }
  TimePoint next() const { return timers_.empty() ? TimePoint::max() : at(timers_.begin()->first.first); }

 private:
  struct Timer {
    int name;
    Duration interval;
  };
  std::map<std::pair<Duration, int>, Timer> timers_;
  int order_ = 0;
};

TEST(TimerQueue, does_what_a_simple_model_does) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    Model model;
    TimerQueue queue;
    std::vector<int> fired;
    std::vector<TimerId> ids;
    Duration now{};
    for (int step = 0; step < 1000; ++step) {
      if (random.chance(0.5)) {
        const int name = static_cast<int>(ids.size());
        const Duration when = now + Duration(random.between(0, 50));
        const Duration interval = random.chance(0.1) ? Duration(random.between(1, 40)) : Duration();
        model.add(name, when, interval);
        ids.push_back(queue.add(at(when), [&fired, name] { fired.push_back(name); }, interval));
      } else if (random.chance(0.6) && !ids.empty()) {
        const auto name = static_cast<std::size_t>(random.below(ids.size()));
        ASSERT_EQ(queue.cancel(ids[name]), model.cancel(static_cast<int>(name)));
      } else {
        now += Duration(random.between(0, 30));
        fired.clear();
        queue.fire_due(at(now));
        ASSERT_EQ(fired, model.fire_due(now));
      }
      ASSERT_EQ(queue.size(), model.size());
      ASSERT_EQ(queue.next(), model.next());
    }
  }
}

}  // namespace
}  // namespace troupe
