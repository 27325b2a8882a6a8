#include "bench/actors_work.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

namespace troupe::bench {

std::vector<std::string> words_of(const ActorsWork& work) {
  return {"--what",    work.what,
          "--threads", std::to_string(work.threads),
          "--count",   std::to_string(work.count),
          "--batch",   std::to_string(work.batch),
          "--batches", std::to_string(work.batches),
          "--seconds", fmt::format("{:.3f}", work.seconds)};
}

void add_work_options(CLI::App& command, ActorsWork& work) {
  command.add_option("--what", work.what);
  command.add_option("--threads", work.threads);
  command.add_option("--count", work.count);
  command.add_option("--batch", work.batch);
  command.add_option("--batches", work.batches);
  command.add_option("--seconds", work.seconds);
}

}  // namespace troupe::bench
