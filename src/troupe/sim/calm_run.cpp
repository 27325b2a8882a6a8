#include <fmt/format.h>

#include <string>

#include "troupe/actor/actor.hpp"
#include "troupe/cluster/membership.hpp"
#include "troupe/sim/faults.hpp"
#include "troupe/sim/runs.hpp"

namespace troupe::sim {

namespace {

/// Writes down the first that is declared down. What it writes to outlives the nodes.
class DownWatcher final : public Actor<DownWatcher> {
 public:
  using Messages = troupe::Messages<cluster::MemberChanged>;

  DownWatcher(Ref<cluster::Membership> membership, std::string node, std::string& failure)
      : membership_(membership), node_(std::move(node)), failure_(failure) {}

  void on_start() override { context().tell(membership_, cluster::WatchMembers{self()}); }

  void on(const cluster::MemberChanged& change) {
    if (change.state != overlay::MemberState::kDown || !failure_.empty()) return;
    const double seconds = to_milliseconds(context().now().time_since_epoch()) / 1000;
    failure_ =
        fmt::format("{:.3f} s after the start {} declared {} down, which was well", seconds, node_, change.member.name);
  }

 private:
  Ref<cluster::Membership> membership_;
  std::string node_;
  std::string& failure_;
};

/// Each pair of nodes stalls now and then: one way, the other, or both.
void stall_some(World& world, Duration stall_max) {
  Random& random = world.random();
  for (std::uint32_t a = 0; a < world.node_count(); ++a) {
    for (std::uint32_t b = 0; b < a; ++b) {
      if (!random.chance(0.1)) continue;
      const Duration duration(random.between(0, stall_max.count()));
      const auto which = random.below(3);
      if (which != 0) world.network().stall(a, b, duration);
      if (which != 1) world.network().stall(b, a, duration);
    }
  }
}

double suspicions(World& world) {
  double count = 0;
  for (std::uint32_t n = 0; n < world.node_count(); ++n) {
    for (const MetricSample& sample : world.node(n)->metrics().samples()) {
      if (sample.name == "troupe_cluster_suspicions_total") count += sample.value;
    }
  }
  return count;
}

}  // namespace

RunOutcome run_calm(std::uint64_t seed, const CalmRunOptions& options) {
  RunOutcome outcome;  // Outlives the world, whose actors write to it.
  World world(seed, {.nodes = options.nodes,
                     .shards = 1,
                     .overlay = choose_overlay(seed, options.overlay),
                     .network = {.latency_max = options.jitter, .slow_chance = 0, .joins_pieces = true},
                     .cluster = options.cluster,
                     .trace = options.trace});
  heal(world);
  if (!world.run_until([&] { return world.converged(); }, 60s))
    outcome.failure = "60 s after the start, the nodes do not all see each other";
  for (std::uint32_t n = 0; n < options.nodes; ++n) {
    SimNode& node = *world.node(n);
    (void)node.shard(0).spawn<DownWatcher>({}, node.membership(), node.name(), outcome.failure);
    node.wake(0);
  }
  constexpr Duration kRound = 1s;
  const TimePoint end = world.events().now() + options.duration;
  while (world.events().now() < end && outcome.failure.empty()) {
    stall_some(world, std::min(options.stall_max, kRound));
    world.run_for(kRound);
  }
  if (outcome.failure.empty() && !world.run_until([&] { return world.converged(); }, 60s))
    outcome.failure = "60 s after the last stall, the nodes do not all see each other";
  outcome.trace_hash = world.trace_hash();
  outcome.events_stored = static_cast<std::uint64_t>(suspicions(world));
  outcome.simulated_seconds = to_milliseconds(world.events().now().time_since_epoch()) / 1000;
  return outcome;
}

}  // namespace troupe::sim
