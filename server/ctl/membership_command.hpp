#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace troupe::server {

struct NodeChoice;

/// Of `troupe ctl`: `join`, `leave` and `down`, which act on the membership. `add_choice` gives a command the flags
/// that say which node is meant, and `choice` is what they say.
void add_membership_commands(CLI::App& ctl, const NodeChoice& choice, const std::function<void(CLI::App&)>& add_choice,
                             std::function<int()>& chosen);

}  // namespace troupe::server
