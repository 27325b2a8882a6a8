#include "troupe/actor/actor.hpp"
#include "troupe/actor/shard.hpp"
#include "troupe/actor/shard_guarded.hpp"
#include "troupe/base/assert.hpp"

namespace troupe {

namespace {

std::uint64_t raw_timer(TimerId id) { return (std::uint64_t{id.slot} << 32U) | id.generation; }

std::string_view describe(OnFailure decision) {
  switch (decision) {
    case OnFailure::kStop: return "it stops";
    case OnFailure::kRestart: return "it restarts";
    case OnFailure::kEscalate: return "its parent fails too";
  }
  return "it stops";
}

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

void Shard::fail(ActorCell& failed, std::string what) {
  for (ActorCell* cell = &failed; cell != nullptr;) {
    if (cell->executing) {  // A child escalates while its parent's handler is on the stack: the parent fails when it
                            // returns.
      cell->need_extras().pending_failure = std::move(what);
      return;
    }
    failures_.add();
    const OnFailure decision = decide(*cell);
    log_.error("{} failed: {} ({})", cell->type->name, what, describe(decision));
    if (decision == OnFailure::kRestart) return restart(*cell);
    ActorCell* const parent = cell->parent;
    std::string escalated = fmt::format("its child {} failed: {}", cell->type->name, what);
    end(*cell, EndReason::kFailed, what);
    cell = decision == OnFailure::kEscalate ? parent : nullptr;
    what = std::move(escalated);
  }
}

OnFailure Shard::decide(ActorCell& cell) {
  Supervisor* supervisor = cell.extras ? cell.extras->supervisor.get() : nullptr;
  if (supervisor == nullptr) return OnFailure::kStop;
  if (supervisor->rule.on_failure != OnFailure::kRestart) return supervisor->rule.on_failure;
  if (cell.stop_requested) return OnFailure::kStop;  // It was to end with this turn anyway.
  auto& restarts = supervisor->restarts;
  while (!restarts.empty() && now_ - restarts.front() > supervisor->rule.restarts_within) restarts.pop_front();
  return restarts.size() >= supervisor->rule.restarts_max ? supervisor->rule.when_exhausted : OnFailure::kRestart;
}

void Shard::restart(ActorCell& cell) {
  restarts_.add();
  cell.state = ActorState::kRestarting;  // From here on the old object can begin nothing that needs a later turn.
  ++cell.instance;
  end_children(cell);
  drop_callbacks(cell);
  cell.actor.reset();
  Supervisor& supervisor = *cell.extras->supervisor;
  const Duration pause = restart_pause(supervisor);
  supervisor.restarts.push_back(now_);
  timers_.add(due_in(pause), [this, id = cell.id] {
    if (ActorCell* again = find_cell(id)) begin_again(*again);
  });
}

Duration Shard::restart_pause(const Supervisor& supervisor) {
  constexpr double kFactorMax = 1e9;
  constexpr double kPauseMax = 9e18;  // What a Duration holds.
  double factor = 1;
  for (std::size_t i = 0; i < supervisor.restarts.size() && factor < kFactorMax; ++i) factor *= 2;
  const double pause = std::min(static_cast<double>(supervisor.rule.backoff_initial.count()) * factor,
                                static_cast<double>(supervisor.rule.backoff_max.count()));
  const double jittered = pause * (1 + supervisor.rule.backoff_jitter * random_.fraction());
  return Duration(static_cast<Duration::rep>(std::min(jittered, kPauseMax)));
}

/// The family ends from the leaves up, without recursion: a family may be deeper than the stack.
void Shard::end(ActorCell& cell, EndReason reason, const std::string& detail) {
  if (cell.state == ActorState::kEnded) return;
  for (ActorCell* each = &cell;;) {
    each->state = ActorState::kEnded;
    if (each->first_child != nullptr) {
      each = each->first_child;
      continue;
    }
    ActorCell* const parent = each->parent;
    const bool is_last = each == &cell;
    end_one(*each, is_last ? reason : EndReason::kStopped, is_last ? detail : "its parent ended");
    if (is_last) return;
    each = parent;
  }
}

/// The end of an actor that has no children, or no more.
void Shard::end_one(ActorCell& cell, EndReason reason, const std::string& detail) {
  if (reason != EndReason::kFailed && cell.actor && cell.started) {
    const auto failure = run_code_of(cell, [&] { cell.actor->on_stop(); }, nullptr);
    if (failure) log_.error("{} failed while it stopped: {}", cell.type->name, *failure);
  }
  drop_callbacks(cell);
  if (cell.extras && !cell.extras->paused.empty()) resume_senders(cell);
  if (cell.extras && !cell.extras->name.empty()) names_.release(ActorId::named(cell.extras->name), cell.id);
  cell.actor.reset();
  tell_all_watchers(cell, reason, detail);
  while (EnvelopePtr envelope = cell.mailbox.pop()) {
    if (envelope->kind == EnvelopeKind::kMonitor || envelope->kind == EnvelopeKind::kLink) {
      // It was there when the watch was set, so the watcher learns the true reason.
      if (const auto watch = read_watch(*envelope)) {
        tell_watcher(cell.id, {envelope->sender, watch->target, envelope->kind == EnvelopeKind::kLink}, reason, detail);
      }
    } else {
      dead_letter(std::move(envelope), ErrorCode::kNoSuchActor, "the actor has ended");
    }
  }
  free_slot(cell);
}

void Shard::end_children(ActorCell& cell) {
  while (cell.first_child != nullptr) end(*cell.first_child, EndReason::kStopped, "its parent ended");
}

/// Everything that would call back into the actor's object, which is about to go.
void Shard::drop_callbacks(ActorCell& cell) {
  drop_asks(cell);
  if (!cell.extras) return;
  for (const std::uint64_t raw : std::exchange(cell.extras->timers, {})) {
    timers_.cancel({static_cast<std::uint32_t>(raw >> 32U), static_cast<std::uint32_t>(raw)});
  }
  const auto monitors = std::exchange(cell.extras->monitors, {});
  for (const auto& [target, callback] : monitors) {
    update_remote_watch(cell, target);
    send_watch(cell, target, EnvelopeKind::kDemonitor, target);
  }
  cell.extras->on_exit = nullptr;
  if (!std::exchange(cell.extras->loss_watches, {}).empty()) loss_watchers_.erase(cell.id);
}

void Shard::stop_all() {
  TROUPE_ASSERT(running_ == nullptr);
  stopping_ = true;
  for (std::size_t i = 1; i < slots_.size(); ++i) {
    ActorCell* cell = slots_[i].cell;
    if (cell == nullptr) continue;
    while (cell->parent != nullptr) cell = cell->parent;
    end(*cell, EndReason::kStopped, "the node stops");  // With its family, of which slot i is one.
  }
  while (ready_head_ != nullptr) {  // Only ended cells are left.
    ActorCell* cell = ready_head_;
    ready_head_ = cell->next_ready;
    TROUPE_ASSERT(cell->state == ActorState::kEnded);
    delete cell;
  }
  ready_tail_ = nullptr;
}

TimerId Shard::add_actor_timer(ActorCell& cell, Duration delay, Duration interval,
                               std::move_only_function<void()> callback) {
  if (cell.state != ActorState::kLive) return {};
  const bool repeats = interval.count() != 0;
  // The timer learns its own id only after `add`, and needs it to leave the actor's list.
  auto own_id = std::make_shared<TimerId>();
  // What repeats is no more the work of the one message in whose turn it began.
  auto trace = repeats ? nullptr : trace_.carried();
  auto action = [this, id = cell.id, repeats, own_id, trace = std::move(trace),
                 callback = std::move(callback)]() mutable {
    ActorCell* owner = find_cell(id);
    if (owner == nullptr) return;
    if (!repeats) owner->extras->timers.erase(raw_timer(*own_id));
    if (trace) [[unlikely]]
      begin_span_of_callback(*owner, *trace, "timer");
    guarded(*owner, [&] { callback(); });
  };
  *own_id = timers_.add(due_in(delay), std::move(action), interval);
  cell.need_extras().timers.insert(raw_timer(*own_id));
  return *own_id;
}

bool Shard::cancel_actor_timer(ActorCell& cell, TimerId timer) {
  if (!cell.extras || cell.extras->timers.erase(raw_timer(timer)) == 0) return false;
  return timers_.cancel(timer);
}

}  // namespace troupe
