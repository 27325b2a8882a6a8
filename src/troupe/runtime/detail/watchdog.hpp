#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "troupe/actor/log.hpp"
#include "troupe/actor/shard.hpp"
#include "troupe/base/metrics.hpp"

namespace troupe::runtime::detail {

/// Finds the handlers of one shard that run too long, from samples of its probe. Plain code; the watchdog's thread
/// feeds it.
class LongHandlerDetector {
 public:
  LongHandlerDetector(const TurnProbe& probe, Duration threshold) : probe_(probe), threshold_(threshold) {}

  struct Report {
    bool ended = false;   ///< Else it still runs.
    Duration duration{};  ///< At least; short of the truth by up to the time between two samples.
    std::string handler;  ///< "Counter's handler of counter.add"
  };

  /// A handler is reported once while it runs, and once when it has ended.
  std::optional<Report> sample(TimePoint now);

 private:
  std::string describe() const;

  const TurnProbe& probe_;
  Duration threshold_;
  std::uint64_t count_ = 0;  ///< The handler that was seen last ...
  TimePoint since_{};        ///< ... and when it was seen first.
  std::string reported_;     ///< What was said of it; empty if nothing.
};

/// A thread that looks at all shards four times in each `threshold`, logs handlers that run longer and counts them. A
/// handler is certain to be seen if it runs 1.5 times as long.
class Watchdog {
 public:
  /// The probes must outlive this object.
  Watchdog(const std::vector<const TurnProbe*>& probes, Duration threshold, Metrics& metrics, LogSink& log_sink);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  void run();
  void look(TimePoint now);

  std::vector<LongHandlerDetector> detectors_;
  Duration interval_;
  Log log_;
  Counter& long_handlers_;
  std::mutex mutex_;
  std::condition_variable stop_changed_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace troupe::runtime::detail
