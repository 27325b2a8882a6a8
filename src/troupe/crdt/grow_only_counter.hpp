#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "troupe/base/ids.hpp"
#include "troupe/wire/codec.hpp"

namespace troupe::crdt {

/// A counter that many nodes increase at once: the G-Counter of Shapiro et al. (Conflict-free Replicated Data Types,
/// SSS 2011). Each writer has a component that it alone increases; merging takes the greater one of each. So replicas
/// that have heard of the same increments are equal, and `value()` is a lower bound of what all have counted.
///
/// A writer is one life of a node: one that was started again and has forgotten its count would repeat numbers that
/// others know already. Costs 24 bytes for each writer that ever was. Not thread-safe.
class GrowOnlyCounter {
 public:
  struct Component {
    NodeId writer;
    std::uint64_t count = 0;  ///< At least 1.
    friend bool operator==(const Component&, const Component&) = default;
  };

  /// Called by that writer only. Stops at the greatest number there is. By 0, nothing happens.
  void increment(NodeId writer, std::uint64_t by = 1);

  /// True if there was something new in the other one.
  bool merge(const GrowOnlyCounter& other);

  /// The sum of all components, or the greatest number there is.
  std::uint64_t value() const;

  std::uint64_t count_of(NodeId writer) const;

  /// By writer, ascending.
  const std::vector<Component>& components() const { return components_; }

  friend bool operator==(const GrowOnlyCounter&, const GrowOnlyCounter&) = default;

 private:
  friend struct wire::Codec<GrowOnlyCounter>;

  void merge_others(const GrowOnlyCounter& other);

  std::vector<Component> components_;
};

}  // namespace troupe::crdt

namespace troupe::wire {

/// As many as there are components, then of each the name, the incarnation and the count. Components that are not
/// ascending, or zero, are malformed.
template <>
struct Codec<crdt::GrowOnlyCounter> {
  static void write(Writer& writer, const crdt::GrowOnlyCounter& counter);
  static void read(Reader& reader, crdt::GrowOnlyCounter& counter);
};

}  // namespace troupe::wire
