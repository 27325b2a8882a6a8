#pragma once

#include <exception>
#include <optional>
#include <string>
#include <utility>

#include "troupe/actor/shard.hpp"

namespace troupe {

/// Runs `function`; what it threw, as text, or nothing. The one place where an actor's exceptions are caught.
template <class Function>
std::optional<std::string> run_guarded(Function&& function) {
  try {
    function();
    return std::nullopt;
  } catch (const std::exception& exception) {
    return exception.what();
  } catch (...) {
    return "an exception that is not a std::exception";
  }
}

/// Runs code of the actor, whose sendings carry its address, and which a watchdog can see. These nest (an actor's turn
/// spawns another): the probe then names the inner one, and counts the outermost.
template <class Function>
std::optional<std::string> Shard::run_code_of(ActorCell& cell, Function&& function, Envelope* envelope) {
  ActorCell* const outer = std::exchange(running_, &cell);
  Envelope* const outer_envelope = std::exchange(current_, envelope);
  const auto show = [this](const ActorCell* running, const Envelope* handled) {
    probe_.actor.store(running != nullptr ? running->type : nullptr, std::memory_order_relaxed);
    probe_.message.store(handled != nullptr ? handled->type() : nullptr, std::memory_order_relaxed);
  };
  const auto count = [this] {
    probe_.count.store(probe_.count.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  };
  show(&cell, envelope);
  if (outer == nullptr) count();
  std::optional<std::string> failure = run_guarded(std::forward<Function>(function));
  if (outer == nullptr) count();
  running_ = outer;
  current_ = outer_envelope;
  if (outer != nullptr) show(outer, outer_envelope);
  return failure;
}

/// Runs a constructor, handler or callback of the actor. Afterwards the cell may be gone: the actor failed, or asked to
/// be stopped. `envelope` is what is being handled, so that a failure can be answered to the one who asked.
template <class Function>
void Shard::guarded(ActorCell& cell, Function&& function, Envelope* envelope) {
  cell.executing = true;
  std::optional<std::string> failure = run_code_of(cell, std::forward<Function>(function), envelope);
  cell.executing = false;
  if (failure && envelope != nullptr) {
    answer_error(*envelope, Error{ErrorCode::kActorFailed, std::string(cell.type->name) + " failed: " + *failure});
  }
  if (cell.extras && !cell.extras->pending_failure.empty()) {
    std::string of_child = std::exchange(cell.extras->pending_failure, "");
    if (!failure) failure = std::move(of_child);
  }
  if (failure) {
    if (running_ == nullptr) trace_.note_failure(*failure);
    fail(cell, std::move(*failure));
  } else if (cell.extras && cell.extras->linked_end) {
    end(cell, EndReason::kLinked, "an actor that it was linked to ended");
  } else if (cell.stop_requested) {
    end(cell, EndReason::kStopped, "");
  }
  if (trace_.is_active() && running_ == nullptr) [[unlikely]]  // Turns nest; the outermost is the span.
    trace_.end();
}

}  // namespace troupe
