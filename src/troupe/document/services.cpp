#include "troupe/document/services.hpp"

#include "troupe/document/documents_actor.hpp"
#include "troupe/document/owners/placement_actor.hpp"
#include "troupe/pubsub/presence_actor.hpp"

namespace troupe::document {

Result<void> start_services(const Services& services, Shard& shard, std::uint32_t shards) {
  Result<void> outcome;
  const auto note = [&](const auto& spawned) {
    if (!spawned && outcome) outcome = std::unexpected(spawned.error());
  };
  for (std::uint32_t p = shard.index(); p < pubsub::kTopicPartitions; p += shards) {
    note(shard.spawn<pubsub::TopicActor>({.name = pubsub::topics_actor_name(p)}, services.topics, p,
                                         services.membership, services.metrics));
  }
  for (std::uint32_t p = shard.index(); p < pubsub::kPresencePartitions; p += shards) {
    note(shard.spawn<pubsub::PresenceActor>({.name = pubsub::presence_actor_name(p)}, p, services.membership));
  }
  if (services.journal != nullptr && shard.index() == 0)
    note(shard.spawn<PlacementActor>({.name = kPlacementName}, services.options, services.membership));
  for (std::uint32_t p = shard.index(); services.journal != nullptr && p < kDocumentPartitions; p += shards) {
    note(shard.spawn<DocumentsActor>({.name = documents_actor_name(p)}, services.options, p, *services.journal,
                                     services.metrics));
  }
  return outcome;
}

}  // namespace troupe::document
