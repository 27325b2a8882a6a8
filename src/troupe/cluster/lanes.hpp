#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "troupe/cluster/lane.hpp"
#include "troupe/cluster/routed.hpp"

namespace troupe::cluster {

struct LanesOptions {
  std::uint32_t shards = 1;  ///< Of this node. Lane number i of a link belongs to shard i modulo this.
  std::size_t lane_queue_bytes_max = 128U << 20U;  ///< What waits on one lane for the peer's credit. Full: tell and ask
                                                   ///< answer kFull; at twice as much the link is cut.
};

/// Whom the lanes of a shard tell of their end, on that shard's thread.
class LaneLoss {
 public:
  virtual ~LaneLoss() = default;
  virtual void on_data_lane_lost(overlay::LinkId link, const Error& reason, bool peer_left) = 0;
};

/// The data lanes of one shard: moves envelopes over them. A message leaves on one of the lanes of the sender's own
/// shard, so it crosses no thread on its way to the socket; which of them, the hash of sender and recipient says, so
/// their order holds. All of it on the shard's thread.
class Lanes final : private LaneOwner {
 public:
  Lanes(LanesOptions options, Shard& shard, Network& network, LaneLoss& loss, Metrics& metrics, LogSink& log_sink);

  // What Links tells all shards (LaneShards).

  void attach(PartedLane lane);
  void use(const NodeId& node, overlay::LinkId link, std::uint16_t lanes);
  void deliver(const NodeId& node, overlay::LinkId link);
  void close(overlay::LinkId link, const std::string& reason, bool leaves);

  // For the shard's routing.

  /// Queues a message for the node on a lane of this shard.
  SendOutcome send(const NodeId& node, const Envelope& envelope);
  /// The shard that sends messages of this pair to the node: this one, unless it has no lane.
  std::uint32_t shard_for(const NodeId& node, ActorId sender, ActorId recipient) const;
  /// The same for a message that another shard has encoded. Who asked is answered if it is refused.
  SendOutcome send(const Routed& message);

  /// At the end of each round of the shard's loop.
  void flush();

 private:
  struct Peer {
    NodeId node;
    overlay::LinkId link = 0;
    std::uint16_t lanes = 0;  ///< Of the link, on all shards.
    std::vector<Lane*> own;   ///< This shard's, by index. Never empty because of a loss: then the link is down.
  };
  enum class Delivery : std::uint8_t { kHeld, kOpen, kSuperseded };
  struct LinkState {
    std::vector<Lane*> lanes;
    Delivery delivery = Delivery::kHeld;
    std::deque<std::pair<Lane*, Bytes>> held;  ///< Until it is open.
  };

  void on_lane_message(Lane& lane, Bytes payload) override;
  void on_lane_closed(Lane& lane, const link::Closed& closed) override;

  static std::uint64_t pair_of(ActorId sender, ActorId recipient) { return combine(sender.raw(), recipient.raw()); }
  Lane* lane_for(const NodeId& node, std::uint64_t pair) const;
  /// `head` without its body.
  Result<void> send_on(const Routed& head, wire::Encoder body);
  std::unexpected<Error> refuse(const Routed& message, Error why);
  static SendOutcome outcome_of(ErrorCode code);
  void receive(const Lane& lane, Bytes payload);
  void forget(overlay::LinkId link);
  void count_dead_letter(ErrorCode why);

  LanesOptions options_;
  Shard& shard_;
  Network& network_;
  LaneLoss& loss_;
  Log log_;
  Metrics& metrics_;
  LaneSet lanes_;
  std::map<overlay::LinkId, LinkState> links_;
  std::unordered_map<std::uint64_t, Peer> peers_;                 ///< By NodeId::name: the link in use.
  std::unordered_map<std::uint64_t, overlay::LinkId> delivered_;  ///< By NodeId::name: what comes over it is delivered.
  std::vector<overlay::LinkId> overfull_;                         ///< To be cut by `flush`.
};

}  // namespace troupe::cluster
