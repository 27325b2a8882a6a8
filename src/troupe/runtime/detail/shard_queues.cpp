#include "troupe/runtime/detail/shard_queues.hpp"

#include "troupe/base/assert.hpp"

// How a wake-up is never lost, and seldom sent.
//
//     the sender                              the receiver
//     S1  publish the envelopes               R1  asleep = true
//     S2  fence (seq_cst)                     R2  fence (seq_cst)
//     S3  if asleep: asleep = false, wake     R3  if nothing is published: sleep
//
// This is Dekker's protocol: each side writes its own variable, then reads the other's. Without the fences both reads
// could come before both writes (a processor may delay a store past a later load of another address; x86 does that,
// too), the sender would see a receiver awake, the receiver an empty ring, and the message would wait for the next one.
// The two fences have one order: either S2 is first, and R3 sees the envelopes; or R2 is first, and S3 sees `asleep`.
// The exchange in S3 lets one of several senders wake. A receiver that woke by itself (I/O, a timer) in the meantime is
// woken once too often, which costs one empty round and no more.
//
// The same protocol, with the roles exchanged, wakes a sender that sleeps while envelopes of its overflow list wait for
// room: there the receiver publishes the room by moving `head_`.

namespace troupe::runtime::detail {

ShardQueues::ShardQueues(const ShardQueuesOptions& options, Metrics& metrics, std::function<void(std::uint32_t)> wake)
    : wake_(std::move(wake)),
      refusals_(metrics.counter("troupe_shard_queue_refusals_total",
                                "Messages refused because the queue to another shard was full")),
      overflows_(
          metrics.counter("troupe_shard_queue_overflows_total",
                          "Answers and signals that waited at the sender for room in the queue to another shard")),
      outside_refusals_(
          metrics.counter("troupe_outside_queue_refusals_total",
                          "Messages and tasks from outside threads refused because a shard's queue was full")),
      wakeups_(
          metrics.counter("troupe_shard_wakeups_total", "Times that a sleeping shard was woken by another thread")) {
  TROUPE_ASSERT(options.shards >= 1 && options.shard_messages_max >= 1);
  for (std::uint32_t to = 0; to < options.shards; ++to) {
    sides_.push_back(std::make_unique<Side>(options.outside_messages_max));
    for (std::uint32_t from = 0; from < options.shards; ++from) {
      sides_[to]->from.push_back(from == to ? nullptr : std::make_unique<Pair>(options.shard_messages_max));
    }
  }
}

bool ShardQueues::send(std::uint32_t from, std::uint32_t to, EnvelopePtr& envelope, bool refusable) {
  Pair& way = pair(from, to);
  Side& sender = *sides_[from];
  if (move_overflow(way) && way.ring.has_room()) {
    way.ring.push(std::move(envelope));
  } else if (refusable) {
    refusals_.add();
    return false;
  } else {
    if (way.overflow.empty()) sender.overflowing.push_back(to);
    way.overflow.push(std::move(envelope));
    overflows_.add();
  }
  if (!way.unflushed) {
    way.unflushed = true;
    sender.sent_to.push_back(to);
  }
  return true;
}

/// True if the overflow list is empty now, so that newer envelopes may go into the ring.
bool ShardQueues::move_overflow(Pair& pair) {
  while (!pair.overflow.empty()) {
    if (!pair.ring.has_room()) return false;
    pair.ring.push(pair.overflow.pop());
  }
  return true;
}

void ShardQueues::flush(std::uint32_t from) {
  Side& side = *sides_[from];
  std::erase_if(side.overflowing, [&](std::uint32_t to) {
    Pair& way = pair(from, to);
    const bool moved = move_overflow(way);
    if (moved) way.sender_waits.store(false, std::memory_order_relaxed);
    if (!way.unflushed) {
      way.unflushed = true;
      side.sent_to.push_back(to);
    }
    return moved;
  });
  if (side.sent_to.empty() && side.drained_from.empty()) return;
  for (const std::uint32_t to : side.sent_to) pair(from, to).ring.publish();
  std::atomic_thread_fence(std::memory_order_seq_cst);
  for (const std::uint32_t to : side.sent_to) {
    pair(from, to).unflushed = false;
    wake_if_asleep(to);
  }
  for (const std::uint32_t sender : side.drained_from) {
    if (side.from[sender]->sender_waits.load(std::memory_order_relaxed)) wake_if_asleep(sender);
  }
  side.sent_to.clear();
  side.drained_from.clear();
}

bool ShardQueues::inject(std::uint32_t to, EnvelopePtr& envelope, bool bounded) {
  if (!sides_[to]->outside.push(envelope, bounded)) {
    outside_refusals_.add();
    return false;
  }
  std::atomic_thread_fence(std::memory_order_seq_cst);
  wake_if_asleep(to);
  return true;
}

void ShardQueues::wake_if_asleep(std::uint32_t shard) {
  std::atomic<bool>& asleep = sides_[shard]->asleep;
  if (!asleep.load(std::memory_order_relaxed) || !asleep.exchange(false, std::memory_order_relaxed)) return;
  wakeups_.add();
  wake_(shard);
}

bool ShardQueues::has_arrivals(std::uint32_t to) const {
  const Side& side = *sides_[to];
  for (const auto& pair : side.from) {
    if (pair && !pair->ring.empty()) return true;
  }
  return !side.outside.empty();
}

bool ShardQueues::prepare_to_sleep(std::uint32_t shard) {
  Side& side = *sides_[shard];
  TROUPE_ASSERT(side.sent_to.empty());
  side.asleep.store(true, std::memory_order_relaxed);
  for (const std::uint32_t to : side.overflowing) pair(shard, to).sender_waits.store(true, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  bool has_work = has_arrivals(shard);
  for (const std::uint32_t to : side.overflowing) has_work |= pair(shard, to).ring.has_room();
  if (has_work) side.asleep.store(false, std::memory_order_relaxed);
  return !has_work;
}

}  // namespace troupe::runtime::detail
