#pragma once

#include <iosfwd>

#include "config_flags.hpp"

namespace troupe::server {

/// Adds `check FILE` with the flags of the configuration. If it was parsed, `check_command(sources_of(flags),
/// std::cout)` is to be called; `flags` outlives that.
CLI::App* add_check_command(CLI::App& app, ConfigFlags& flags);

/// Prints every problem of the configuration with its place and remedy; if none is an error, also that the file is
/// fine, and what differs from the defaults. Returns the exit code: 1 if there are errors, else 0.
int check_command(const ConfigSources& sources, std::ostream& out);

}  // namespace troupe::server
