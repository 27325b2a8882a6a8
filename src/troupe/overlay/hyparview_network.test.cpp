// Whole networks of HyParViews under a seed. Nodes join at once, crash, leave, come back as a new incarnation; the
// cluster falls into two halves.

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <string>

#include "troupe/overlay/hyparview/network.test.hpp"

namespace troupe::overlay {
namespace {

/// TROUPE_SEED=17 replays one seed.
void for_each_seed(std::uint64_t count, const std::function<void(std::uint64_t)>& live) {
  const char* only = std::getenv("TROUPE_SEED");
  const std::uint64_t first = only != nullptr ? std::strtoull(only, nullptr, 10) : 1;
  const std::uint64_t last = only != nullptr ? first : count;
  for (std::uint64_t seed = first; seed <= last && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("TROUPE_SEED=" + std::to_string(seed));
    live(seed);
  }
}

TEST(HyParViewNetwork, those_that_join_at_once_make_one_graph) {
  for_each_seed(3, [](std::uint64_t seed) {
    Network network(seed, 50 + 75 * (seed % 3));
    network.start_all(seed % 2 == 0 ? 0ms : 2s);
    network.run_for(60s);
    network.expect_one_graph();
    EXPECT_GT(network.average_degree(), 4.5);
  });
}

TEST(HyParViewNetwork, heals_after_most_nodes_crash_at_once) {
  for_each_seed(4, [](std::uint64_t seed) {
    Network network(seed, 100);
    network.start_all(5s, 3);
    network.run_for(40s);
    for (std::size_t i = 0; i < 100; ++i) {
      if (i % 5 != seed % 5) network.stop(i);
    }
    network.run_for(40s);
    network.expect_one_graph();
    EXPECT_GT(network.average_degree(), 4);
  });
}

TEST(HyParViewNetwork, is_one_graph_after_any_misfortune) {
  for_each_seed(4, [](std::uint64_t seed) {
    Random random(seed * 3 + 1);
    HyParViewOptions options;
    options.x_bot = {.enabled = random.chance(0.5), .period = 2s};
    Network network(seed, 10 + random.below(70), options);
    network.start_all(1s, 2);
    for (int misfortunes = 0; misfortunes < 100; ++misfortunes) {
      network.run_for(Duration(random.between(0, 700'000'000)));
      const std::size_t victim = network.random_node();
      network.stop(victim, random.chance(0.5) ? LinkEnd::kLost : LinkEnd::kLeft);
      if (random.chance(0.7)) network.run_for(Duration(random.between(0, 200'000'000)));
      network.start(random.chance(0.5) ? victim : network.random_node());
    }
    network.start_all(1s, 2);
    network.run_for(90s);
    network.expect_one_graph();
  });
}

TEST(HyParViewNetwork, two_halves_with_full_views_become_one_again) {
  for_each_seed(4, [](std::uint64_t seed) {
    Network network(seed, 50);
    network.start_all(1s);
    network.run_for(40s);
    network.split();
    network.run_for(60s);
    network.heal();
    network.run_for(60s);
    network.expect_one_graph();
  });
}

TEST(HyParViewNetwork, x_bot_finds_near_neighbours_for_all) {
  for_each_seed(1, [](std::uint64_t seed) {
    HyParViewOptions options;
    options.x_bot = {.enabled = true, .period = 10s};
    Network near(seed, 60, options);
    Network random(seed, 60);
    for (Network* network : {&near, &random}) {
      network->start_all(1s);
      network->run_for(300s);
      network->expect_one_graph();
    }
    EXPECT_LT(near.average_distance(), 0.7 * random.average_distance());
    EXPECT_GT(near.average_degree(), 4.7);
  });
}

TEST(HyParViewNetwork, survives_any_message) {
  for_each_seed(4, [](std::uint64_t seed) {
    Network network(seed, 30);
    network.start_all(1s);
    network.run_for(20s);
    network.garble();
    network.run_for(60s);
    network.expect_bounds();
  });
}

}  // namespace
}  // namespace troupe::overlay
