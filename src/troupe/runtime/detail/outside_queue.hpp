#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <utility>

#include "troupe/actor/envelope.hpp"

namespace troupe::runtime::detail {

/// The queue into one shard from threads that are no shards: journals, pools, the program's main thread. They are few
/// and come seldom, so a mutex serves; the shard itself looks at a counter first and takes all that is there in one go.
class OutsideQueue {
 public:
  explicit OutsideQueue(std::uint32_t messages_max) : messages_max_(messages_max) {}

  /// Any thread. False if the envelope is `bounded` and there is no room; then it stays with the caller.
  bool push(EnvelopePtr& envelope, bool bounded) {
    const std::lock_guard lock(mutex_);
    if (bounded && bounded_ >= messages_max_) return false;
    bounded_ += bounded ? 1 : 0;
    queue_.push(std::move(envelope));
    waiting_.store(true, std::memory_order_release);
    return true;
  }

  bool empty() const { return !waiting_.load(std::memory_order_acquire); }

  /// The shard's thread. Gives `deliver` what was there when it began. True if that was anything.
  template <class Deliver>
  bool drain(Deliver&& deliver) {
    if (empty()) return false;
    EnvelopeQueue taken;
    {
      const std::lock_guard lock(mutex_);
      while (EnvelopePtr envelope = queue_.pop()) taken.push(std::move(envelope));
      bounded_ = 0;
      waiting_.store(false, std::memory_order_relaxed);
    }
    while (EnvelopePtr envelope = taken.pop()) deliver(std::move(envelope));
    return true;
  }

 private:
  const std::uint32_t messages_max_;
  std::mutex mutex_;
  EnvelopeQueue queue_;
  std::uint32_t bounded_ = 0;  ///< Of those in the queue, how many count towards the bound.
  std::atomic<bool> waiting_{false};
};

}  // namespace troupe::runtime::detail
