#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "troupe/cluster/lanes.hpp"

namespace troupe::cluster {

/// One connection and its protocol. Private to Lanes.
struct Lanes::Lane final : Connection::Events {
  Lane(Lanes& owner, std::uint64_t lane_number, std::unique_ptr<Connection> made, link::Link protocol)
      : lanes(owner), number(lane_number), connection(std::move(made)), link(std::move(protocol)) {}

  void on_bytes(Bytes bytes) override;
  void on_end(std::string_view cause) override;

  Lanes& lanes;
  std::uint64_t number;
  std::unique_ptr<Connection> connection;
  link::Link link;
  link::Actions actions;
  std::string channel;        ///< Known for a dialed lane, and for an accepted one once it is established.
  std::uint16_t index = 0;    ///< Among the channel's lanes.
  overlay::LinkId owner = 0;  ///< 0: accepted and not yet part of a link.
  bool dirty = false;         ///< Waits for `flush`.
  bool retired = false;
  std::size_t unflushed_bytes = 0;  ///< Of messages that `flush` has not handed to the connection yet.
  std::deque<Bytes> held;           ///< Messages that wait for the link to be chosen.
  std::size_t held_bytes = 0;       ///< With what each costs beside its content, since a message may have none.
  TimerId timer;
  TimePoint timer_due = TimePoint::max();
};

/// The lanes to one peer in one of its lives.
struct Lanes::LinkState {
  overlay::LinkId id = 0;
  std::uint64_t token = 0;  ///< The random number that its lanes share.
  bool dialed = false;
  std::string address;   ///< Dialed: where.
  overlay::Member peer;  ///< Once the control lane is up.
  NodeId node;
  Lane* control = nullptr;
  std::vector<Lane*> data;  ///< By lane index; null where not up yet. Sized once their number is known.
  bool up = false;          ///< Reported to the listener.
  bool chosen = false;      ///< What comes over it is delivered.
  bool superseded = false;  ///< Another link was chosen after it: what comes late over this one would be out of order,
                            ///< and is dropped.
  TimerId deadline;         ///< For all lanes to be up.
};

}  // namespace troupe::cluster
