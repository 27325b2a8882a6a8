#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <unordered_map>

#include "troupe/actor/delivery/remote_deliveries.hpp"
#include "troupe/actor/shard.hpp"
#include "troupe/cluster/routing.hpp"
#include "troupe/link/delivery/acknowledged.hpp"

namespace troupe::cluster {

struct StrongDeliveryOptions {
  link::AcknowledgedOptions protocol;  ///< `messages_max` is for each other node; Shard bounds all together.
  std::size_t bytes_max = 64U << 20U;  ///< Of encoded messages: kept by one shard to be sent again, and again as much
                                       ///< that came and waits for room in mailboxes.
};

/// Acknowledged delivery of one shard to and from other nodes: drives the pure halves (link/delivery/), keeps what may
/// have to be sent again, encoded once, and knows which life of a node a message goes to. On the shard's thread.
class StrongDelivery final : public RemoteDeliveries {
 public:
  StrongDelivery(const StrongDeliveryOptions& options, Shard& shard, Routing& routing, Metrics& metrics,
                 LogSink& log_sink);

  void send(const Request& request, EnvelopePtr envelope) override;
  void receive(EnvelopePtr envelope) override;

  /// The node lives; any other life of it is over.
  void node_up(const NodeId& node);
  void node_gone(const NodeId& node);
  /// This node goes on in a new life. What was under way has an unknown outcome.
  void be_reborn();
  void node_reconnected(const NodeId& node);
  /// At the end of each round of the shard's loop: sends the answers that came up in it.
  void flush();

 private:
  using Source = link::AcknowledgedReceiver::Source;

  /// What is sent to one life of a node.
  struct Peer {
    Peer(const link::AcknowledgedOptions& options, Random random) : sender(options, random) {}
    link::AcknowledgedSender sender;
    std::uint64_t retransmissions = 0;  ///< Those that are counted.
    TimerId timer;
    TimePoint timer_due = TimePoint::max();
  };
  /// A message that may have to be sent again.
  struct Stored {
    std::uint64_t id = 0;
    std::uint64_t tag = 0;
    Bytes body;
    ActorId sender;
    ActorId recipient;
    std::uint16_t channel = 0;
    std::uint32_t key = 0;
    Stamps stamps;  ///< Those that the sender gave it.
  };

  void refuse(std::uint64_t id, ErrorCode why, const char* detail);
  Peer& peer_of(const NodeId& node);
  void carry_out(const NodeId& node, Peer& peer, link::AcknowledgedActions actions);
  SendOutcome transmit(const NodeId& node, const link::AcknowledgedActions::Transmit& transmit);
  void tell(const link::AcknowledgedActions::Outcome& outcome);
  void forget(std::uint64_t number);
  void release(Stored& stored);
  void send_acknowledgement(const NodeId& node, std::uint32_t shard, wire::Acknowledgement acknowledgement);
  void arm(const NodeId& node, Peer& peer);
  void on_timer(const NodeId& node);
  void on_message(EnvelopePtr envelope);
  void on_acknowledgement(Envelope& envelope);
  void on_answers(const Source& from, const wire::Acknowledgement& answers);

  StrongDeliveryOptions options_;
  Shard& shard_;
  Routing& routing_;
  Log log_;
  std::map<NodeId, std::unique_ptr<Peer>> peers_;
  std::unordered_map<std::uint64_t, Stored> stored_;  ///< By number.
  std::size_t stored_bytes_ = 0;
  std::uint64_t last_number_ = 0;  ///< Of all peers, so that none is used twice when a peer comes and goes.
  link::AcknowledgedReceiver receiver_;
  std::size_t waiting_bytes_ = 0;  ///< That came, and wait for room in mailboxes.
  Counter& retransmissions_;
  Counter& duplicates_;
  Counter& early_;
  Counter& no_room_;
  Gauge& bytes_;
};

}  // namespace troupe::cluster
