#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11's.
class App;
}

namespace troupe::bench {

/// One case of `bench actors`, for the program of another system: each reads the same words on its command line.
/// (bench/peers/erlang/ reads them in Erlang.)
struct ActorsWork {
  std::string what;  ///< idle, spawn, pairs, many_to_one or stream: docs/benchmarks.md.
  std::uint32_t threads = 1;
  std::uint32_t count = 1;    ///< Actors, pairs or senders.
  std::uint32_t batch = 64;   ///< Messages that a sender sends at once; it waits for an answer to a batch.
  std::uint32_t batches = 1;  ///< That each sender has under way.
  double seconds = 1;
};

std::vector<std::string> words_of(const ActorsWork& work);
void add_work_options(CLI::App& command, ActorsWork& work);

}  // namespace troupe::bench
