// The overlay as this node knows it: members, links, and the tree of a root.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "troupe/cluster/membership.hpp"
#include "troupe/gateway/detail/admin/admin_resources.hpp"

namespace troupe::gateway::detail {

namespace {

using Json = nlohmann::json;
using cluster::Topology;
using cluster::TopologyMember;

constexpr Duration kPatience = 1s;  // For other nodes: what came by then is shown, and who did not answer.

std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

/// Members' names by NodeId::name. One that is not known (any more) is shown as its number.
class Names {
 public:
  explicit Names(const Topology& topology) {
    for (const TopologyMember& each : topology.members) names_[each.member.id().name] = each.member.name;
  }
  std::string of(std::uint64_t name) const {
    const auto found = names_.find(name);
    return found == names_.end() ? fmt::format("{:016x}", name) : found->second;
  }
  Json of(const std::vector<std::uint64_t>& nodes) const {
    Json names = Json::array();
    for (const std::uint64_t node : nodes) names.push_back(of(node));
    return names;
  }

 private:
  std::map<std::uint64_t, std::string> names_;
};

template <class Show>
void with_topology(const std::shared_ptr<ShardPart>& part, ResourceDone done, Show show) {
  const Ref<cluster::Membership> membership(Address{part->shard.node(), ActorId::named(cluster::kMembershipName)});
  part->shard.ask(membership, cluster::GetTopology{}, part->options.times.join_timeout,
                  [done = std::move(done), show = std::move(show)](Result<Topology> topology) mutable {
                    if (!topology) return done(std::unexpected(topology.error()));
                    show(*topology, std::move(done));
                  });
}

Json shown(const TopologyMember& each, const Topology& topology, const Names& names) {
  const overlay::Member& member = each.member;
  return {{"name", member.name},
          {"incarnation", member.incarnation},
          {"state", to_string(each.state)},
          {"address", member.address},
          {"http", member.http},
          {"zone", member.zone},
          {"role", member.server ? "server" : "client"},
          {"links", names.of(each.links)},
          {"next_hop", each.next_hop == 0 || member.name == topology.self.name ? "" : names.of(each.next_hop)},
          {"hops", each.hops},
          {"suspicion", std::round(each.suspicion * 10) / 10}};
}

/// Each link once, with who of its two ends says that it is there, and whether this node hears nothing over it.
Json links_of(const Topology& topology, const Names& names) {
  std::map<std::pair<std::string, std::string>, std::set<std::string>> said_by;
  for (const TopologyMember& each : topology.members) {
    for (const std::uint64_t to : each.links) {
      std::pair ends{each.member.name, names.of(to)};
      if (ends.second < ends.first) std::swap(ends.first, ends.second);
      said_by[std::move(ends)].insert(each.member.name);
    }
  }
  Json links = Json::array();
  std::set<std::string> silent;
  for (const TopologyMember& each : topology.members) {
    if (each.state == overlay::MemberState::kSuspected) silent.insert(each.member.name);
  }
  for (const auto& [ends, who] : said_by) {
    const auto& [a, b] = ends;
    const std::string& self = topology.self.name;
    const bool is_silent = (a == self && silent.contains(b)) || (b == self && silent.contains(a));
    links.push_back({{"a", a}, {"b", b}, {"said_by", who}, {"silent", is_silent}});
  }
  return links;
}

/// Gathers what the members say of a root's tree, and tells it once all have answered or failed.
struct TreeReport {
  TreeReport(Topology known, ResourceDone then) : topology(std::move(known)), names(topology), done(std::move(then)) {}

  void add(const std::string& name, const Result<cluster::Branches>& branches) {
    if (branches) {
      nodes.push_back({{"name", name},
                       {"parent", branches->parent == 0 ? "" : names.of(branches->parent)},
                       {"eager", names.of(branches->eager)},
                       {"lazy", names.of(branches->lazy)}});
    } else {
      silent.push_back({{"name", name}, {"reason", branches.error().to_string()}});
    }
    if (--awaited > 0) return;
    std::ranges::sort(nodes, {}, [](const Json& node) { return node["name"].get<std::string>(); });
    done(text_of({{"node", topology.self.name},
                  {"overlay", topology.overlay},
                  {"root", root},
                  {"nodes", nodes},
                  {"silent", silent}}));
  }

  Topology topology;
  Names names;
  ResourceDone done;
  std::string root;
  std::size_t awaited = 0;
  std::vector<Json> nodes;
  std::vector<Json> silent;
};

}  // namespace

void read_members(const std::shared_ptr<ShardPart>& part, const AdminRequest&, ResourceDone done) {
  with_topology(part, std::move(done), [](const Topology& topology, ResourceDone then) {
    const Names names(topology);
    Json members = Json::array();
    for (const TopologyMember& each : topology.members) members.push_back(shown(each, topology, names));
    then(text_of({{"node", topology.self.name}, {"overlay", topology.overlay}, {"members", std::move(members)}}));
  });
}

void read_links(const std::shared_ptr<ShardPart>& part, const AdminRequest&, ResourceDone done) {
  with_topology(part, std::move(done), [](const Topology& topology, ResourceDone then) {
    const Names names(topology);
    then(text_of({{"node", topology.self.name}, {"overlay", topology.overlay}, {"links", links_of(topology, names)}}));
  });
}

void read_trees(const std::shared_ptr<ShardPart>& part, const AdminRequest& request, ResourceDone done) {
  with_topology(
      part, std::move(done), [part, asked = query_value(request.query, "root")](Topology& topology, ResourceDone then) {
        const std::string root = asked.empty() ? topology.self.name : asked;
        const auto found = std::ranges::find(topology.members, root, [](const auto& each) { return each.member.name; });
        if (found == topology.members.end())
          return then(fail(ErrorCode::kInvalidArgument, "there is no member '" + root + "'"));
        const NodeId root_id = found->member.id();
        const auto report = std::make_shared<TreeReport>(std::move(topology), std::move(then));
        report->root = root;
        std::vector<overlay::Member> members;
        for (const TopologyMember& each : report->topology.members) {
          if (is_up(each.state)) members.push_back(each.member);
        }
        report->awaited = members.size();
        for (const overlay::Member& member : members) {
          const Ref<cluster::Membership> actor(Address{member.id(), ActorId::named(cluster::kMembershipName)});
          part->shard.ask(
              actor, cluster::GetBranches{root_id}, kPatience,
              [report, name = member.name](const Result<cluster::Branches>& branches) { report->add(name, branches); });
        }
      });
}

}  // namespace troupe::gateway::detail
