#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "troupe/base/error.hpp"
#include "troupe/gateway/detail/shard_part.hpp"

namespace troupe::gateway::detail {

/// Takes the JSON of a resource, once, on the part's shard.
using ResourceDone = std::move_only_function<void(Result<std::string>)>;

/// What of a request matters to a resource.
struct AdminRequest {
  std::string query;  ///< Behind the '?', as it came.
  std::string body;   ///< Of one that acts.
};

/// The value of `name` in a query, decoded; empty if it is not there.
std::string query_value(std::string_view query, std::string_view name);

/// Something that operators look at, `GET /admin/api/NAME`, or do: `POST /admin/api/NAME`.
struct AdminResource {
  std::string_view name;
  void (*answer)(const std::shared_ptr<ShardPart>& part, const AdminRequest& request, ResourceDone done);
  bool acts = false;
};

/// All of them. A new one is a file with a function like these, and a line in admin_routes.cpp.
const std::vector<AdminResource>& admin_resources();

void read_lanes(const std::shared_ptr<ShardPart>& part, const AdminRequest& request, ResourceDone done);
void read_node(const std::shared_ptr<ShardPart>& part, const AdminRequest& request, ResourceDone done);
void read_members(const std::shared_ptr<ShardPart>& part, const AdminRequest& request, ResourceDone done);
void read_links(const std::shared_ptr<ShardPart>& part, const AdminRequest& request, ResourceDone done);
void read_trees(const std::shared_ptr<ShardPart>& part, const AdminRequest& request, ResourceDone done);
void read_placement(const std::shared_ptr<ShardPart>& part, const AdminRequest& request, ResourceDone done);
void act_join(const std::shared_ptr<ShardPart>& part, const AdminRequest& request, ResourceDone done);
void act_leave(const std::shared_ptr<ShardPart>& part, const AdminRequest& request, ResourceDone done);
void act_down(const std::shared_ptr<ShardPart>& part, const AdminRequest& request, ResourceDone done);

}  // namespace troupe::gateway::detail
