#pragma once

#include <cstdint>
#include <functional>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "troupe/overlay/fabric/member_table.hpp"

namespace troupe::overlay {

/// Keeps the shortest way to each member in the member's entry. The graph is that of link-state routing (OSPF, RFC
/// 2328, section 16.1, with all links alike): two nodes are linked if the record of each names the other, and this node
/// is linked with its neighbours, whatever their records say by now. Between equally short ways the choice is
/// arbitrary.
///
/// A change of some links is repaired where it matters, and costs as much as there are nodes whose way changes: those
/// behind a link that is gone lose their way and take the best that is left around them; a new link is followed as far
/// as it shortens ways (Ramalingam and Reps, Journal of Algorithms 21, 1996).
class Routes {
 public:
  explicit Routes(MemberTable& table) : table_(table) {}

  /// The link between this node and that one was made, made anew or lost.
  void neighbour_changed(std::uint64_t name) { suspects_.push_back({name, true}); }

  /// The node of this name is another one now, in a new life.
  void life_changed(std::uint64_t name) { suspects_.push_back({name, true}); }

  /// This node's record is another one now; the links that it named before.
  void record_changed(std::uint64_t name, const std::vector<Edge>& before, const std::vector<Edge>& after);

  bool is_current() const { return suspects_.empty(); }

  /// Whether this neighbour can be reached without the link with it. Looks at as much of the graph as it needs.
  bool has_way_without(std::uint64_t self, std::uint64_t neighbour) const;

  /// Repairs the ways. The entries whose way is another one now, nearer ones first, those without a way last.
  std::vector<MemberTable::Entry*> update(std::uint64_t self,
                                          const std::function<bool(std::uint64_t name)>& is_neighbour);

 private:
  using Entry = MemberTable::Entry;

  struct Suspect {
    std::uint64_t name = 0;
    bool is_another = false;  ///< The way counts as another one, even if it is as before.
    friend auto operator<=>(const Suspect&, const Suspect&) = default;
  };

  struct Offer {
    std::uint16_t hops = 0;
    std::uint64_t to = 0;
    std::uint64_t via = 0;  ///< The node before it on the way; `to` itself: a neighbour.
    /// The nearest is on top of the heap; and the order is the same for the same offers.
    friend bool operator<(const Offer& a, const Offer& b) {
      return std::tie(b.hops, b.to, b.via) < std::tie(a.hops, a.to, a.via);
    }
  };

  /// Calls `visit(entry, name, made)` for each member that this one is linked with.
  template <class Visit>
  void for_each_link(std::uint64_t name, const Entry& entry, Visit visit);
  bool still_holds(std::uint64_t name, const Entry& entry) const;
  void lose_way(const Suspect& suspect);
  void look_around(std::uint64_t name);
  void accept(const Offer& offer);

  MemberTable& table_;
  std::function<bool(std::uint64_t)> is_neighbour_;
  std::uint64_t self_ = 0;
  std::vector<Suspect> suspects_;
  std::vector<Offer> offers_;                               ///< A heap.
  std::vector<std::uint64_t> lost_;                         ///< Who has lost its way in this update.
  std::unordered_map<std::uint64_t, std::uint64_t> paths_;  ///< Way::path before this update, where it was touched.
};

}  // namespace troupe::overlay
