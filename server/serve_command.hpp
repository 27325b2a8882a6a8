#pragma once

#include "troupe/node/config.hpp"

namespace troupe::server {

/// `troupe serve`: runs a node until SIGINT or SIGTERM. When it serves, it prints one line "ready name=... http=...
/// cluster=..." on standard output. Returns the program's exit code; prints every mistake of the configuration on
/// standard error.
int serve(const ConfigSources& sources);

/// From here on, SIGINT and SIGTERM wait for `Node::run`: one that comes while the node still starts makes it stop in
/// order afterwards.
void hold_stop_signals();

}  // namespace troupe::server
