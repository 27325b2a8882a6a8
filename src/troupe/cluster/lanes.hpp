#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "troupe/cluster/lane.hpp"
#include "troupe/cluster/links.hpp"
#include "troupe/cluster/newest_queue.hpp"
#include "troupe/cluster/report/lane_report.hpp"
#include "troupe/cluster/routed.hpp"

namespace troupe::cluster {

class Routing;

struct LanesOptions {
  std::size_t message_bytes_max = 64U << 20U;  ///< Of a message that comes, uncompressed.
  std::uint8_t hops_max = 64;                  ///< Nodes that a message passes at most.
  std::uint32_t shards = 1;  ///< Of this node. Lane number i of a channel belongs to shard i modulo this.
  std::vector<ChannelOptions> channels = completed({}, 1);  ///< As `completed` gives them.
};

/// Whom the lanes of a shard tell of their end, on that shard's thread.
class LaneLoss {
 public:
  virtual ~LaneLoss() = default;
  /// The connection of one lane broke: the link goes on without it until it is made again.
  virtual void on_lane_lost(const LostLane& lane) = 0;
  /// The peer ended the link, or broke its rules.
  virtual void on_link_lost(overlay::LinkId link, const Error& reason, bool peer_left) = 0;
};

/// The lanes of one shard, of all channels but `control`: moves envelopes over them. A message leaves on one of the
/// lanes of the sender's own shard, so it crosses no thread on its way to the socket; which of them, the hash of sender
/// (or key) and recipient says, so their order holds. All of it on the shard's thread.
class Lanes final : private LaneOwner {
 public:
  /// `routing` is the shard's, for messages of other nodes that pass through this one.
  Lanes(LanesOptions options, Routing& routing, Shard& shard, Network& network, LaneLoss& loss, Metrics& metrics,
        LogSink& log_sink);

  // What Links tells all shards (LaneShards).

  void attach(PartedLane lane);
  void use(const NodeId& node, overlay::LinkId link, const std::vector<ChannelLanes>& channels);
  void deliver(const NodeId& node, overlay::LinkId link);
  void close(overlay::LinkId link, const std::string& reason, bool leaves);
  /// A lane was lost, on whichever shard it was: tells the actors of this shard whose messages took it.
  void tell_loss(const LostLane& lost);

  // For the shard's routing.

  /// Sends a message to the node, or queues it, on a lane of this shard.
  SendOutcome send(const NodeId& node, EnvelopePtr envelope);
  /// The same for an actor of another shard, whose asks are answered if they are refused.
  void send_for(const NodeId& node, EnvelopePtr envelope);
  /// The shard that sends this message to the node: this one, unless it has no lane of the channel.
  std::uint32_t shard_for(const NodeId& node, const Envelope& envelope) const;
  /// kTaken if at least half of the queue of the lane that such a message takes is free; kFull; kUnreachable.
  SendOutcome room_for(const NodeId& node, const Envelope& envelope) const;

  /// Sends a message of another node on, over a lane of this shard. What finds no room is lost, its sender told.
  void pass_on(const NodeId& neighbour, EnvelopePtr envelope);
  /// A message on its journey that cannot go on: its sender is told.
  void lose(const Envelope& envelope, const Error& why);
  /// Whether messages such as this one keep their order on the way to this neighbour.
  bool keeps_order(const NodeId& neighbour, const Envelope& envelope) const;
  /// Journey::group
  static std::uint8_t group_of(const Envelope& envelope);

  const NodeId& node() const { return shard_.node(); }
  std::uint8_t hops_max() const { return options_.hops_max; }
  TimePoint now() const { return shard_.now(); }

  /// Every shard knows of the node now: what came from it through others, before that, is delivered.
  void release(const NodeId& node);

  /// For those who look at the node.
  std::vector<LaneReport> report() { return report_lanes(lanes_); }

  /// At the end of each round of the shard's loop: hands what was written to the connections, and tells the actors of
  /// other shards what was refused.
  void flush();

 private:
  /// A channel of the link to a peer.
  struct PeerChannel {
    std::string name;
    std::uint16_t id = 0;
    std::uint16_t lanes = 0;  ///< On all shards.
    const ChannelOptions* options = nullptr;
    std::vector<Lane*> own;  ///< This shard's, by index; null while one is being made again.
  };
  /// The link in use to a node.
  struct Peer {
    NodeId node;
    overlay::LinkId link = 0;
    std::vector<PeerChannel> channels;  ///< `data` is first.
  };
  enum class Delivery : std::uint8_t { kHeld, kOpen, kSuperseded };
  struct LinkState {
    std::vector<Lane*> lanes;
    Delivery delivery = Delivery::kHeld;
    std::deque<std::pair<Lane*, Bytes>> held;  ///< Until it is open.
  };

  void on_lane_message(Lane& lane, Bytes payload) override;
  void on_lane_progress(Lane& lane) override;
  void on_lane_closed(Lane& lane, const link::Closed& closed) override;

  const ChannelOptions& options_of(const std::string& channel) const;
  const Peer* peer_of(const NodeId& node) const;
  static const PeerChannel& channel_of(const Peer& peer, std::uint16_t id);
  std::uint32_t shard_for(const PeerChannel& channel, std::uint64_t flow) const;
  std::size_t lanes_of_shard(const PeerChannel& channel, std::uint32_t shard) const;
  Lane*& slot_of(PeerChannel& channel, const Lane& lane);
  void place(Lane& lane, Lane* in_its_slot);
  Lane* choose_lane(const PeerChannel& channel, const Envelope& envelope);
  Result<void> try_send(const NodeId& node, EnvelopePtr& envelope);
  Result<void> queue_newest(Lane& lane, const PeerChannel& channel, EnvelopePtr& envelope);
  Result<void> write(Lane& lane, const ChannelOptions& channel, const NodeId& node, const Envelope& envelope);
  bool make_room(Lane& lane, const PeerChannel& channel);
  std::unexpected<Error> refuse(const NodeId& node, const Envelope& envelope, Error why);
  void receive(Lane& lane, Bytes payload);
  void receive_passing(Lane& lane, EnvelopePtr envelope, std::size_t bytes);
  void hand_on(Lane& lane, EnvelopePtr envelope, std::size_t bytes);
  void retry_later();
  void forget(overlay::LinkId link, const Error& why);
  void lose(Lane& lane, const Error& why);
  void tell_loss_of_all(const Peer& peer, const Error& why);
  void count_dead_letter(ErrorCode why);
  void report_each_second();

  LanesOptions options_;
  Routing& routing_;
  Shard& shard_;
  Network& network_;
  LaneLoss& loss_;
  Log log_;
  Metrics& metrics_;
  LaneSet lanes_;
  std::map<overlay::LinkId, LinkState> links_;
  std::unordered_map<std::uint64_t, Peer> peers_;  ///< By NodeId::name.
  mutable const Peer* last_peer_ = nullptr;        ///< That `peer_of` found: most often the next one too.
  std::unordered_map<std::uint64_t, overlay::LinkId> delivered_;  ///< By NodeId::name: what comes over it is delivered.
  std::unordered_map<std::uint64_t, NewestQueue> newest_;         ///< By lane number, of monotonic channels.
  /// What was told by actors of another shard and found no room, by node and shard: sender and recipient.
  std::map<std::pair<NodeId, std::uint32_t>, std::set<std::pair<ActorId, ActorId>>> refused_;
  /// A message for another shard of this node, the queue to which is full.
  struct Waiting {
    std::uint64_t lane = 0;  ///< Lane::number
    std::size_t bytes = 0;
    EnvelopePtr envelope;
  };
  std::map<std::uint32_t, std::deque<Waiting>> waiting_;  ///< By shard.
  /// What came through others from a node that the shards do not know yet.
  struct Stranger {
    std::deque<EnvelopePtr> messages;
    TimerId deadline;
  };
  std::map<NodeId, Stranger> strangers_;
  std::size_t strangers_messages_ = 0;
  bool reporting_ = false;  ///< `report_each_second` has its timer.
  std::uint64_t turn_ = 0;  ///< For LaneChoice::kRoundRobin.
};

}  // namespace troupe::cluster
