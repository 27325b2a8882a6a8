#include "troupe/cluster/lane.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace troupe::cluster {

Lane::Lane(LaneSet& set, std::uint64_t lane_number, std::unique_ptr<Connection> connection, link::Link protocol)
    : link(std::move(protocol)), number(lane_number), set_(set), connection_(std::move(connection)) {}

void Lane::on_bytes(Bytes bytes) {
  if (retired_) return;
  meter.traffic.bytes_received += bytes.size();
  link.on_bytes(set_.shard_.now(), std::move(bytes), actions);
  set_.carry_out(*this);
}

void Lane::on_placed(std::size_t size) {
  if (retired_) return;
  meter.traffic.bytes_received += size;
  link.on_placed(set_.shard_.now(), size, actions);
  set_.carry_out(*this);
}

void Lane::on_end(std::string_view cause) {
  if (retired_) return;
  link.on_end(cause, actions);
  set_.carry_out(*this);
}

Lane& LaneSet::add(std::unique_ptr<Connection> connection, link::Link protocol) {
  const std::uint64_t number = ++last_number_;
  auto lane = std::make_unique<Lane>(*this, number, std::move(connection), std::move(protocol));
  return *lanes_.emplace(number, std::move(lane)).first->second;
}

void LaneSet::start(Lane& lane) {
  lane.connection_->start(lane);
  if (lane.link.role() == link::Role::kDialer) lane.link.start(lane.actions);
  carry_out(lane);
}

Lane& LaneSet::adopt(PartedLane parted, Network& network) {
  Lane& lane = add(network.adopt(std::move(parted.connection)), std::move(parted.link));
  lane.actions = std::move(parted.actions);
  lane.channel = std::move(parted.channel);
  lane.index = parted.index;
  lane.life = parted.life;
  lane.owner = parted.owner;
  lane.connection_->start(lane);
  return lane;
}

PartedLane LaneSet::part(Lane& lane) {
  PartedLane parted{.connection = lane.connection_->part(),
                    .link = std::move(lane.link),
                    .actions = std::move(lane.actions),
                    .channel = std::move(lane.channel),
                    .index = lane.index,
                    .life = lane.life,
                    .owner = lane.owner};
  retire_now(lane);
  return parted;
}

void LaneSet::carry_out(Lane& lane) {
  if (std::exchange(lane.actions.established, false)) owner_.on_lane_established(lane);
  if (lane.retired_) return;
  if (std::exchange(lane.actions.heard, false)) owner_.on_lane_heard(lane);
  if (!lane.actions.received.empty()) {
    std::vector<Bytes> received = std::exchange(lane.actions.received, std::move(spare_));
    for (Bytes& payload : received) {
      ++lane.meter.traffic.messages_received;
      owner_.on_lane_message(lane, std::move(payload));
      if (lane.retired_) return;
    }
    received.clear();
    spare_ = std::move(received);
  }
  if (lane.actions.closed) {
    const link::Closed closed = std::move(*lane.actions.closed);
    retire(lane);
    return owner_.on_lane_closed(lane, closed);
  }
  if (lane.more_messages > 0) owner_.on_lane_progress(lane);
  lane.link.give_credit(lane.held_bytes, lane.actions);
  mark_dirty(lane);
  arm(lane);
}

void LaneSet::mark_dirty(Lane& lane) {
  if (!std::exchange(lane.dirty_, true)) dirty_.push_back(lane.number);
}

void LaneSet::arm(Lane& lane) {
  // Traffic only moves a link's next tick to later: a timer that is set is left to fire early.
  const TimePoint due = lane.link.next_tick();
  if (lane.timer_due_ <= due) return;
  shard_.cancel(lane.timer_);
  lane.timer_due_ = due;
  lane.timer_ = shard_.after(due - shard_.now(), [this, number = lane.number] {
    const auto found = lanes_.find(number);
    if (found == lanes_.end()) return;
    Lane& ticked = *found->second;
    ticked.timer_due_ = TimePoint::max();
    ticked.link.on_tick(shard_.now(), ticked.actions);
    carry_out(ticked);
  });
}

void LaneSet::flush() {
  std::vector<Lane*> dirty;
  for (const std::uint64_t number : std::exchange(dirty_, {})) {
    if (const auto found = lanes_.find(number); found != lanes_.end()) dirty.push_back(found->second.get());
  }
  std::ranges::sort(dirty, std::greater(), &Lane::priority);
  for (Lane* each : dirty) {
    Lane& lane = *each;
    lane.dirty_ = false;
    lane.meter.on_round(shard_.now(), lane.waiting_messages());
    std::vector<Bytes>& writes = lane.actions.writes();
    for (const Bytes& piece : writes) lane.meter.traffic.bytes_sent += piece.size();
    if (!writes.empty()) lane.connection_->write(writes);
    writes.clear();
  }
  for (Lane* lane : dirty) {
    if (!lane->retired_ && is_overfull(*lane)) cut(*lane);
  }
  retired_.clear();
}

/// What has reserved room (answers, signals, the overlay's messages, credit, heartbeats) is never refused, so it is
/// bounded here.
bool LaneSet::is_overfull(const Lane& lane) {
  return lane.link.waiting_bytes() > lane.cut_bytes ||
         (lane.cut_bytes != SIZE_MAX && lane.connection_->unsent_bytes() > lane.link.window_bytes() + lane.cut_bytes);
}

void LaneSet::cut(Lane& lane) {
  const link::Closed closed{
      {ErrorCode::kQueueFull, "the peer does not read: its lane's queue is over twice its bound"}};
  retire(lane);  // No goodbye: that would be for the link as a whole, and the peer does not read.
  owner_.on_lane_closed(lane, closed);
}

void LaneSet::retire(Lane& lane) {
  if (lane.retired_) return;
  std::vector<Bytes>& writes = lane.actions.writes();
  if (!writes.empty()) lane.connection_->write(writes);
  writes.clear();
  lane.connection_->finish();
  retire_now(lane);
}

void LaneSet::retire_now(Lane& lane) {
  lane.retired_ = true;
  shard_.cancel(lane.timer_);
  const auto found = lanes_.find(lane.number);
  retired_.push_back(std::move(found->second));
  lanes_.erase(found);
}

}  // namespace troupe::cluster
