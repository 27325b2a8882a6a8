#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace troupe::server {

/// What `/admin/api/members`, `links` and `trees` answered, for people.
std::string render_members(const nlohmann::json& answer);
std::string render_links(const nlohmann::json& answer);
std::string render_tree(const nlohmann::json& answer);

}  // namespace troupe::server
