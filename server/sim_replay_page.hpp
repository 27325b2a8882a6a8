#pragma once

#include <cstdint>
#include <string>

#include "troupe/base/error.hpp"
#include "troupe/sim/overlay/run_recorder.hpp"

/// What the page says of the run beside its record.
struct ReplayTitle {
  std::string overlay;
  std::uint64_t seed = 0;
  std::string command;  ///< That repeats the run.
  std::string failure;  ///< Empty if all held.
  double simulated_seconds = 0;
};

/// Writes the page that plays the run back: web/dist/replay.html with the record in it, which needs nothing else.
troupe::Result<void> write_replay_page(const std::string& file, const ReplayTitle& title,
                                       const troupe::sim::RunRecord& record);
