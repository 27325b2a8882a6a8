// Who owns which documents, as this node sees it.

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "troupe/document/owners/placement.hpp"
#include "troupe/gateway/detail/admin/admin_resources.hpp"

namespace troupe::gateway::detail {

namespace {

using Json = nlohmann::json;
using document::Placement;

Json shown(const Placement& placement) {
  std::vector<std::uint32_t> counts(placement.owners().size());
  for (std::uint32_t p = 0; p < placement.partitions(); ++p) {
    if (const Placement::Owner* owner = placement.owner_of_partition(p))
      ++counts[static_cast<std::size_t>(owner - placement.owners().data())];
  }
  Json owners = Json::array();
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const Placement::Owner& owner = placement.owners()[i];
    owners.push_back({{"name", owner.name},
                      {"zone", owner.zone},
                      {"is_here", owner.is_here},
                      {"is_reachable", owner.is_reachable},
                      {"partitions", counts[i]}});
  }
  return {{"partitions", placement.partitions()},
          {"moves", placement.moves()},
          {"trouble", placement.trouble()},
          {"owners", std::move(owners)}};
}

}  // namespace

void read_placement(const std::shared_ptr<ShardPart>& part, const AdminRequest& request, ResourceDone done) {
  const Ref<document::PlacementService> service(Address{part->shard.node(), ActorId::named(document::kPlacementName)});
  part->shard.ask(service, document::GetPlacement{}, part->options.times.join_timeout,
                  [node = part->options.node, topic = query_value(request.query, "topic"),
                   done = std::move(done)](Result<document::GetPlacement::Reply> answer) mutable {
                    if (!answer && answer.error().code == ErrorCode::kNoSuchActor)
                      return done(fail(ErrorCode::kRefused, "this node has no documents"));
                    if (!answer) return done(std::unexpected(answer.error()));
                    const Placement& placement = *answer->placement;
                    Json json = shown(placement);
                    json["node"] = node;
                    if (!topic.empty()) {
                      const Placement::Owner* owner = placement.owner_of(topic);
                      json["topic"] = topic;
                      json["partition"] = placement.partition_of(topic);
                      json["owner"] = owner == nullptr ? "" : owner->name;
                    }
                    done(json.dump(-1, ' ', false, Json::error_handler_t::replace));
                  });
}

}  // namespace troupe::gateway::detail
