#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace troupe::server {

/// A table for people of what `/admin/api/lanes` answered: what waits and is under way on each lane, and how long it
/// took.
std::string render_lanes(const nlohmann::json& answer);

/// The same lanes by what they move each second.
std::string render_rates(const nlohmann::json& answer);

}  // namespace troupe::server
