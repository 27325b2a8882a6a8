#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "troupe/crdt/grow_only_counter.hpp"
#include "troupe/sim/event_queue.hpp"
#include "troupe/sim/overlay/latencies.hpp"

namespace troupe::sim {

struct StateChannelOptions {
  double link_bytes_per_second = 125e6;    ///< Of each node, in each direction.
  double server_bytes_per_second = 125e6;  ///< What a server decodes and merges, one message after the other.
  std::uint32_t servers = 0;               ///< The first so many nodes.

  /// As the channels of a node are: of what waits for a neighbour only the newest state is kept (a monotonic channel),
  /// one state at a time is under way to it, and a node that has so much to merge pauses its senders (as
  /// `mailbox_bytes_max` does). If not, all states wait in queues without bound, as in the runs of the paper.
  bool is_bounded = true;
  std::size_t inbound_bytes_max = 16U << 20U;
};

/// Counters on their way between simulated nodes, whose links have a bandwidth, and whose queues are measured.
class StateChannels {
 public:
  using State = std::shared_ptr<const crdt::GrowOnlyCounter>;
  using Deliver = std::function<void(std::uint32_t to, const crdt::GrowOnlyCounter& state)>;

  /// What is referred to outlives it.
  StateChannels(EventQueue& queue, const Latencies& latencies, Random random, std::uint32_t nodes,
                StateChannelOptions options, Deliver deliver);

  /// The same state to each of them; `bytes` is what it takes encoded, with its frame.
  void send(std::uint32_t from, const std::vector<std::uint32_t>& to, const State& state, std::size_t bytes);

  /// The most that a node has held since this was last asked: states that wait to leave (those for several neighbours
  /// share one buffer) and states that wait to be merged.
  std::size_t take_peak_bytes(std::uint32_t node);

  std::uint64_t bytes_sent() const { return bytes_sent_; }
  /// States that were never sent, because a newer one took their place.
  std::uint64_t replaced() const { return replaced_; }

 private:
  /// Of a node.
  struct Memory {
    std::size_t bytes = 0;
    std::size_t peak_bytes = 0;
  };

  /// A state in a sender's memory, as long as it waits for somebody or is being sent.
  struct Buffer {
    Buffer(std::shared_ptr<Memory> memory, State state, std::size_t bytes);
    ~Buffer();
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;

    std::shared_ptr<Memory> memory;
    State state;
    std::size_t bytes;
  };
  using BufferPtr = std::shared_ptr<const Buffer>;

  struct Message {
    std::uint32_t from = 0;
    State state;
    std::size_t bytes = 0;
  };

  /// What waits for one neighbour.
  struct Outbox {
    std::deque<BufferPtr> waiting;
    bool is_listed = false;     ///< In `ready` of its node, or in `paused` of the neighbour.
    bool is_under_way = false;  ///< Until what was sent last has been merged.
  };

  struct Node {
    std::unordered_map<std::uint32_t, Outbox> outboxes;
    std::deque<std::uint32_t> ready;  ///< Neighbours for whom something can be sent.
    bool is_sending = false;
    std::deque<Message> inbox;
    bool is_merging = false;
    std::size_t promised_bytes = 0;    ///< Under way to here, or in the inbox.
    std::deque<std::uint32_t> paused;  ///< Senders that wait for room here.
    std::shared_ptr<Memory> memory = std::make_shared<Memory>();
  };

  static void hold(Memory& memory, std::size_t bytes);
  void list(std::uint32_t from, std::uint32_t to);
  void send_next(std::uint32_t from);
  void sent(std::uint32_t from, std::uint32_t to, Message message);
  void merge_next(std::uint32_t node);
  void merged(std::uint32_t node, const Message& message);
  Duration time_for(std::size_t bytes, double bytes_per_second) const;

  EventQueue& queue_;
  const Latencies& latencies_;
  Random random_;
  const StateChannelOptions options_;
  const Deliver deliver_;
  std::vector<Node> nodes_;
  std::uint64_t bytes_sent_ = 0;
  std::uint64_t replaced_ = 0;
};

}  // namespace troupe::sim
