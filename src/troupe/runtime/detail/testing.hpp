#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "troupe/actor/log.hpp"
#include "troupe/base/metrics.hpp"
#include "troupe/base/time.hpp"

namespace troupe::runtime::detail {

/// For tests: what threads tell the test, which waits for it with a deadline.
template <class T>
class Mailslot {
 public:
  void put(T value) {
    const std::lock_guard lock(mutex_);
    values_.push_back(std::move(value));
    changed_.notify_all();
  }

  /// The next value; T() if none comes in time.
  T take(Duration within = 10s) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, within, [this] { return !values_.empty(); })) return T();
    T value = std::move(values_.front());
    values_.pop_front();
    return value;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<T> values_;
};

/// For tests: keeps the lines, and lets a test wait for one.
class RecordingSink final : public LogSink {
 public:
  bool enabled(LogLevel) const override { return true; }

  void write(LogLevel, std::string_view component, std::string_view text) override {
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::string(component) + ": " + std::string(text));
    changed_.notify_all();
  }

  /// How many lines contain `text`, once there is at least one or the time is over.
  std::size_t wait_for(std::string_view text, Duration within = 10s) {
    std::unique_lock lock(mutex_);
    std::size_t count = 0;
    changed_.wait_for(lock, within, [&] {
      count = 0;
      for (const std::string& line : lines_) count += line.find(text) != std::string::npos ? 1 : 0;
      return count != 0;
    });
    return count;
  }

  std::vector<std::string> lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
};

/// For tests: the sum of a metric over its labels.
inline double metric(const Metrics& metrics, const std::string& name) {
  double sum = 0;
  for (const MetricSample& sample : metrics.samples()) sum += sample.name == name ? sample.value : 0;
  return sum;
}

}  // namespace troupe::runtime::detail
