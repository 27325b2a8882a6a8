#include "troupe/sim/world.hpp"

#include <optional>

#include "troupe/actor/actor.hpp"
#include "troupe/overlay/overlay_choice.hpp"
#include "troupe/sim/runs.hpp"

namespace troupe::sim {

std::string choose_overlay(std::uint64_t seed, const std::string& wanted) {
  if (!wanted.empty()) return wanted;
  const std::vector<std::string>& names = overlay::overlay_names();
  Random random(seed ^ hash64("overlay"));
  return random.chance(0.5) ? "full_mesh" : names[random.below(names.size())];
}

World::World(std::uint64_t seed, WorldOptions options)
    : options_(std::move(options)), random_(seed), network_(events_, random_.fork(), options_.network) {
  for (std::uint32_t i = 0; i < options_.nodes; ++i) {
    nodes_.push_back({std::make_unique<document::MemoryDisk>(random_.next()), nullptr, 0});
  }
}

World::~World() {
  for (std::uint32_t i = 0; i < nodes_.size(); ++i) crash(i);
}

void World::start(std::uint32_t index) {
  Place& place = nodes_[index];
  if (place.is_stopping) crash(index);
  if (place.life) return;
  SimNodeOptions node{.index = index, .shards = options_.shards, .data_lanes = options_.data_lanes};
  node.overlay = options_.overlay;
  node.is_server = index < 2;
  for (std::uint32_t other = 0; other < nodes_.size(); ++other) {
    const bool is_wanted = options_.overlay != "static" || other == index + 1;
    if (other != index && is_wanted) node.join.push_back(sim_address(other));
  }
  node.nodes = node_count();
  node.shares_journal = options_.shares_journal;
  node.documents = options_.documents;
  node.delivery = options_.delivery;
  node.cluster = options_.cluster;
  node.unknown_chance = options_.unknown_chance;
  write(LogLevel::kInfo, "world", fmt::format("{} starts", sim_node_name(index)));
  place.life = std::make_unique<SimNode>(std::move(node), place.incarnation += 1'000, events_, network_, disk(index),
                                         static_cast<LogSink&>(*this), random_.fork());
}

void World::crash(std::uint32_t index, bool with_its_machine) {
  if (!nodes_[index].life) return;
  write(LogLevel::kInfo, "world",
        fmt::format("{} crashes{}", sim_node_name(index), with_its_machine ? " with its machine" : ""));
  network_.node_gone(index, with_its_machine);
  nodes_[index].is_stopping = false;
  nodes_[index].life.reset();
}

void World::stop(std::uint32_t index) {
  if (!nodes_[index].life || nodes_[index].is_stopping) return;
  write(LogLevel::kInfo, "world", fmt::format("{} stops", sim_node_name(index)));
  nodes_[index].life->leave();
  nodes_[index].is_stopping = true;
  events_.after(Duration(random_.between(1'000'000'000, 2'000'000'000)),
                [this, index, incarnation = nodes_[index].incarnation] {
                  if (nodes_[index].incarnation == incarnation) crash(index);
                });
}

void World::run_for(Duration duration) {
  const TimePoint end = events_.now() + duration;
  while (events_.step(end)) {
  }
}

bool World::run_until(const std::function<bool()>& reached, Duration within) {
  const TimePoint end = events_.now() + within;
  while (!reached()) {
    if (events_.now() >= end) return false;
    const TimePoint slice = std::min(end, events_.now() + Duration(10ms));
    while (events_.step(slice)) {
    }
  }
  return true;
}

bool World::converged() {
  std::size_t up = 0;
  for (const Place& place : nodes_) up += place.life ? 1 : 0;
  for (Place& place : nodes_) {
    if (!place.life) continue;
    for (const MetricSample& sample : place.life->metrics().samples()) {
      if (sample.name == "troupe_cluster_members_up" && sample.value != static_cast<double>(up - 1)) return false;
    }
  }
  return true;
}

bool World::enabled(LogLevel level) const { return level != LogLevel::kDebug || options_.trace != nullptr; }

void World::write(LogLevel level, std::string_view component, std::string_view text) {
  events_.note(text);
  if (!options_.trace) return;
  const double seconds = to_milliseconds(events_.now().time_since_epoch()) / 1000;
  options_.trace(fmt::format("{:10.6f} {:7} {}: {}", seconds, to_string(level), component, text));
}

}  // namespace troupe::sim
