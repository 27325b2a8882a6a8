#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace troupe::server {

/// Adds `trace` to `ctl`: shows what nodes wrote to their `trace.file`; `chosen` is set to what runs it.
void add_trace_command(CLI::App& ctl, std::function<int()>& chosen);

}  // namespace troupe::server
