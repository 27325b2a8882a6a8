#pragma once

#include <cstddef>
#include <set>
#include <string_view>

#include "troupe/overlay/wanted_links.hpp"

namespace troupe::overlay {

/// All nodes in one circle, each linked with its successor and its predecessor: the fewest links, and the longest ways.
/// The order is by zone, then by the hash of the name, so that only a link or two lead from one zone to the next.
///
/// It heals as Chord does (Stoica et al., SIGCOMM 2001, section 4.4, the list of successors): beside the nearest node
/// that is well, a node also wants those between that are suspected, because two breaks at a time make each half of
/// the circle suspect the other.
class Ring final : public WantedLinks {
 public:
  /// `tries`: how many suspected nodes on either side are tried at a time.
  Ring(std::size_t tries, WantedLinksOptions options, Random random) : WantedLinks(options, random), tries_(tries) {}

  std::string_view name() const override { return "ring"; }
  Spreading spreading() const override { return Spreading::kAlongAllLinks; }

 protected:
  std::set<std::uint64_t> wanted(const View& view) const override;

 private:
  const std::size_t tries_;
};

}  // namespace troupe::overlay
