#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "troupe/cluster/channel_options.hpp"
#include "troupe/cluster/lane.hpp"
#include "troupe/cluster/line_budget.hpp"
#include "troupe/cluster/report/lane_report.hpp"
#include "troupe/overlay/action.hpp"

namespace troupe::cluster {

struct LinksOptions {
  link::Identity identity;  ///< Of this node; `channel`, `lane`, `lanes` and `link` are set for each connection.
  std::string secret;
  std::vector<ChannelOptions> channels = completed({}, 1);  ///< As `completed` gives them. A peer may want more.
  Duration handshake_timeout = 5s;
  Duration lane_away_max = 5s;  ///< For a lane that was lost to be made again.
  Duration redial_min = 50ms;   ///< Before the first attempt; doubled, with jitter, before each further one.
  link::LivenessOptions liveness;
  link::WindowOptions window;
  std::size_t chunk_bytes = 64U << 10U;  ///< link::LinkOptions::chunk_bytes
  std::size_t handshakes_max =
      128;  ///< Accepted connections that are not authenticated yet. Full: a new one is closed.
  std::uint32_t refusal_lines_max = 20;  ///< About refused connections, in the log in each 10 s; the metric has all.
};

/// Whom Links tells what happened. Called on the shard's thread, never from within a call to Links.
class LinkListener {
 public:
  virtual ~LinkListener() = default;
  /// All lanes of the link are up. `dialed` is the address of `dial`, empty if the peer dialed.
  virtual void on_link_up(overlay::LinkId link, const overlay::Member& peer, const std::string& dialed) = 0;
  virtual void on_link_down(overlay::LinkId link, const Error& reason, bool peer_left) = 0;
  virtual void on_dial_failed(const std::string& address, const Error& reason) = 0;
  /// One of the link's lanes was lost, and is made again.
  virtual void on_link_shaken(overlay::LinkId) {}
  /// The peer's heartbeat came over the control lane of a link that was reported up. May be lost on the way.
  virtual void on_link_heard(overlay::LinkId, std::optional<Duration> /*round_trip*/) {}
  /// A message of the peer's fabric, over a link that was reported up.
  virtual void on_overlay_message(overlay::LinkId link, Bytes message) = 0;
};

/// A lane whose connection broke, while its link goes on.
struct LostLane {
  overlay::LinkId link = 0;
  NodeId node;
  std::string channel;
  std::uint16_t index = 0;
  std::uint32_t life = 0;  ///< Lane::life
  Error reason;
};

/// A channel of a link, and how many lanes it has there.
struct ChannelLanes {
  std::string name;
  std::uint16_t lanes = 0;
};

/// The data lanes of all shards of the node, as Links sees them. Each call reaches every shard in the order of the
/// calls.
class LaneShards {
 public:
  virtual ~LaneShards() = default;
  /// An established lane moves to the shard that owns lanes with its index.
  virtual void attach(PartedLane lane) = 0;
  /// What is sent to the node goes over this link, which has these lanes, from now on.
  virtual void use(const NodeId& node, overlay::LinkId link, const std::vector<ChannelLanes>& channels) = 0;
  /// Once every shard has heard of everything up to here: what has come over the link is delivered, and what comes.
  virtual void deliver(const NodeId& node, overlay::LinkId link) = 0;
  /// Says why on each lane, and ends it.
  virtual void close(overlay::LinkId link, const std::string& reason, bool leaves) = 0;
};

/// The links of a node: opens and accepts connections, sees them through their handshake, and watches them. The lanes
/// to one peer (one for `control`, some for each other channel) are one link to the overlay: up when all are up, down
/// when the control lane is lost, or another that cannot be made again. The control lanes stay here, on the node's
/// first shard; data lanes move to their shards as soon as they are established.
class Links final : private LaneOwner {
 public:
  Links(LinksOptions options, Shard& shard, Network& network, LaneShards& shards, Metrics& metrics, LogSink& log_sink);
  ~Links() override;
  Links(const Links&) = delete;
  Links& operator=(const Links&) = delete;

  // For the world.

  /// A peer connected to the cluster port.
  void on_accept(std::unique_ptr<Connection> connection);
  /// At the end of each round of the shard's loop.
  void flush() { lanes_.flush(); }
  /// A lane of another channel than `control` was lost, on whichever shard it was. Its dialer dials it again; the link
  /// ends if that does not succeed within `lane_away_max`.
  void on_lane_lost(const LostLane& lost);
  /// A lane of another channel than `control` says that the link is over.
  void on_link_lost(overlay::LinkId link, const Error& reason, bool peer_left) {
    close_link(link, reason, peer_left, true);
  }

  // For the cluster's actor.

  void set_listener(LinkListener* listener) { listener_ = listener; }
  void dial(const std::string& address);
  /// Closes the link; its listener is not told.
  void close(overlay::LinkId link, const std::string& reason);
  /// What is sent to the node goes over this link from now on.
  void use(const NodeId& node, overlay::LinkId link);
  /// What has come over the link, which was held back until the node's shards had a route for their answers, is
  /// delivered. What still comes over an earlier link of that node is dropped: it would be out of order.
  void deliver(const NodeId& node, overlay::LinkId link);
  /// Sends a message of the overlay over the control lane of the link in use.
  void send_control(const NodeId& node, const Bytes& message);
  /// This node goes on in a new life, which the handshakes to come will show. Those under way have shown the old one:
  /// they fail, as the links that are left.
  void be_reborn(std::uint64_t incarnation);
  /// Says goodbye on all links.
  void leave(const std::string& reason);

  /// The control lanes.
  std::vector<LaneReport> report() { return report_lanes(lanes_); }
  std::size_t link_count() const { return links_.size(); }

 private:
  struct LinkState;
  struct LaneSlot;

  void on_lane_established(Lane& lane) override;
  void on_lane_message(Lane& lane, Bytes payload) override;
  void on_lane_heard(Lane& lane) override;
  void on_lane_closed(Lane& lane, const link::Closed& closed) override;

  void open_lane(const LinkState& link, const std::string& channel, std::uint16_t index, std::uint16_t lanes);
  void add_lane(std::unique_ptr<Connection> connection, link::Role role, link::Identity identity, overlay::LinkId link);
  void dial_again(LinkState& link, const std::string& channel, std::uint16_t index);
  void on_lane_not_made(LinkState& link, const std::string& channel, std::uint16_t index, const Error& reason);
  void accept_into_link(Lane& lane);
  void on_control_established(LinkState& link, Lane& lane);
  void on_data_established(LinkState& link, Lane& lane);
  void close_link(overlay::LinkId link, const Error& reason, bool peer_left, bool tell, bool leaves = false);
  void report_end(const LinkState& link, const Error& reason, bool peer_left);
  LinkState* find_link(overlay::LinkId link) const;
  static LaneSlot* find_slot(LinkState& link, const std::string& channel, std::uint16_t index);
  void report_each_second();
  void report_refused(const std::string& line, std::string_view reason);
  link::Identity identity_for(std::string_view channel, std::uint16_t index, std::uint16_t lanes,
                              std::uint64_t link) const;

  LinksOptions options_;
  Shard& shard_;
  Network& network_;
  LaneShards& shards_;
  Log log_;
  Metrics& metrics_;
  LineBudget refusal_lines_;
  LinkListener* listener_ = nullptr;
  LaneSet lanes_;
  std::map<overlay::LinkId, std::unique_ptr<LinkState>> links_;
  std::unordered_map<std::uint64_t, overlay::LinkId> used_;  ///< By NodeId::name.
  overlay::LinkId last_link_ = 0;
  bool reporting_ = false;                                      ///< `report_each_second` has its timer.
  std::size_t handshakes_ = 0;                                  ///< Of accepted connections.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  ///< For connects that outlive this object.
};

}  // namespace troupe::cluster
