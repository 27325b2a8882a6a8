#pragma once

#include <functional>

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11's.
class App;
}

namespace troupe::bench {

/// Adds `bench` with its commands `actors`, `echo` and `fanout` to a program's command line. Parsing the line runs
/// nothing: if it names one of them, `chosen` is set to what runs it and returns the program's exit code. The options
/// that `chosen` refers to live in `app`.
///
/// `bench echo` starts a second process of the program that runs (/proc/self/exe) as `bench echo-server`, so `bench`
/// must hang below the top of the command line.
void add_bench_command(CLI::App& app, std::function<int()>& chosen);

}  // namespace troupe::bench
