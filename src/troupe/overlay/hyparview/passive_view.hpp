#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "troupe/base/ids.hpp"
#include "troupe/base/random.hpp"
#include "troupe/overlay/overlay.hpp"

namespace troupe::overlay::hyparview {

/// Removes one element at random, and returns it; `elements` must not be empty. The order of the rest is lost.
template <class T>
T take_random(std::vector<T>& elements, Random& random) {
  std::swap(elements[random.below(elements.size())], elements.back());
  T taken = std::move(elements.back());
  elements.pop_back();
  return taken;
}

/// Up to `count` of the elements, at random.
template <class T>
std::vector<T> random_sample(std::vector<T> elements, std::size_t count, Random& random) {
  std::vector<T> sample;
  while (sample.size() < count && !elements.empty()) sample.push_back(take_random(elements, random));
  return sample;
}

/// HyParView's passive view: a bounded random sample of the members that are not neighbours (section 4.4 of the paper).
/// It never holds a node twice, nor one that the membership does not know as alive: so the dead cannot go round for
/// ever, and a new life of a node takes the place of the one before.
class PassiveView {
 public:
  explicit PassiveView(std::size_t size_max) : size_max_(size_max) {}

  /// Adds a node, in the life in which `view` knows it. If there is no room, one of `expendable` goes (those that a
  /// shuffle has just given away), or else any. A node that `view` does not know, or knows in an older life, is
  /// ignored.
  void insert(NodeId node, const View& view, const std::vector<NodeId>& expendable, Random& random);

  /// Whether it was there, in whatever life.
  bool erase(std::uint64_t name);

  /// Drops who is not a member any more.
  void follow(const View& view);

  bool contains(std::uint64_t name) const;
  const std::vector<NodeId>& nodes() const { return nodes_; }

 private:
  std::size_t size_max_;
  std::vector<NodeId> nodes_;
};

}  // namespace troupe::overlay::hyparview
