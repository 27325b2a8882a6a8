#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "troupe/actor/envelope.hpp"

namespace troupe::runtime::detail {

/// Keeps what one thread writes off the cache line of another. A constant: the standard's own value may change with
/// flags.
inline constexpr std::size_t kCacheLine = 64;

/// A bounded queue of envelopes from one shard to one other: one thread pushes, one drains, neither ever waits. What
/// was pushed is seen by the other side after `publish`, so that a batch costs one transfer of the shared cache line.
class EnvelopeRing {
 public:
  /// Has room for at least `messages_max` envelopes (the next power of two).
  explicit EnvelopeRing(std::uint32_t messages_max)
      : mask_(std::bit_ceil(std::uint64_t{messages_max}) - 1),
        slots_(std::make_unique_for_overwrite<Envelope*[]>(mask_ + 1)) {}  // Untouched pages cost no memory.
  EnvelopeRing(const EnvelopeRing&) = delete;
  EnvelopeRing& operator=(const EnvelopeRing&) = delete;
  ~EnvelopeRing() {
    publish();
    drain([](EnvelopePtr) {});
  }

  // For the sender's thread.

  bool has_room() {
    if (tail_ - head_seen_ <= mask_) return true;
    head_seen_ = head_.load(std::memory_order_acquire);  // The slots up to here were read, and may be written again.
    return tail_ - head_seen_ <= mask_;
  }

  /// Needs room.
  void push(EnvelopePtr envelope) {
    slots_[tail_ & mask_] = envelope.release();
    if ((++tail_ & (kPublishEach - 1)) == 0) publish();  // A long round of the sender does not starve the receiver.
  }

  void publish() { published_.store(tail_, std::memory_order_release); }

  // For the receiver's thread.

  bool empty() const { return published_.load(std::memory_order_acquire) == head_.load(std::memory_order_relaxed); }

  /// Gives `deliver` what had been published when it began, and no more: a fast sender cannot hold the receiver here.
  template <class Deliver>
  std::size_t drain(Deliver&& deliver) {
    const std::uint64_t begin = head_.load(std::memory_order_relaxed);
    const std::uint64_t end = published_.load(std::memory_order_acquire);
    for (std::uint64_t at = begin; at != end; ++at) {
      EnvelopePtr envelope(slots_[at & mask_]);
      head_.store(at + 1, std::memory_order_release);  // First, so that nothing is delivered twice if `deliver` throws.
      deliver(std::move(envelope));
    }
    return static_cast<std::size_t>(end - begin);
  }

 private:
  static constexpr std::uint64_t kPublishEach = 64;

  const std::uint64_t mask_;
  const std::unique_ptr<Envelope*[]> slots_;
  alignas(kCacheLine) std::uint64_t tail_ = 0;  ///< The sender's own: pushed so far.
  std::uint64_t head_seen_ = 0;                 ///< The sender's last look at `head_`.
  alignas(kCacheLine) std::atomic<std::uint64_t> published_{0};
  alignas(kCacheLine) std::atomic<std::uint64_t> head_{0};  ///< Drained so far.
};

}  // namespace troupe::runtime::detail
