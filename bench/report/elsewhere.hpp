#pragma once

#include <cstdint>
#include <span>

namespace troupe::bench {

/// A figure of another program on another machine, which a report shows beside its own.
struct SeenElsewhere {
  const char* mode;
  std::uint64_t size_bytes;
  std::uint32_t pairs;
  std::uint32_t rtt_ms;
  const char* beside;  ///< As the case has it; "" in other modes than beside_bulk.
  const char* metric;
  const char* system;
  double value;
};
/// Where they were seen.
inline constexpr auto kSeenElsewhereSource =
    "Issue 3 of Troupe, \"Figures seen on a machine like yours (2 cores, both processes on it, otherwise quiet; "
    "Partisan's under some load)\": Distributed Erlang of OTP 25, CAF 0.17, Partisan 5.0.3 with its best setting, bare "
    "TCP (one connection; 1 KiB: blocking). Where a range is given, its upper end.";
std::span<const SeenElsewhere> seen_elsewhere();

/// How many times faster than Distributed Erlang the paper found Partisan.
struct PaperRatio {
  const char* figure;
  std::uint64_t size_bytes;
  std::uint32_t pairs;
  std::uint32_t rtt_ms;
  const char* text;
};
inline constexpr auto kPaperSource =
    "C. Meiklejohn, H. Miller, P. Alvaro: PARTISAN: Scaling the Distributed Actor Runtime, USENIX ATC 2019, section 6 "
    "(one virtual machine with 16 processors, parallelism 16)";
std::span<const PaperRatio> paper_ratios();

}  // namespace troupe::bench
