#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "troupe/cluster/membership.hpp"
#include "troupe/gateway/detail/admin/admin_resources.hpp"

namespace troupe::gateway::detail {

namespace {

using Json = nlohmann::json;

/// What the process holds of physical memory.
std::uint64_t resident_bytes() {
  std::uint64_t total_pages = 0;
  std::uint64_t resident_pages = 0;
  std::ifstream("/proc/self/statm") >> total_pages >> resident_pages;
  return resident_pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

/// What the node's metrics say in sum.
void add_metrics(const Metrics& metrics, Json& node) {
  double actors = 0;
  Json dead_letters = Json::object();
  for (const MetricSample& sample : metrics.samples()) {
    if (sample.name == "troupe_actors") actors += sample.value;
    if (sample.name != "troupe_dead_letters_total") continue;
    if (const auto reason = sample.labels.find("reason"); reason != sample.labels.end())
      dead_letters[reason->second] = static_cast<std::uint64_t>(sample.value);
  }
  node["actors"] = static_cast<std::uint64_t>(actors);
  node["dead_letters"] = std::move(dead_letters);
}

}  // namespace

void read_node(const std::shared_ptr<ShardPart>& part, const AdminRequest&, ResourceDone done) {
  const GatewayShared& shared = *part->shared;
  Json node{{"name", part->options.node},
            {"incarnation", part->shard.node().incarnation},
            {"process", ::getpid()},
            {"uptime_seconds", std::chrono::duration<double>(std::chrono::steady_clock::now() - shared.began).count()},
            {"shards", shared.world.runtime.shard_count()},
            {"memory_bytes", resident_bytes()},
            {"clients", shared.connections.load()}};
  add_metrics(shared.world.metrics, node);
  const Ref<cluster::Membership> membership(Address{part->shard.node(), ActorId::named(cluster::kMembershipName)});
  part->shard.ask(membership, cluster::GetMembers{}, part->options.times.join_timeout,
                  [node = std::move(node), done = std::move(done)](Result<cluster::Members> members) mutable {
                    if (!members) return done(std::unexpected(members.error()));
                    node["http"] = members->self.http;
                    node["address"] = members->self.address;
                    node["members"] = 1 + members->others.size();
                    node["members_up"] =
                        1 + std::ranges::count_if(members->others, [](const auto& each) { return is_up(each.state); });
                    done(node.dump(-1, ' ', false, Json::error_handler_t::replace));
                  });
}

}  // namespace troupe::gateway::detail
