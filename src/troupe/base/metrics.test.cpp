#include "troupe/base/metrics.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace troupe {
namespace {

TEST(Metrics, a_series_is_the_same_for_all_who_ask_for_it) {
  Metrics metrics;
  Counter& counter = metrics.counter("troupe_things_total", "Things");
  counter.add();
  metrics.counter("troupe_things_total", "another help is ignored").add(2);
  EXPECT_EQ(&counter, &metrics.counter("troupe_things_total", ""));
  EXPECT_EQ(counter.value(), 3U);
  ASSERT_EQ(metrics.samples().size(), 1U);
  EXPECT_EQ(metrics.samples()[0].help, "Things");
}

TEST(Metrics, labels_make_different_series) {
  Metrics metrics;
  metrics.counter("troupe_things_total", "Things", {{"kind", "b"}}).add(2);
  metrics.counter("troupe_things_total", "Things", {{"kind", "a"}}).add(1);
  metrics.gauge("troupe_size", "Size").set(-4);
  const auto samples = metrics.samples();
  ASSERT_EQ(samples.size(), 3U);
  EXPECT_EQ(samples[0].name, "troupe_size");
  EXPECT_EQ(samples[0].value, -4);
  EXPECT_FALSE(samples[0].is_counter);
  EXPECT_EQ(samples[1].labels.at("kind"), "a") << "sorted by name, then by labels";
  EXPECT_EQ(samples[2].value, 2);
  EXPECT_TRUE(samples[2].is_counter);
}

TEST(Metrics, a_gauge_goes_up_and_down) {
  Metrics metrics;
  Gauge& gauge = metrics.gauge("troupe_size", "Size");
  gauge.add(5);
  gauge.add(-7);
  EXPECT_EQ(gauge.value(), -2);
}

TEST(Metrics, a_histogram_takes_what_was_counted_elsewhere) {
  Metrics metrics;
  DurationHistogram counted;
  counted.add(20us);
  counted.add(1ms);
  metrics.histogram("troupe_way_seconds", "Ways").add(counted);
  metrics.histogram("troupe_way_seconds", "Ways").add(counted);
  const auto samples = metrics.samples();
  ASSERT_EQ(samples.size(), 1U);
  ASSERT_TRUE(samples[0].histogram.has_value());
  EXPECT_EQ(samples[0].histogram->count(), 4U);
}

TEST(Metrics, threads_may_count_make_and_read_at_once) {
  Metrics metrics;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&metrics] {
      for (int step = 0; step < 1000; ++step) {
        metrics.counter("troupe_steps_total", "Steps", {{"step", std::to_string(step % 10)}}).add();
        if (step % 100 == 0) metrics.samples();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  double sum = 0;
  for (const MetricSample& sample : metrics.samples()) sum += sample.value;
  EXPECT_EQ(sum, 4000);
}

TEST(MetricsDeathTest, one_series_cannot_be_a_counter_and_a_gauge) {
  Metrics metrics;
  metrics.counter("troupe_things_total", "Things");
  EXPECT_DEATH(metrics.gauge("troupe_things_total", "Things"), "assertion failed: !found.counter");
}

}  // namespace
}  // namespace troupe
