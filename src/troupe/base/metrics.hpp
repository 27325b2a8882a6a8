#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "troupe/base/duration_histogram.hpp"

namespace troupe {

/// A number that only grows. Any thread.
class Counter {
 public:
  void add(std::uint64_t amount = 1) { value_.fetch_add(amount, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// A number that goes up and down. Any thread.
class Gauge {
 public:
  void add(std::int64_t amount) { value_.fetch_add(amount, std::memory_order_relaxed); }
  void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

/// How often something took how long. Any thread; takes a lock, so it is added to in batches.
class Histogram {
 public:
  void add(const DurationHistogram& more) {
    const std::lock_guard lock(mutex_);
    total_.add(more);
  }
  DurationHistogram value() const {
    const std::lock_guard lock(mutex_);
    return total_;
  }

 private:
  mutable std::mutex mutex_;
  DurationHistogram total_;
};

using MetricLabels = std::map<std::string, std::string>;

/// One series as it stands now.
struct MetricSample {
  std::string name;
  std::string help;
  bool is_counter = true;
  MetricLabels labels;
  double value = 0;
  std::optional<DurationHistogram> histogram;  ///< Then there is no value.
};

/// The counters, gauges and histograms of one node, by name and labels (Prometheus conventions:
/// `troupe_dead_letters_total`). A part asks for its series once, when it is made, and keeps the reference, which is
/// valid as long as this object. Any thread.
class Metrics {
 public:
  Counter& counter(const std::string& name, const std::string& help, const MetricLabels& labels = {});
  Gauge& gauge(const std::string& name, const std::string& help, const MetricLabels& labels = {});
  Histogram& histogram(const std::string& name, const std::string& help, const MetricLabels& labels = {});

  /// All series, sorted by name and labels.
  std::vector<MetricSample> samples() const;

 private:
  struct Series {
    std::string help;
    std::unique_ptr<Counter> counter;
    std::unique_ptr<Gauge> gauge;
    std::unique_ptr<Histogram> histogram;
  };
  Series& series(const std::string& name, const std::string& help, const MetricLabels& labels);

  mutable std::mutex mutex_;
  std::map<std::pair<std::string, MetricLabels>, Series> series_;
};

}  // namespace troupe
