#include "troupe/runtime/detail/watchdog.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "troupe/runtime/detail/steady_now.hpp"

namespace troupe::runtime::detail {

std::optional<LongHandlerDetector::Report> LongHandlerDetector::sample(TimePoint now) {
  const std::uint64_t count = probe_.count.load(std::memory_order_relaxed);
  if (count != count_) {
    const Duration ran = now - since_;
    std::string reported = std::exchange(reported_, {});
    count_ = count;
    since_ = now;
    if (reported.empty()) return std::nullopt;
    return Report{true, ran, std::move(reported)};
  }
  const bool runs = (count & 1U) != 0;
  if (!runs || !reported_.empty() || now - since_ < threshold_) return std::nullopt;
  std::string handler = describe();
  if (probe_.count.load(std::memory_order_relaxed) != count) return std::nullopt;  // It ended just now.
  reported_ = handler;
  return Report{false, now - since_, std::move(handler)};
}

/// The stores to the probe's other fields are as old as the handler, so they have arrived here long ago.
std::string LongHandlerDetector::describe() const {
  const ActorType* actor = probe_.actor.load(std::memory_order_relaxed);
  const PayloadType* message = probe_.message.load(std::memory_order_relaxed);
  const std::string_view name = actor != nullptr ? actor->name : "an actor";
  if (message == nullptr) return fmt::format("{}'s start, timer or callback", name);
  if (message == &local_payload_type<EncodedPayload>)
    return fmt::format("{}'s handler of a message from another node", name);
  return fmt::format("{}'s handler of {}", name, message->name);
}

Watchdog::Watchdog(const std::vector<const TurnProbe*>& probes, Duration threshold, Metrics& metrics, LogSink& log_sink)
    : interval_(std::max<Duration>(threshold / 4, 1ms)),
      log_(log_sink, "watchdog"),
      long_handlers_(metrics.counter("troupe_long_handlers_total",
                                     "Handlers that held their shard for longer than the threshold")) {
  for (const TurnProbe* probe : probes) detectors_.emplace_back(*probe, threshold);
  thread_ = std::thread([this] { run(); });
}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  stop_changed_.notify_one();
  thread_.join();
}

void Watchdog::run() {
  std::unique_lock lock(mutex_);
  while (!stop_changed_.wait_for(lock, interval_, [this] { return stop_; })) look(steady_now());
}

void Watchdog::look(TimePoint now) {
  for (std::size_t shard = 0; shard < detectors_.size(); ++shard) {
    const auto report = detectors_[shard].sample(now);
    if (!report) continue;
    if (report->ended) {
      log_.warning("{} held shard {} for {:.0f} ms", report->handler, shard, to_milliseconds(report->duration));
    } else {
      long_handlers_.add();
      log_.warning("{} holds shard {} for {:.0f} ms already: a handler must not block or compute for long",
                   report->handler, shard, to_milliseconds(report->duration));
    }
  }
}

}  // namespace troupe::runtime::detail
