#include "troupe/actor/actor.hpp"
#include "troupe/actor/shard.hpp"
#include "troupe/actor/shard_guarded.hpp"

namespace troupe {

namespace {

std::uint64_t raw_timer(TimerId id) { return (std::uint64_t{id.slot} << 32U) | id.generation; }

}  // namespace

std::string_view to_string(EndReason reason) {
  switch (reason) {
    case EndReason::kStopped: return "stopped";
    case EndReason::kFailed: return "failed";
    case EndReason::kNoSuchActor: return "no such actor";
    case EndReason::kNodeDown: return "node down";
    case EndReason::kLinked: return "a linked actor failed";
  }
  return "unknown";
}

void Shard::fail(ActorCell& cell, const std::string& what) {
  if (cell.executing) {  // A child escalates while its parent's handler is on the stack: the parent fails when it returns.
    cell.need_extras().pending_failure = what;
    return;
  }
  failures_.add();
  Supervisor* supervisor = cell.extras ? cell.extras->supervisor.get() : nullptr;
  OnFailure decision = supervisor != nullptr ? supervisor->rule.on_failure : OnFailure::kStop;
  if (decision == OnFailure::kRestart) {
    while (!supervisor->restarts.empty() && supervisor->restarts.front() + supervisor->rule.restarts_within < now_) {
      supervisor->restarts.pop_front();
    }
    if (supervisor->restarts.size() >= supervisor->rule.restarts_max) decision = supervisor->rule.when_exhausted;
  }
  log_.error("{} failed: {} ({})", cell.type->name, what,
             decision == OnFailure::kRestart ? "it restarts" : decision == OnFailure::kStop ? "it stops" : "its parent fails too");
  if (decision == OnFailure::kRestart) return restart(cell);
  ActorCell* parent = cell.parent;
  const std::string escalated = fmt::format("its child {} failed: {}", cell.type->name, what);
  end(cell, EndReason::kFailed, what);
  if (decision == OnFailure::kEscalate && parent != nullptr) fail(*parent, escalated);
}

void Shard::restart(ActorCell& cell) {
  Supervisor& supervisor = *cell.extras->supervisor;
  restarts_.add();
  end_children(cell);
  cancel_actor_timers(cell);
  forget_watches(cell);
  ++cell.instance;
  cell.state = ActorState::kRestarting;
  cell.actor.reset();
  constexpr double kFactorMax = 1e6;
  double factor = 1;
  for (std::size_t i = 0; i < supervisor.restarts.size() && factor < kFactorMax; ++i) factor *= 2;
  const double pause = std::min(static_cast<double>(supervisor.rule.backoff_initial.count()) * factor,
                                static_cast<double>(supervisor.rule.backoff_max.count()));
  const double jittered = pause * (1 + supervisor.rule.backoff_jitter * random_.fraction());
  supervisor.restarts.push_back(now_);
  timers_.add(now_ + Duration(static_cast<Duration::rep>(jittered)), [this, id = cell.id] {
    ActorCell* again = find_cell(id);
    if (again == nullptr) return;
    again->state = ActorState::kLive;
    again->started = false;
    guarded(*again, [&] { again->actor = again->extras->supervisor->factory(); });
    again = find_cell(id);
    if (again == nullptr || !again->actor) return;
    again->actor->context_ = Context(*this, *again);
    make_ready(*again);
  });
}

void Shard::end(ActorCell& cell, EndReason reason, const std::string& detail) {
  if (cell.state == ActorState::kEnded) return;
  cell.state = ActorState::kEnded;
  end_children(cell);
  if (reason != EndReason::kFailed && cell.actor && cell.started) {
    const auto failure = run_guarded([&] { cell.actor->on_stop(); });
    if (failure) log_.error("{} failed while it stopped: {}", cell.type->name, *failure);
  }
  cancel_actor_timers(cell);
  forget_watches(cell);
  if (cell.extras) {
    if (!cell.extras->name.empty()) names_.release(ActorId::named(cell.extras->name), cell.id);
    for (const Watcher& watcher : cell.extras->watchers) tell_watcher(watcher, reason, detail);
  }
  cell.actor.reset();
  while (EnvelopePtr envelope = cell.mailbox.pop()) {
    dead_letter(std::move(envelope), ErrorCode::kNoSuchActor, "the actor has ended");
  }
  free_slot(cell);
}

void Shard::end_children(ActorCell& cell) {
  while (cell.first_child != nullptr) end(*cell.first_child, EndReason::kStopped, "its parent ended");
}

void Shard::free_slot(ActorCell& cell) {
  if (cell.next_sibling != nullptr) cell.next_sibling->previous_sibling = cell.previous_sibling;
  if (cell.previous_sibling != nullptr) {
    cell.previous_sibling->next_sibling = cell.next_sibling;
  } else if (cell.parent != nullptr) {
    cell.parent->first_child = cell.next_sibling;
  }
  Slot& slot = slots_[cell.id.slot()];
  slot.cell = nullptr;
  slot.generation = slot.generation == ActorId::kGenerationMax ? 1 : slot.generation + 1;
  free_slots_.push_back(cell.id.slot());
  --actor_count_;
  actors_.add(-1);
  if (!cell.ready) delete &cell;  // Else `run` does, when it meets it in the run queue.
}

void Shard::stop_all() {
  for (std::size_t i = 1; i < slots_.size(); ++i) {
    ActorCell* cell = slots_[i].cell;
    if (cell == nullptr) continue;
    while (cell->parent != nullptr) cell = cell->parent;
    end(*cell, EndReason::kStopped, "the node stops");
  }
  while (ready_head_ != nullptr) {  // Only ended cells are left.
    ActorCell* cell = ready_head_;
    ready_head_ = cell->next_ready;
    delete cell;
  }
  ready_tail_ = nullptr;
}

TimerId Shard::add_actor_timer(ActorCell& cell, Duration delay, Duration interval, std::move_only_function<void()> callback) {
  const bool repeats = interval.count() != 0;
  // The timer learns its own id only after `add`, and needs it to leave the actor's list.
  auto own_id = std::make_shared<TimerId>();
  auto action = [this, id = cell.id, repeats, own_id, callback = std::move(callback)]() mutable {
    ActorCell* owner = find_cell(id);
    if (owner == nullptr) return;
    if (!repeats) owner->extras->timers.erase(raw_timer(*own_id));
    guarded(*owner, [&] { callback(); });
  };
  *own_id = timers_.add(now_ + delay, std::move(action), interval);
  cell.need_extras().timers.insert(raw_timer(*own_id));
  return *own_id;
}

bool Shard::cancel_actor_timer(ActorCell& cell, TimerId timer) {
  if (!cell.extras || cell.extras->timers.erase(raw_timer(timer)) == 0) return false;
  return timers_.cancel(timer);
}

void Shard::cancel_actor_timers(ActorCell& cell) {
  if (!cell.extras) return;
  for (const std::uint64_t raw : cell.extras->timers) {
    timers_.cancel({static_cast<std::uint32_t>(raw >> 32U), static_cast<std::uint32_t>(raw)});
  }
  cell.extras->timers.clear();
}

}  // namespace troupe
