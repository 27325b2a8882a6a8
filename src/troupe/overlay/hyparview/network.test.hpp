#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "troupe/overlay/hyparview/simulated_fabric.test.hpp"

namespace troupe::overlay {

/// What a test does to many HyParViews, and what has to hold for them afterwards.
class Network final : public SimulatedFabric {
 public:
  using SimulatedFabric::random_node;
  using SimulatedFabric::SimulatedFabric;

  /// All that are not there start within this time, and find the cluster through one of the first `contacts`.
  void start_all(Duration within, std::size_t contacts = 1) {
    if (std::exchange(contacts_, contacts) == 0) dial_lost();
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      after(between(0ms, within), [this, i] { start(i); });
    }
  }

  /// The links between the two halves break, and no new ones come about until `heal`.
  void split() {
    is_split_ = true;
    for (const auto& [nodes, link] : std::map(links_)) {
      if (!reach(link->ends[0].node, link->ends[1].node)) {
        for (const std::size_t side : {0U, 1U}) ends(link, side, LinkEnd::kLost);
      }
    }
  }

  void heal() { is_split_ = false; }

  /// From now on links bring also what no overlay has said.
  void garble() { is_garbling_ = true; }

  void expect_one_graph() {
    // Swaps and attempts never rest, and between a request and its answer is one end ahead of the other.
    for (int i = 0; i < 20 && !is_symmetric(); ++i) run_for(100ms);
    std::set<std::size_t> alive;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (nodes_[i].overlay != nullptr) alive.insert(i);
    }
    for (const std::size_t i : alive) expect_sane(i, alive.size());
    EXPECT_EQ(reached_from(*alive.begin()), alive) << "islands";
  }

  /// Whatever has been said, nobody has more than its bounds, and what is no message is counted.
  void expect_bounds() {
    std::uint64_t malformed = 0;
    for (const Node& node : nodes_) {
      malformed += node.overlay->malformed_messages();
      EXPECT_LE(node.overlay->active_view().size(), options_.active_view_max);
      EXPECT_LE(node.overlay->passive_view().size(), options_.passive_view_max);
      EXPECT_LE(node.overlay->remembered(), 2 * nodes_.size() + options_.requests_max + 2 * options_.passive_view_max);
    }
    EXPECT_GT(malformed, 100U);
  }

  /// Of the active views of those that are alive.
  double average_degree() const {
    double sum = 0;
    double count = 0;
    for (const Node& node : nodes_) {
      if (node.overlay == nullptr) continue;
      sum += static_cast<double>(node.overlay->active_view().size());
      ++count;
    }
    return sum / count;
  }

  /// Between two neighbours, on average: the places are in a square.
  double average_distance() const {
    double sum = 0;
    double count = 0;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      for (const NodeId neighbour : nodes_[i].overlay->active_view()) {
        sum += distance(i, indices_.at(neighbour.name));
        ++count;
      }
    }
    return sum / count;
  }

 private:
  bool is_symmetric() const {
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (nodes_[i].overlay == nullptr) continue;
      for (const NodeId neighbour : nodes_[i].overlay->active_view()) {
        const Node& other = nodes_[indices_.at(neighbour.name)];
        if (other.overlay == nullptr || std::ranges::count(other.overlay->active_view(), self(i).id()) == 0)
          return false;
      }
    }
    return true;
  }

  void expect_sane(std::size_t index, std::size_t alive) {
    const Node& node = nodes_[index];
    const std::vector<NodeId> active = node.overlay->active_view();
    EXPECT_LE(active.size(), options_.active_view_max);
    EXPECT_GE(active.size(), std::min<std::size_t>(2, alive - 1)) << node.name;
    for (const NodeId neighbour : active) {
      const std::size_t other = indices_.at(neighbour.name);
      ASSERT_NE(nodes_[other].overlay, nullptr) << node.name << " has a dead neighbour";
      EXPECT_EQ(nodes_[other].incarnation, neighbour.incarnation) << node.name << " has a neighbour of the past";
      EXPECT_EQ(std::ranges::count(nodes_[other].overlay->active_view(), self(index).id()), 1)
          << node.name << " has a half link with " << nodes_[other].name;
    }
    EXPECT_LE(node.overlay->passive_view().size(), options_.passive_view_max);
    for (const NodeId passive : node.overlay->passive_view()) {
      const std::size_t other = indices_.at(passive.name);
      EXPECT_NE(other, index);
      EXPECT_TRUE(nodes_[other].overlay != nullptr && nodes_[other].incarnation == passive.incarnation)
          << node.name << " remembers one of the dead";
      EXPECT_EQ(std::ranges::count(active, passive), 0) << "in both views";
    }
    EXPECT_EQ(node.overlay->malformed_messages(), 0U);
    EXPECT_LE(node.overlay->remembered(), 2 * options_.active_view_max + 2 * options_.passive_view_max + 16);
  }
};

}  // namespace troupe::overlay
