#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <unordered_map>
#include <vector>

#include "troupe/actor/envelope.hpp"
#include "troupe/base/error.hpp"
#include "troupe/base/time.hpp"

namespace troupe {

class Shard;

/// What a shard found when it was to put a message into a mailbox.
enum class Placement : std::uint8_t { kPlaced, kFull, kGone };

/// Brings messages into mailboxes of this node, in order for each flow: at once where the recipient is on this shard
/// and has room; else in batches, of which each flow has one under way, to the recipient's shard, and again after a
/// pause while the mailbox is full. Nothing is copied, and queues between shards have room reserved: the owner bounds
/// how many messages are here.
class Placements {
 public:
  explicit Placements(Shard& shard) : shard_(shard) {}

  /// Placed, or why not: `no_such_actor`, or `queue_full` if the mailbox was full up to the deadline.
  using Done = std::move_only_function<void(Result<void>)>;

  /// Messages of one flow have one recipient, whom the envelope names by slot or by name. `done` runs on this shard,
  /// once, perhaps from within.
  void place(std::uint64_t flow, EnvelopePtr envelope, TimePoint deadline, Done done);

  /// Messages that are not placed yet.
  std::size_t waiting() const { return waiting_; }

 private:
  static constexpr Duration kPauseMin = 1ms;
  static constexpr Duration kPauseMax = 100ms;

  struct Item {
    EnvelopePtr envelope;  ///< Null while it is at the recipient's shard.
    TimePoint deadline;
    Done done;
  };
  struct Flow {
    ActorId to;  ///< As the sender named it.
    std::deque<Item> items;
    std::size_t away = 0;  ///< Of the first items: at the recipient's shard.
    bool resting = false;  ///< The mailbox is full: a timer runs.
    Duration pause = kPauseMin;
  };
  /// A message that was tried on another shard comes back unless it was placed.
  struct Tried {
    Placement placement = Placement::kPlaced;
    EnvelopePtr envelope;
  };
  using Flows = std::unordered_map<std::uint64_t, Flow>;

  void work(std::uint64_t flow);
  void place_here(std::uint64_t number, ActorId at);
  void send_away(std::uint64_t number, std::uint32_t shard, ActorId at);
  void come_back(std::uint64_t number, std::vector<Tried> tried);
  void rest(std::uint64_t number);
  void finish_first(std::uint64_t number, Result<void> outcome);
  void drop_overdue(std::uint64_t number);

  Shard& shard_;
  Flows flows_;
  std::size_t waiting_ = 0;
};

}  // namespace troupe
