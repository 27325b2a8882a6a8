#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace troupe::server {

/// Of a node's answer about placement (`/admin/api/placement`): who owns how much, and of a topic, who owns it.
std::string render_owners(const nlohmann::json& placement);
std::string render_where(const nlohmann::json& placement);

}  // namespace troupe::server
