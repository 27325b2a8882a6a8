#pragma once

#include <caf/all.hpp>

#include "bench/actors_work.hpp"
#include "bench/exchange.hpp"

/// CAF's side of `troupe bench`: the same work in its actors.
namespace troupe::bench {

int run_caf_echo_server(const EchoRole& role);
int run_caf_echo_client(const EchoRole& role);
int run_caf_actors(const ActorsWork& work);

/// What the manual offers for few threads: a queue that all workers share wakes a sleeping worker at once, where the
/// default policy, work stealing, looks for work every so often.
inline void tune_scheduler(caf::actor_system_config& config, std::uint32_t threads) {
  config.set("scheduler.policy", caf::atom("sharing"));
  config.set("scheduler.max-threads", static_cast<std::size_t>(threads));
  config.set("logger.verbosity", caf::atom("quiet"));
}

}  // namespace troupe::bench
