#include <array>

#include "cluster.hpp"
#include "speaker.hpp"
#include "troupe/sim/world.hpp"

namespace troupe::conformance {

namespace {

class SimulatedCluster final : public Cluster {
 public:
  SimulatedCluster(const std::string& overlay, std::uint64_t seed)
      : world_(seed, {.nodes = kNodes, .shards = 2, .data_lanes = 2, .overlay = overlay}) {}

  void start(unsigned node) override {
    heard_[node].clear();
    world_.start(node);
    Shard& shard = world_.node(node)->shard(1);
    speakers_[node] = shard
                          .spawn<Speaker>({.name = kSpeakerName}, node_name(node),
                                          [this, node](const std::string& line) { heard_[node].push_back(line); })
                          .value();
    world_.node(node)->wake(1);
  }
  void kill(unsigned node) override { world_.crash(node); }
  void leave(unsigned node) override {
    world_.node(node)->leave();
    world_.run_for(1s);
    world_.crash(node);
  }
  void say(unsigned node, const std::string& command) override {
    world_.node(node)->shard(1).tell(speakers_[node], Command{command});
    world_.node(node)->wake(1);
  }
  const std::vector<std::string>& heard(unsigned node) override { return heard_[node]; }
  bool run_until(const std::function<bool()>& reached, Duration within) override {
    return world_.run_until(reached, within);
  }

 private:
  std::array<std::vector<std::string>, kNodes> heard_;  // Outlives the world, whose actors write to it.
  std::array<Ref<Speaker>, kNodes> speakers_;
  sim::World world_;
};

}  // namespace

std::unique_ptr<Cluster> make_simulated_cluster(const std::string& overlay, std::uint64_t seed) {
  return std::make_unique<SimulatedCluster>(overlay, seed);
}

}  // namespace troupe::conformance
