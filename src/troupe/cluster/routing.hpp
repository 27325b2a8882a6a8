#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "troupe/actor/shard_host.hpp"
#include "troupe/base/ids.hpp"
#include "troupe/cluster/paused_recipients.hpp"
#include "troupe/cluster/routed.hpp"

namespace troupe::cluster {

class Lanes;

/// One shard's table of the nodes that can be reached, and through which neighbour; and the way a message leaves the
/// shard for another node. The shard's host calls `send` for ShardHost::send_to_node. Only on the shard's thread.
class Routing {
 public:
  /// `lanes` has those of each shard, each of which is used on its own shard only; empty until they are made.
  Routing(ShardHost& host, std::uint32_t shard, const std::vector<std::unique_ptr<Lanes>>& lanes)
      : host_(host), shard_(shard), lanes_(lanes) {}

  /// Every message may pass through other nodes, sooner or later, and gets a number that keeps its order then. Else
  /// only those do that have no link to take, and all that follow them to the same node. Before the first `send`.
  void number_all() { numbers_all_ = true; }

  /// kUnreachable if no route leads to this node (this incarnation of it), kFull if its lane's queue is full.
  SendOutcome send(const NodeId& node, EnvelopePtr envelope);

  /// Sends a message of another node on, on its journey. What cannot go on is lost, and its sender told.
  void pass_on(EnvelopePtr envelope);

  /// For ShardHost::room_for.
  SendOutcome room_for(const Address& to, ActorId sender, const Via& via) const;

  /// For ShardHost::on_pause.
  void pause(const NodeId& node, const Pause& pause);

  /// The node can be reached from now on, through this neighbour, which may be the node itself.
  void add(const NodeId& node, const NodeId& next_hop);
  void remove(const NodeId& node);

  /// The node in the life that is known, or nothing if the ref means another one.
  std::optional<NodeId> life_of(const NodeId& node) const;
  /// Whether messages to the node are on a journey, even where a link of ours is all of it.
  bool is_numbered(const NodeId& node) const {
    const auto route = routes_.find(node.name);
    return route != routes_.end() && route->second.is_numbered;
  }
  /// The neighbour that leads there; nothing as above.
  std::optional<NodeId> next_hop(const NodeId& node) const;

 private:
  struct Route {
    std::uint64_t incarnation = 0;
    NodeId next_hop;
    bool is_numbered = false;
    std::uint64_t sent = 0;  ///< Messages that got a number.
  };

  void prepare(const NodeId& to, Route& route, Envelope& envelope);
  SendOutcome send_over(const NodeId& neighbour, EnvelopePtr envelope);

  ShardHost& host_;
  std::uint32_t shard_;
  const std::vector<std::unique_ptr<Lanes>>& lanes_;
  bool numbers_all_ = false;
  PausedRecipients paused_;
  std::unordered_map<std::uint64_t, Route> routes_;  ///< By NodeId::name.
};

}  // namespace troupe::cluster
