#pragma once

#include <string>

#include "troupe/node/config.hpp"

namespace troupe::config {

/// Reads the TLS files of the cluster and appends what is wrong with them to `config.problems`. `nowhere` is the place
/// of a setting that was not given.
void check_tls(Config& config, const std::string& nowhere);

}  // namespace troupe::config
