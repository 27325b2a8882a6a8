#pragma once

#include <sys/types.h>

#include <cstdint>

namespace troupe::bench {

/// What a process, and those that it started, cost the machine, as /proc has it.
struct ProcessCosts {
  std::uint64_t resident_bytes = 0;      ///< RSS: pages that are shared are counted in each process.
  std::uint64_t proportional_bytes = 0;  ///< PSS: of shared pages its share.
  double processor_seconds = 0;          ///< Since it began.
  std::uint32_t sockets = 0;             ///< Those that listen among them.
};

/// Zeros for a process that is not there.
ProcessCosts costs_of(pid_t process);

/// Of the last minute: whether others use the machine as well.
double load_average();

}  // namespace troupe::bench
