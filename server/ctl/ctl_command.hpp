#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace troupe::server {

/// Adds `ctl`, which shows what a running node does; `chosen` is set to what runs it.
void add_ctl_command(CLI::App& app, std::function<int()>& chosen);

}  // namespace troupe::server
