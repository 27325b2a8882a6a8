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

/// Something that operators look at: `GET /admin/api/NAME`.
struct AdminResource {
  std::string_view name;
  void (*read)(const std::shared_ptr<ShardPart>& part, ResourceDone done);
};

/// All of them. A new one is a file with a function like these, and a line in admin_routes.cpp.
const std::vector<AdminResource>& admin_resources();

void read_lanes(const std::shared_ptr<ShardPart>& part, ResourceDone done);
void read_node(const std::shared_ptr<ShardPart>& part, ResourceDone done);

}  // namespace troupe::gateway::detail
