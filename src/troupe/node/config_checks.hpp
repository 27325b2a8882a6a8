#pragma once

#include <set>
#include <string>

#include "troupe/node/config.hpp"

namespace troupe::config {

/// Reads the files of secrets into the options, and appends what is wrong with them to `config.problems`.
void read_secrets(Config& config);

/// Appends what single values cannot show: settings that contradict each other, and places that are not there.
/// `mistaken` are the keys whose values could not be read; what depends on them is not checked. `nowhere` is the place
/// of a setting that was not given.
void check_together(Config& config, const std::set<std::string>& mistaken, const std::string& nowhere,
                    bool serves_documents);

}  // namespace troupe::config
