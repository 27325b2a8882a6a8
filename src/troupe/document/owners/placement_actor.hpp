#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "troupe/actor/actor.hpp"
#include "troupe/cluster/membership.hpp"
#include "troupe/document/owners/placement.hpp"

namespace troupe::document {

/// Watches the membership and says who owns what. One on each node that has documents, on the first shard.
///
/// Two nodes may see different members for a while, and so both take a document for theirs, or neither. That costs
/// time, not order: the journal lets only the newest writer append, and who asks the wrong node is told so and asks
/// again.
class PlacementActor final : public Actor<PlacementActor> {
 public:
  using Messages = troupe::Messages<WatchPlacement, GetPlacement, StepDown, Retire, cluster::MemberChanged>;

  /// `options` outlive the actor.
  PlacementActor(const DocumentOptions& options, Ref<cluster::Membership> membership);

  void on_start() override;
  void on(const WatchPlacement& request);
  GetPlacement::Reply on(const GetPlacement&) { return {placement_}; }
  void on(const StepDown&, ReplyTo<Done> reply);
  Done on(const Retire&);
  void on(const cluster::MemberChanged& change);

 private:
  struct Peer {
    overlay::Member member;
    bool is_reachable = false;
    std::uint64_t times_up = 0;
  };

  void step_down_part_over();
  void change();
  std::vector<Placement::Owner> configured_owners() const;
  std::vector<Placement::Owner> present_owners() const;
  std::string trouble() const;
  void tell_listeners();

  const DocumentOptions& options_;
  const std::uint64_t digest_;
  Ref<cluster::Membership> membership_;
  std::uint64_t times_up_ = 0;           ///< Of all together.
  std::map<std::uint64_t, Peer> peers_;  ///< Members that are not down and have documents, by NodeId::name.
  std::set<NodeId> retired_;             ///< Of these.
  bool is_owner_ = true;                 ///< Not yet at the start, and no more in the end.
  bool has_stepped_down_ = false;
  ReplyTo<Done> stepped_down_;  ///< To be answered when nothing is awaited any more.
  std::size_t awaited_ = 0;
  std::string logged_trouble_;
  std::shared_ptr<const Placement> placement_;
  /// And whether it has been told of the placement there is.
  std::map<Ref<PlacementListener>, bool> listeners_;
  bool tells_again_ = false;  ///< Some time later, those who had no room.
};

}  // namespace troupe::document
