#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "troupe/actor/actor.hpp"
#include "troupe/base/ids.hpp"
#include "troupe/document/document_options.hpp"

namespace troupe::document {

/// Who owns which documents, as this node sees it at one time. Immutable: the actors of a node share one object.
class Placement {
 public:
  struct Owner {
    std::string name;  ///< As the configuration has it: the cluster address, or the member's name.
    std::string zone;
    NodeId node;  ///< Zeros as long as it has not been seen.
    bool is_here = false;
    bool is_reachable = false;   ///< Requests go there.
    std::uint64_t times_up = 0;  ///< Grows when its links are made anew: what was under way may be lost.
  };

  Placement(std::vector<Owner> owners, std::uint32_t partitions, bool moves, std::string trouble);

  /// Null if there is nobody to own it.
  const Owner* owner_of(std::string_view topic) const;
  bool is_owned_here(std::string_view topic) const;

  std::uint32_t partition_of(std::string_view topic) const;
  std::uint32_t partitions() const { return static_cast<std::uint32_t>(owner_by_partition_.size()); }
  const Owner* owner_of_partition(std::uint32_t partition) const;
  const std::vector<Owner>& owners() const { return owners_; }

  /// Whether others take over from an owner that is down. If not, its documents wait for it.
  bool moves() const { return moves_; }

  /// Why no document is served: nodes were configured differently. Empty if all is well.
  const std::string& trouble() const { return trouble_; }

 private:
  std::vector<Owner> owners_;
  std::vector<std::uint32_t> owner_by_partition_;
  bool moves_;
  std::string trouble_;
};

/// What nodes that share documents have to be configured with alike, as a number that is not 0. A node shows it to the
/// others in its `overlay::Member`.
std::uint64_t placement_digest(const DocumentOptions& options);

/// Another placement holds from now on. Told first of the one there is.
struct PlacementChanged {
  static constexpr auto wire_name = "troupe.placement.changed";
  static constexpr bool local_only = true;
  std::shared_ptr<const Placement> placement;
};

/// The same, answered when nothing is here any more that this placement gives to others.
struct Settle {
  static constexpr auto wire_name = "troupe.placement.settle";
  static constexpr bool local_only = true;
  using Reply = Done;
  std::shared_ptr<const Placement> placement;
};

/// The protocol of those who have what is placed.
struct PlacementListener {
  using Messages = troupe::Messages<PlacementChanged, Settle>;
};

/// From now on the listener, of the same node, is told of each placement.
struct WatchPlacement {
  static constexpr auto wire_name = "troupe.placement.watch";
  static constexpr bool local_only = true;
  Ref<PlacementListener> listener;
};

struct GetPlacement {
  static constexpr auto wire_name = "troupe.placement.get";
  static constexpr bool local_only = true;
  struct Reply {
    static constexpr bool local_only = true;
    std::shared_ptr<const Placement> placement;
  };
};

/// The node is about to stop: others take over what it owns, if documents can move. Answered when they have, or have
/// had their time.
struct StepDown {
  static constexpr auto wire_name = "troupe.placement.step_down";
  static constexpr bool local_only = true;
  using Reply = Done;
};

/// To the other nodes: the sender owns nothing from now on, in this life.
struct Retire {
  static constexpr auto wire_name = "troupe.placement.retire";
  using Reply = Done;
};

/// The protocol of a node's placement.
struct PlacementService {
  using Messages = troupe::Messages<WatchPlacement, GetPlacement, StepDown, Retire>;
};

/// The name of the placement's actor on each node that has documents.
inline constexpr auto kPlacementName = "troupe.placement";

}  // namespace troupe::document
