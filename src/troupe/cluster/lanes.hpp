#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "troupe/actor/shard.hpp"
#include "troupe/cluster/network.hpp"
#include "troupe/cluster/routed.hpp"
#include "troupe/link/link.hpp"
#include "troupe/overlay/overlay.hpp"

namespace troupe::cluster {

struct LanesOptions {
  link::Identity identity;  ///< Of this node; `channel`, `lane`, `lanes` and `link` are set for each connection.
  std::string secret;
  std::uint16_t data_lanes = 1;  ///< Connections of the `data` channel to each peer.
  Duration handshake_timeout = 5s;
  link::LivenessOptions liveness;
  std::size_t lane_queue_bytes_max =
      64U << 20U;  ///< Unsent bytes of one lane. Full: tell and ask answer kFull; at twice as much the link is cut.
  std::size_t handshakes_max =
      128;  ///< Accepted connections that are not authenticated yet. Full: a new one is closed.
};

/// Whom Lanes tells what happened to links. Called on the shard's thread, never from within a call to Lanes.
class LinkListener {
 public:
  virtual ~LinkListener() = default;
  /// All lanes of the link are up. `dialed` is the address of `dial`, empty if the peer dialed.
  virtual void on_link_up(overlay::LinkId link, const overlay::Member& peer, const std::string& dialed) = 0;
  virtual void on_link_down(overlay::LinkId link, const Error& reason, bool peer_left) = 0;
  virtual void on_dial_failed(const std::string& address, const Error& reason) = 0;
  /// A message of the peer's overlay.
  virtual void on_overlay_message(const NodeId& from, Bytes message) = 0;
};

/// The lanes of a node: opens, authenticates and watches connections, and moves envelopes over them. The lanes to one
/// peer (one for `control`, some for `data`) are one link to the overlay: up when all are up, down when one is lost.
/// Plain code on one shard (with one lane a channel, a node's lanes are on one shard).
class Lanes {
 public:
  Lanes(LanesOptions options, Shard& shard, Network& network, Metrics& metrics, LogSink& log_sink);
  ~Lanes();
  Lanes(const Lanes&) = delete;
  Lanes& operator=(const Lanes&) = delete;

  // For the world.

  /// A peer connected to the cluster port.
  void on_accept(std::unique_ptr<Connection> connection);
  /// Hands what turns have queued to the connections; once at the end of each round of the shard's loop.
  void flush();

  // For the shard's routing.

  /// Queues a message for the chosen link to `node`.
  SendOutcome send(const Routed& message);

  // For the cluster's actor.

  void set_listener(LinkListener* listener) { listener_ = listener; }
  void dial(const std::string& address);
  /// Closes the link; its listener is not told.
  void close(overlay::LinkId link, const std::string& reason);
  /// What is sent to the node goes over this link from now on; and what has come over it, which was held back until the
  /// node's shards had a route for their answers, is delivered. What still comes over an earlier link of that node is
  /// dropped: it would be out of order.
  void choose(const NodeId& node, overlay::LinkId link);
  /// Sends a message of the overlay over the control lane of the chosen link.
  void send_control(const NodeId& node, const Bytes& message);
  /// Says goodbye on all links.
  void leave(const std::string& reason);

  std::size_t link_count() const { return links_.size(); }

 private:
  struct Lane;
  struct LinkState;

  void open_lane(LinkState& link, const std::string& channel, std::uint16_t index);
  Lane& add_lane(std::unique_ptr<Connection> connection, link::Role role, link::Identity identity,
                 overlay::LinkId link);
  void on_lane_established(Lane& lane);
  void accept_into_link(Lane& lane);
  void check_complete(LinkState& link);
  void on_lane_closed(Lane& lane, const link::Closed& closed);
  void close_link(overlay::LinkId link, const Error& reason, bool peer_left, bool tell);
  void report_end(const LinkState& link, const Error& reason, bool peer_left);
  void carry_out(Lane& lane);
  void receive(Lane& lane, const Bytes& payload);
  void deliver(const Lane& lane, Bytes payload);
  void arm(Lane& lane);
  void retire(Lane& lane, bool orderly);
  void refuse(const Routed& message, ErrorCode why, std::string detail);
  void count_dead_letter(ErrorCode why);
  void mark_dirty(Lane& lane);
  LinkState* find_link(overlay::LinkId link) const;
  void log_refusal(const Lane& lane, const Error& error);
  link::Identity identity_for(const std::string& channel, std::uint16_t index, std::uint64_t link) const;

  LanesOptions options_;
  Shard& shard_;
  Network& network_;
  Log log_;
  Metrics& metrics_;
  LinkListener* listener_ = nullptr;
  std::map<overlay::LinkId, std::unique_ptr<LinkState>> links_;
  std::map<std::uint64_t, std::unique_ptr<Lane>> lanes_;       ///< By number.
  std::unordered_map<std::uint64_t, overlay::LinkId> chosen_;  ///< By NodeId::name.
  std::vector<std::uint64_t> dirty_;                           ///< Lanes with writes that `flush` has to hand on.
  std::vector<std::unique_ptr<Lane>>
      retired_;  ///< Closed while one of their events was on the stack; destroyed by `flush`.
  std::uint64_t last_lane_ = 0;
  overlay::LinkId last_link_ = 0;
  std::size_t handshakes_ = 0;                                  ///< Of accepted connections.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  ///< For connects that outlive this object.
};

}  // namespace troupe::cluster
