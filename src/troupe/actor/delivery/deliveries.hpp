#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <unordered_map>

#include "troupe/actor/delivery/causal_order.hpp"
#include "troupe/actor/delivery/delivery.hpp"
#include "troupe/actor/delivery/placements.hpp"
#include "troupe/actor/delivery/remote_deliveries.hpp"
#include "troupe/actor/timer_queue.hpp"
#include "troupe/base/metrics.hpp"

namespace troupe {

/// The messages of a shard's actors that are delivered with an outcome (Context::deliver), from their sending until
/// their outcome is told, and until what waits for them may go. A part of the shard.
class Deliveries {
 public:
  Deliveries(Shard& shard, std::size_t messages_max, Metrics& metrics);

  struct Request {
    ActorId sender;
    Address to;
    std::uint64_t correlation = 0;  ///< Of the sender's callback; 0: none.
    TimePoint deadline;
    CausalLabel causal;
  };
  /// Refused with `queue_full` at the bound.
  void start(const Request& request, EnvelopePtr envelope);

  // For the cluster.

  void set_remote(RemoteDeliveries* remote) { remote_ = remote; }
  RemoteDeliveries* remote() const { return remote_; }
  /// The outcome of a message. Its sender is told.
  void finish(std::uint64_t id, Delivery delivery);
  /// The message is settled: it is not delivered any more, if it was not.
  void forget(std::uint64_t id);

  Placements& placements() { return placements_; }
  std::size_t size() const { return open_.size(); }

 private:
  /// A message that waits for others of its label.
  struct Waiting {
    EnvelopePtr envelope;
    TimerId timer;
  };
  struct Open {
    Request request;
    bool told = false;
    std::unique_ptr<Waiting> waiting;
  };

  CausalOrder::Line line_of(const Request& request) const { return {request.sender, request.causal.hash()}; }
  std::uint64_t flow_of(const Request& request, const Envelope& envelope) const;
  void wait(std::uint64_t id, Open& open, EnvelopePtr envelope);
  void on_overdue(std::uint64_t id);
  void send(std::uint64_t id, EnvelopePtr envelope);
  void send_here(std::uint64_t id, const Open& open, EnvelopePtr envelope);
  void release(const std::vector<std::uint64_t>& messages);

  Shard& shard_;
  std::size_t messages_max_;
  RemoteDeliveries* remote_ = nullptr;
  Placements placements_;
  CausalOrder order_;
  std::unordered_map<std::uint64_t, Open> open_;
  std::uint64_t last_id_ = 0;
  std::deque<std::uint64_t> released_;  ///< Messages whose turn has come: `release` is under way.
  bool releasing_ = false;
  Counter& delivered_;
  Counter& refused_;
  Counter& unknown_;
  Counter& causal_waits_;
  Counter& causal_overdue_;
  Gauge& size_;
};

}  // namespace troupe
