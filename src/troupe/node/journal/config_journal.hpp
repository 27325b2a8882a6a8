#pragma once

#include <set>
#include <string>

#include "troupe/node/config.hpp"

namespace troupe::config {

/// Whether documents are kept as safely as is asked for, and what the engine needs. `mistaken`: keys whose values could
/// not be read; `nowhere`: what is said to be the place of a default.
void check_journal(Config& config, const std::set<std::string>& mistaken, const std::string& nowhere);

}  // namespace troupe::config
