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

/// One shard's table of the nodes that can be reached, and the way a message leaves the shard for another node. The
/// shard's host calls `send` for ShardHost::send_to_node. Only on the shard's thread.
class Routing {
 public:
  /// `lanes` has those of each shard, each of which is used on its own shard only; empty until they are made.
  Routing(ShardHost& host, std::uint32_t shard, const std::vector<std::unique_ptr<Lanes>>& lanes)
      : host_(host), shard_(shard), lanes_(lanes) {}

  /// kUnreachable if no route leads to this node (this incarnation of it), kFull if its lane's queue is full.
  SendOutcome send(const NodeId& node, EnvelopePtr envelope);

  /// For ShardHost::room_for.
  SendOutcome room_for(const Address& to, ActorId sender, const Via& via) const;

  /// For ShardHost::on_pause.
  void pause(const NodeId& node, const Pause& pause);

  /// The node can be reached from now on.
  void add(const NodeId& node) { routes_[node.name] = node.incarnation; }
  void remove(const NodeId& node);

  /// The node in the life that is known, or nothing if the ref means another one.
  std::optional<NodeId> life_of(const NodeId& node) const;

 private:
  ShardHost& host_;
  std::uint32_t shard_;
  const std::vector<std::unique_ptr<Lanes>>& lanes_;
  PausedRecipients paused_;
  std::unordered_map<std::uint64_t, std::uint64_t> routes_;  ///< Node name to incarnation.
};

}  // namespace troupe::cluster
