#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "troupe/actor/envelope.hpp"
#include "troupe/base/metrics.hpp"
#include "troupe/runtime/detail/envelope_ring.hpp"
#include "troupe/runtime/detail/outside_queue.hpp"

namespace troupe::runtime::detail {

struct ShardQueuesOptions {
  std::uint32_t shards = 1;
  std::uint32_t shard_messages_max = 4096;      ///< From one shard to one other.
  std::uint32_t outside_messages_max = 65'536;  ///< From all outside threads to one shard.
};

/// How envelopes get from thread to thread within a node, and how a thread that sleeps learns of them. Each pair of
/// shards has its own ring; each shard has one queue for outside threads. No sockets and no event loop here: the world
/// says how a shard is woken.
///
/// What a full ring does: an envelope that may be refused is refused. Others wait in a list on the sender's side, and
/// nothing newer of that pair overtakes them. The list needs no bound of its own, see `is_refusable`.
class ShardQueues {
 public:
  /// `wake(shard)` ends that shard's sleep; any thread may call it. At most one call for each sleep.
  ShardQueues(const ShardQueuesOptions& options, Metrics& metrics, std::function<void(std::uint32_t)> wake);

  // On the thread of the shard that sends, `from`.

  /// False if it is `refusable` and there is no room; then the envelope stays with the caller. It is on its way after
  /// `flush`.
  bool send(std::uint32_t from, std::uint32_t to, EnvelopePtr& envelope, bool refusable);
  /// Whether `send` would take one more that is refusable.
  bool has_room(std::uint32_t from, std::uint32_t to) {
    Pair& way = pair(from, to);
    return way.overflow.empty() && way.ring.has_room();
  }
  /// Once at the end of each round: hands over what was sent, wakes those who sleep and have something to do.
  void flush(std::uint32_t from);

  // On any thread.

  /// False if it counts towards the bound (`bounded`) and the queue is full.
  bool inject(std::uint32_t to, EnvelopePtr& envelope, bool bounded);

  // On the thread of the shard that receives, `to`.

  /// Gives `deliver(EnvelopePtr)` what has arrived. True if that was anything.
  template <class Deliver>
  bool drain(std::uint32_t to, Deliver&& deliver);
  /// True if `drain` would give something.
  bool has_arrivals(std::uint32_t to) const;
  /// Says that the shard is about to sleep. False: do not, there is something to do.
  bool prepare_to_sleep(std::uint32_t shard);
  void woke_up(std::uint32_t shard) { sides_[shard]->asleep.store(false, std::memory_order_relaxed); }

 private:
  struct Pair {
    explicit Pair(std::uint32_t messages_max) : ring(messages_max) {}
    EnvelopeRing ring;
    EnvelopeQueue overflow;                                     ///< The sender's own.
    bool unflushed = false;                                     ///< The sender's own: `to` is in its list `sent_to`.
    alignas(kCacheLine) std::atomic<bool> sender_waits{false};  ///< For room, asleep.
  };
  struct alignas(kCacheLine) Side {
    explicit Side(std::uint32_t outside_messages_max) : outside(outside_messages_max) {}
    std::vector<std::unique_ptr<Pair>> from;  ///< By sender; null for the shard itself.
    std::vector<std::uint32_t> sent_to;       ///< Since the last flush.
    std::vector<std::uint32_t> overflowing;   ///< To whom there is an overflow list.
    std::vector<std::uint32_t> drained_from;  ///< Since the last flush.
    alignas(kCacheLine) std::atomic<bool> asleep{false};
    alignas(kCacheLine) OutsideQueue outside;
  };

  Pair& pair(std::uint32_t from, std::uint32_t to) { return *sides_[to]->from[from]; }
  bool move_overflow(Pair& pair);
  void wake_if_asleep(std::uint32_t shard);

  std::vector<std::unique_ptr<Side>> sides_;
  std::function<void(std::uint32_t)> wake_;
  Counter& refusals_;
  Counter& overflows_;
  Counter& outside_refusals_;
  Counter& wakeups_;
};

template <class Deliver>
bool ShardQueues::drain(std::uint32_t to, Deliver&& deliver) {
  Side& side = *sides_[to];
  bool any = false;
  for (std::uint32_t from = 0; from < side.from.size(); ++from) {
    if (!side.from[from] || side.from[from]->ring.empty()) continue;
    any = true;
    side.drained_from.push_back(from);
    side.from[from]->ring.drain(deliver);
  }
  return side.outside.drain(deliver) || any;
}

}  // namespace troupe::runtime::detail
