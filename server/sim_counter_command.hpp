#pragma once

#include <CLI/CLI.hpp>
#include <memory>

/// `troupe-sim counter`: the advertisement counter of PARTISAN's figure 9, over each overlay and number of nodes.
class CounterCommand {
 public:
  explicit CounterCommand(CLI::App& app);
  ~CounterCommand();

  bool is_chosen() const;
  /// The program's exit code.
  int run() const;

 private:
  struct Flags;
  std::unique_ptr<Flags> flags_;
};
