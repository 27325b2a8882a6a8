#include "troupe/actor/delivery/placements.hpp"

#include <algorithm>
#include <utility>

#include "troupe/actor/delivery/deliveries.hpp"
#include "troupe/actor/shard.hpp"

namespace troupe {

namespace {

Result<void> gone() { return fail(ErrorCode::kNoSuchActor, "no such actor is there"); }

}  // namespace

void Placements::place(std::uint64_t flow, EnvelopePtr envelope, TimePoint deadline, Done done) {
  if (!flows_.contains(flow)) {  // Most have nothing before them and a recipient with room.
    const ActorId at = shard_.find_actor(envelope->recipient);
    if (at.is_nobody()) return done(gone());
    if (at.shard() == shard_.index()) {
      const Placement placement = shard_.put(envelope, at);
      if (placement != Placement::kFull) return done(placement == Placement::kPlaced ? Result<void>() : gone());
    }
  }
  Flow& state = flows_[flow];
  state.to = envelope->recipient;
  state.items.push_back({std::move(envelope), deadline, std::move(done)});
  ++waiting_;
  work(flow);
}

/// Goes on until the flow is empty, its mailbox full or its messages away. What `finish_first` calls may come back
/// here.
void Placements::work(std::uint64_t number) {
  for (auto found = flows_.find(number); found != flows_.end(); found = flows_.find(number)) {
    Flow& flow = found->second;
    if (flow.away > 0 || flow.resting) return;
    const ActorId at = shard_.find_actor(flow.to);
    if (at.is_nobody()) {
      finish_first(number, gone());
    } else if (at.shard() == shard_.index()) {
      place_here(number, at);
    } else {
      send_away(number, at.shard(), at);
    }
  }
}

void Placements::place_here(std::uint64_t number, ActorId at) {
  switch (shard_.put(flows_.at(number).items.front().envelope, at)) {
    case Placement::kPlaced: return finish_first(number, {});
    case Placement::kGone: return finish_first(number, gone());
    case Placement::kFull: return rest(number);
  }
}

void Placements::send_away(std::uint64_t number, std::uint32_t shard, ActorId at) {
  Flow& flow = flows_.at(number);
  std::vector<Tried> batch;
  batch.reserve(flow.items.size());
  for (Item& item : flow.items) batch.push_back({Placement::kFull, std::move(item.envelope)});
  flow.away = batch.size();
  shard_.post(shard, [number, at, home = shard_.index(), batch = std::move(batch)](Shard& there) mutable {
    Placement placement = Placement::kPlaced;
    for (Tried& each : batch) {  // In order: one that finds no room holds up the rest.
      if (placement == Placement::kPlaced) placement = there.put(each.envelope, at);
      each.placement = placement;
    }
    there.post(home, [number, batch = std::move(batch)](Shard& shard) mutable {
      shard.deliveries().placements().come_back(number, std::move(batch));
    });
  });
}

void Placements::come_back(std::uint64_t number, std::vector<Tried> tried) {
  Flow& flow = flows_.at(number);
  flow.away = 0;
  std::size_t settled = 0;
  for (; settled < tried.size() && tried[settled].placement != Placement::kFull; ++settled) {
  }
  for (std::size_t i = settled; i < tried.size(); ++i) flow.items[i].envelope = std::move(tried[i].envelope);
  flow.resting = true;  // While these are finished, which may bring more, nothing moves.
  for (std::size_t i = 0; i < settled; ++i) {
    finish_first(number, tried[i].placement == Placement::kPlaced ? Result<void>() : gone());
  }
  if (settled < tried.size()) return rest(number);
  if (const auto found = flows_.find(number); found != flows_.end()) found->second.resting = false;
  work(number);
}

void Placements::rest(std::uint64_t number) {
  drop_overdue(number);
  const auto found = flows_.find(number);
  if (found == flows_.end()) return;
  Flow& flow = found->second;
  flow.resting = true;
  TimePoint until = later(shard_.now(), flow.pause);
  for (const Item& item : flow.items) until = std::min(until, item.deadline);
  flow.pause = std::min(2 * flow.pause, kPauseMax);
  shard_.after(until - shard_.now(), [this, number] {
    const auto rested = flows_.find(number);
    if (rested == flows_.end()) return;
    rested->second.resting = false;
    work(number);
  });
}

/// The mailbox is full, and stays so for those whose time is over.
void Placements::drop_overdue(std::uint64_t number) {
  Flow& flow = flows_.at(number);
  std::vector<Done> overdue;
  std::erase_if(flow.items, [&](Item& item) {
    if (item.deadline > shard_.now()) return false;
    overdue.push_back(std::move(item.done));
    return true;
  });
  waiting_ -= overdue.size();
  if (flow.items.empty()) flows_.erase(number);
  for (Done& done : overdue) done(fail(ErrorCode::kQueueFull, "the recipient's mailbox stayed full"));
}

void Placements::finish_first(std::uint64_t number, Result<void> outcome) {
  const auto found = flows_.find(number);
  Flow& flow = found->second;
  Done done = std::move(flow.items.front().done);
  flow.items.pop_front();
  flow.pause = kPauseMin;
  --waiting_;
  if (flow.items.empty()) flows_.erase(found);
  done(std::move(outcome));
}

}  // namespace troupe
