#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "troupe/overlay/fabric.hpp"

namespace troupe::sim {

/// Who is a member of a simulated cluster, the same for all of its nodes: what fabrics tell each other by broadcasts
/// and comparisons, and what costs a record for each pair of nodes.
class Directory {
 public:
  void add(const overlay::Member& member);
  /// Unless it has a newer incarnation by now.
  void remove(NodeId node);

  /// By NodeId::name.
  const std::map<std::uint64_t, overlay::Member>& members() const { return members_; }
  const overlay::Member* find(std::uint64_t name) const;

  /// Grows with each change.
  std::uint64_t version() const { return version_; }

 private:
  std::map<std::uint64_t, overlay::Member> members_;
  std::uint64_t version_ = 0;
};

/// A fabric without membership, failure detection and routes, for clusters of which not every node can hold a table of
/// all others in one process: the overlay and Plumtree over real links, and a directory instead of the table. Nobody
/// is suspected, and no ways are known but to neighbours. What a fabric does for members that no way leads to is
/// missing too, so here an overlay has to heal by itself.
class ThinFabric final : public overlay::Fabric {
 public:
  /// The directory outlives it.
  ThinFabric(overlay::FabricOptions options, overlay::Member self, std::unique_ptr<overlay::Overlay> overlay,
             const Directory& directory, Random random);

  overlay::Actions start(TimePoint now) override;
  overlay::Actions on_link_up(TimePoint now, overlay::LinkId link, const overlay::Member& peer,
                              const std::string& dialed) override;
  overlay::Actions on_link_down(TimePoint now, overlay::LinkId link, const Error& reason, bool peer_left) override;
  overlay::Actions on_dial_failed(TimePoint now, const std::string& address, const Error& reason) override;
  overlay::Actions on_message(TimePoint now, overlay::LinkId link, const Bytes& message) override;
  overlay::Actions on_tick(TimePoint now) override;
  std::optional<TimePoint> next_tick() const override;
  overlay::Actions broadcast(TimePoint now, Bytes payload) override;
  overlay::Actions leave(TimePoint now) override;
  void on_round_trip(NodeId neighbour, Duration round_trip) override;
  std::optional<NodeId> next_hop(NodeId node) const override;
  const overlay::Plumtree& broadcasts() const override { return plumtree_; }

 private:
  class DirectoryView;
  ThinFabric(overlay::FabricOptions options, overlay::Member self, std::unique_ptr<overlay::Overlay>&& overlay,
             overlay::Overlay& same_overlay, const Directory& directory, Random random);

  overlay::Actions finish(overlay::Actions actions);
  /// Asks the overlay, and carries out what it wishes.
  template <class Ask>
  void ask(Ask question, overlay::Actions& actions);
  void carry_out(const overlay::Connect& wish, overlay::Actions& actions);
  void carry_out(const overlay::Disconnect& wish, overlay::Actions& actions);
  void carry_out(const overlay::Tell& wish, overlay::Actions& actions);
  void add_neighbour(const overlay::Member& peer, overlay::Actions& actions);
  void drop_neighbour(const overlay::Member& peer, overlay::LinkEnd why, overlay::Actions& actions);
  void connect_failed(const std::string& address, const overlay::Member* instead, overlay::Actions& actions);
  void take(const overlay::PlumtreeOutputs& outputs, overlay::Actions& actions);

  const overlay::FabricOptions options_;
  overlay::Overlay& overlay_;
  const Directory& directory_;
  Random random_;
  TimePoint now_;
  overlay::DialList dials_;
  overlay::Neighbours neighbours_;
  overlay::Plumtree plumtree_;
  std::map<std::uint64_t, overlay::Member> connecting_;  ///< Whom the overlay wants to be connected with.
  std::unordered_map<std::uint64_t, Duration> round_trips_;
  std::uint64_t version_seen_ = 0;  ///< Of the directory.
  TimePoint look_at_ = TimePoint::max();
  bool leaving_ = false;
};

}  // namespace troupe::sim
