#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "troupe/actor/shard.hpp"
#include "troupe/cluster/network.hpp"
#include "troupe/cluster/report/lane_meter.hpp"
#include "troupe/link/link.hpp"
#include "troupe/overlay/action.hpp"

namespace troupe::cluster {

class Lane;
class LaneSet;

/// What a lane tells. Called on the shard's thread, from within the lane's own events.
class LaneOwner {
 public:
  virtual ~LaneOwner() = default;
  virtual void on_lane_established(Lane&) {}
  virtual void on_lane_message(Lane& lane, Bytes payload) = 0;
  /// A heartbeat of the peer came.
  virtual void on_lane_heard(Lane&) {}
  /// The peer was heard, of a lane that has `more_messages`: it may have room now.
  virtual void on_lane_progress(Lane&) {}
  /// The lane is of no use any more, and destroyed soon.
  virtual void on_lane_closed(Lane& lane, const link::Closed& closed) = 0;
};

/// One connection and its protocol. It belongs to a LaneSet, on one shard.
class Lane final : private Connection::Events {
 public:
  Lane(LaneSet& set, std::uint64_t number, std::unique_ptr<Connection> connection, link::Link protocol);

  link::Link link;
  link::Actions actions;
  const std::uint64_t number;
  std::string channel;        ///< Known for a dialed lane, and for an accepted one once it is established.
  std::uint16_t index = 0;    ///< Among the channel's lanes.
  std::uint32_t life = 0;     ///< Of the channel's lane with this index: grows each time it is made again.
  overlay::LinkId owner = 0;  ///< 0: accepted and not yet part of a link.
  LaneMeter meter;
  std::size_t cut_bytes = SIZE_MAX;  ///< More than this waits, for credit or beyond the window in the socket: the peer
                                     ///< does not read, and the lane is cut.
  std::uint8_t priority = 0;         ///< Of its channel.
  std::size_t more_messages = 0;     ///< Its owner has so many to send when there is room: `on_lane_progress`.
  std::size_t held_bytes = 0;        ///< Of messages that came and could not be handed on yet: the peer gets no credit.

  /// For the peer's credit.
  std::size_t waiting_messages() const { return link.waiting_messages() + more_messages; }
  bool is_retired() const { return retired_; }
  std::string peer_address() const { return connection_->peer_address(); }
  /// Whether nothing contradicts the address at which the peer says it is reached. Once established.
  bool may_claim_its_address() const { return connection_->proves_address(link.peer().address); }

 private:
  friend class LaneSet;
  void on_bytes(Bytes bytes) override;
  std::span<std::byte> place() override { return retired_ ? std::span<std::byte>() : link.place(); }
  void on_placed(std::size_t size) override;
  void on_end(std::string_view cause) override;

  LaneSet& set_;
  std::unique_ptr<Connection> connection_;
  bool dirty_ = false;  ///< Waits for `LaneSet::flush`.
  bool retired_ = false;
  TimerId timer_;
  TimePoint timer_due_ = TimePoint::max();
};

/// A lane on its way from one shard to another.
struct PartedLane {
  std::unique_ptr<Connection::Parted> connection;
  link::Link link;
  link::Actions actions;  ///< What came and was not handled, what is to be written and is not.
  std::string channel;
  std::uint16_t index = 0;
  std::uint32_t life = 0;
  overlay::LinkId owner = 0;
};

/// The lanes of one kind on one shard: turns what the network and the clock give into events of their owner.
class LaneSet {
 public:
  LaneSet(Shard& shard, LaneOwner& owner) : shard_(shard), owner_(owner) {}

  /// A new connection; the owner names the lane, then calls `start`.
  Lane& add(std::unique_ptr<Connection> connection, link::Link protocol);
  void start(Lane& lane);
  /// A lane that was parted from another shard. What it brings is handled at once.
  Lane& adopt(PartedLane parted, Network& network);
  /// Lets a lane go. It is retired here.
  PartedLane part(Lane& lane);

  /// Does what the lane's protocol wants done; after each call to `lane.link` that is not from within an event.
  void carry_out(Lane& lane);
  /// Something was written to the lane's actions: `flush` has to hand it on.
  void mark_dirty(Lane& lane);
  /// Writes what is left, and ends the connection in good order. Nothing is told.
  void retire(Lane& lane);
  /// Hands what was written to the connections; once at the end of each round of the shard's loop.
  void flush();

  Shard& shard() { return shard_; }
  template <class Function>
  void for_each(Function&& function) {
    std::vector<Lane*> lanes;
    for (const auto& [number, lane] : lanes_) lanes.push_back(lane.get());
    for (Lane* lane : lanes) function(*lane);
  }

 private:
  friend class Lane;
  void arm(Lane& lane);
  static bool is_overfull(const Lane& lane);
  void cut(Lane& lane);
  void retire_now(Lane& lane);

  Shard& shard_;
  LaneOwner& owner_;
  std::map<std::uint64_t, std::unique_ptr<Lane>> lanes_;  ///< By number.
  std::vector<std::uint64_t> dirty_;
  std::vector<Bytes> spare_;  ///< Empty, with room for the messages of one read.
  std::vector<std::unique_ptr<Lane>>
      retired_;  ///< Closed while one of their events was on the stack; destroyed by `flush`.
  std::uint64_t last_number_ = 0;
};

}  // namespace troupe::cluster
