#include "bench/report/elsewhere.hpp"

namespace troupe::bench {

namespace {

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kMiB = 1024 * kKiB;
constexpr auto kRate = "messages_per_second";
constexpr auto kMedian = "round_trip_us_p50";

constexpr SeenElsewhere kSeen[] = {
    {"ack", kKiB, 1, 0, "", kRate, "erlang", 18'600},
    {"ack", kKiB, 1, 0, "", kRate, "caf", 4'400},
    {"ack", kKiB, 1, 0, "", kRate, "partisan", 22'600},
    {"ack", kKiB, 1, 0, "", kRate, "tcp", 17'500},
    {"ack", kKiB, 16, 0, "", kRate, "erlang", 104'000},
    {"ack", kKiB, 16, 0, "", kRate, "caf", 56'000},
    {"ack", kKiB, 16, 0, "", kRate, "partisan", 53'000},
    {"ack", kKiB, 128, 0, "", kRate, "erlang", 90'000},
    {"ack", kKiB, 128, 0, "", kRate, "caf", 108'000},
    {"ack", kKiB, 128, 0, "", kRate, "partisan", 69'000},
    {"one_way", 64, 1, 0, "", kRate, "erlang", 289'000},
    {"one_way", 64, 1, 0, "", kRate, "caf", 285'000},
    {"one_way", 64, 1, 0, "", kRate, "partisan", 10'500},
    {"one_way", 64, 1, 0, "", kRate, "tcp", 220'000},
    {"ack", 512 * kKiB, 1, 0, "", kRate, "erlang", 5'700},
    {"ack", 512 * kKiB, 1, 0, "", kRate, "caf", 3'100},
    {"ack", 512 * kKiB, 1, 0, "", kRate, "partisan", 6'600},
    {"ack", 512 * kKiB, 1, 0, "", kRate, "tcp", 4.2e9 / (512 * kKiB)},
    {"ack", 512 * kKiB, 16, 0, "", kRate, "erlang", 10'300},
    {"ack", 512 * kKiB, 16, 0, "", kRate, "caf", 4'700},
    {"ack", 512 * kKiB, 16, 0, "", kRate, "partisan", 5'100},
    {"ack", 512 * kKiB, 128, 0, "", kRate, "erlang", 10'200},
    {"ack", 512 * kKiB, 128, 0, "", kRate, "caf", 3'100},
    {"ack", 512 * kKiB, 128, 0, "", kRate, "partisan", 4'700},
    {"ack", 8 * kMiB, 1, 0, "", kRate, "erlang", 379},
    {"ack", 8 * kMiB, 1, 0, "", kRate, "caf", 96},
    {"ack", 8 * kMiB, 1, 0, "", kRate, "partisan", 424},
    {"ack", 8 * kMiB, 1, 0, "", kRate, "tcp", 4.2e9 / (8 * kMiB)},
    {"ack", 8 * kMiB, 16, 0, "", kRate, "erlang", 323},
    {"ack", 8 * kMiB, 16, 0, "", kRate, "caf", 127},
    {"ack", 8 * kMiB, 16, 0, "", kRate, "partisan", 485},
    {"ack", 8 * kMiB, 128, 0, "", kRate, "erlang", 239},
    {"ack", 8 * kMiB, 128, 0, "", kRate, "partisan", 479},
    {"ack", 512 * kKiB, 128, 20, "", kRate, "erlang", 268},
    {"ack", 512 * kKiB, 128, 20, "", kRate, "partisan", 2'350},
    {"ack", 8 * kMiB, 128, 20, "", kRate, "erlang", 16.5},
    {"ack", 8 * kMiB, 128, 20, "", kRate, "partisan", 163},
    {"beside_bulk", kKiB, 1, 0, "bulk", kMedian, "erlang", 3'100},
    {"beside_bulk", kKiB, 1, 0, "bulk", kMedian, "partisan", 15'600},
    {"beside_bulk", kKiB, 1, 0, "nothing", kMedian, "erlang", 51},
    {"beside_bulk", kKiB, 1, 20, "bulk", kMedian, "erlang", 208'000},
    {"beside_bulk", kKiB, 1, 20, "bulk", kMedian, "partisan", 262'000},
};

constexpr PaperRatio kPaper[] = {
    {"Figure 1", 512 * kKiB, 128, 1, "1.90 parallel, 1.69 with affinity"},
    {"Figure 3", 512 * kKiB, 128, 20, "10.92 parallel, 13.50 with affinity"},
    {"Figure 4", 8 * kMiB, 128, 1, "1.20 parallel, 2.63 with affinity"},
    {"Figure 5 (Riak Core echo)", 8 * kMiB, 128, 1, "2.84"},
    {"Figure 5 (Riak Core echo)", 512 * kKiB, 128, 1, "0.95 to 1.00"},
    {"Figure 5 (Riak Core echo)", kKiB, 128, 1, "0.95 to 1.00"},
    {"Figure 6 (Riak Core echo)", 8 * kMiB, 128, 20, "38.07"},
    {"Figure 6 (Riak Core echo)", 512 * kKiB, 128, 20, "7.25"},
    {"Figure 6 (Riak Core echo)", kKiB, 128, 20, "0.99"},
};

}  // namespace

std::span<const SeenElsewhere> seen_elsewhere() { return kSeen; }
std::span<const PaperRatio> paper_ratios() { return kPaper; }

}  // namespace troupe::bench
