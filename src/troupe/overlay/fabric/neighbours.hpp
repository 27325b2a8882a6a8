#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "troupe/base/error.hpp"
#include "troupe/base/time.hpp"
#include "troupe/overlay/action.hpp"

namespace troupe::overlay {

/// The links of a node, and the nodes that they lead to.
///
/// Of two links between the same nodes one is kept, and both ends have to keep the same one, although they may learn of
/// the links in different order and at different times. So both choose by the same rule, but only the node whose name
/// comes first in the alphabet closes what lost; the other one keeps it in reserve until then, and follows when its own
/// choice is closed.
class Neighbours {
 public:
  /// Two links within `duplicate_window` are two dials that crossed; later, the older one is dead.
  Neighbours(std::string self, Duration duplicate_window)
      : self_(std::move(self)), duplicate_window_(duplicate_window) {}

  struct Neighbour {
    struct Link {
      LinkId id = 0;
      bool dialed_by_us = false;
      TimePoint since;
    };
    Member member;
    std::vector<Link> links;  ///< At least one; the first is in use.
  };

  /// A link to a node that may be linked with; in no older life of it than the one that is known.
  void add(TimePoint now, LinkId link, const Member& peer, bool dialed_by_us, Actions& actions);

  /// A known link was lost. True if it was the last one to its neighbour, which is then none any more.
  bool remove(LinkId link, Actions& actions);

  /// Closes all links to the node, which is then no neighbour any more; `gone` is one of them that is closed already.
  void close(std::uint64_t name, const std::string& reason, Actions& actions, LinkId gone = 0);

  /// Null if there is no link with a node of this name.
  const Neighbour* find(std::uint64_t name) const;
  /// The node that the link leads to; null if the link is not known.
  const Neighbour* owner(LinkId link) const;

  /// By NodeId::name.
  const std::map<std::uint64_t, Neighbour>& all() const { return all_; }

 private:
  bool beats(TimePoint now, const Neighbour& neighbour, const Neighbour::Link& link) const;
  bool dials_first(const Member& peer) const { return self_ < peer.name; }

  const std::string self_;
  const Duration duplicate_window_;
  std::map<std::uint64_t, Neighbour> all_;
  std::unordered_map<LinkId, std::uint64_t> owners_;
};

}  // namespace troupe::overlay
