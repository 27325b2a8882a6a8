#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "troupe/sim/overlay/overlay_runs.hpp"

/// `troupe-sim overlay`: its flags, and what it does.
class OverlayCommand {
 public:
  explicit OverlayCommand(CLI::App& app);
  ~OverlayCommand();

  bool is_chosen() const;

  /// Runs the seeds from `first` to `last`; the exit code of the program.
  int run(std::uint64_t first, std::uint64_t last, bool trace) const;

  CLI::App* flags() const;

 private:
  struct Flags;

  troupe::sim::OverlayOutcome run_one(const std::string& overlay, std::uint64_t seed, bool trace,
                                      troupe::sim::NetworkWatcher* watcher) const;
  troupe::sim::OverlayOutcome run_recorded(const std::string& overlay, std::uint64_t seed, bool trace) const;
  std::string cannot_record(std::uint64_t runs) const;
  std::string flags_as_text(const std::string& overlay, std::uint64_t seed) const;

  std::unique_ptr<Flags> flags_;
};
