#include "trace_command.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "trace_tree.hpp"

namespace troupe::server {

namespace {

struct TraceCommandOptions {
  std::vector<std::string> files;
  std::string id;
};

int show(const TraceCommandOptions& options) {
  TraceTrees trees(options.id);
  for (const std::string& path : options.files) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) trees.read(line);
    if (file.is_open() && !file.bad()) continue;
    fmt::print(stderr, "error: {} cannot be read\n  remedy: give files that nodes wrote as their trace.file\n", path);
    return 1;
  }
  fmt::print("{}", trees.render());
  if (trees.unreadable_lines() > 0) fmt::print(stderr, "{} lines are not readable\n", trees.unreadable_lines());
  if (trees.size() == 0) fmt::print(stderr, "no such trace in these files\n");
  return trees.size() == 0 ? 1 : 0;
}

}  // namespace

void add_trace_command(CLI::App& ctl, std::function<int()>& chosen) {
  auto options = std::make_shared<TraceCommandOptions>();
  CLI::App* command = ctl.add_subcommand("trace", "the traces in the trace files of nodes, as trees with their times");
  command->add_option("files", options->files, "what nodes wrote as their trace.file")->required();
  command->add_option("--id", options->id, "only the trace with this id of 32 hex digits");
  command->callback([options, &chosen] { chosen = [options] { return show(*options); }; });
}

}  // namespace troupe::server
