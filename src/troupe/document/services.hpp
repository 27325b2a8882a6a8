#pragma once

#include <cstdint>

#include "troupe/actor/shard.hpp"
#include "troupe/cluster/membership.hpp"
#include "troupe/document/document_options.hpp"
#include "troupe/document/journal.hpp"
#include "troupe/pubsub/topic_actor.hpp"

namespace troupe::document {

/// What the topics, presence and documents of a node stand on. All of it outlives the node's actors.
struct Services {
  const DocumentOptions& options;
  pubsub::TopicOptions topics;
  Journal* journal;  ///< Null: this node has no documents.
  Ref<cluster::Membership> membership;
  Metrics& metrics;
};

/// Starts this shard's share of the node's topic, presence and document actors; called on each of the node's `shards`
/// shards, on its own thread, before clients are let in. Fails only if a user's actor has taken one of the names.
Result<void> start_services(const Services& services, Shard& shard, std::uint32_t shards);

}  // namespace troupe::document
