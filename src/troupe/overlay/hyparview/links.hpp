#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "troupe/base/random.hpp"
#include "troupe/base/time.hpp"
#include "troupe/overlay/member.hpp"

namespace troupe::overlay::hyparview {

struct Link {
  Member member;
  TimePoint idle_since;  ///< Of the last message, or of the end of its last purpose.
  bool active = false;   ///< The node is in the active view.
  bool used = false;     ///< One of the two overlays has said something.
  bool closing = false;  ///< We have asked for its end.

  NodeId id() const { return member.id(); }
};

/// The links of a node, of which those that are `active` are its active view.
class Links {
 public:
  using ByName = std::map<std::uint64_t, Link>;

  /// A new link; in the place of one to the same node that we had not known to be gone.
  Link& add(const Member& peer, TimePoint now);

  /// Whether there was such a link, and it was active.
  bool remove(NodeId node);

  /// The link with this life of the node, or null.
  Link* find(NodeId node);

  /// The link with this node in whatever life, or null.
  const Link* find_name(std::uint64_t name) const;

  bool is_active(std::uint64_t name) const;
  std::size_t active_count() const;
  std::vector<NodeId> active() const;

  /// One of the active links, but not those with `excluded`; null if there is none.
  Link* random_active(Random& random, const std::vector<std::uint64_t>& excluded = {});

  ByName::iterator begin() { return links_.begin(); }
  ByName::iterator end() { return links_.end(); }
  ByName::const_iterator begin() const { return links_.begin(); }
  ByName::const_iterator end() const { return links_.end(); }
  std::size_t size() const { return links_.size(); }

 private:
  ByName links_;  ///< By NodeId::name.
};

}  // namespace troupe::overlay::hyparview
