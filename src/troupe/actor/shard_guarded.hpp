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

/// Runs a handler or callback of the actor. Afterwards the cell may be gone: the actor failed, or asked to be stopped. `envelope` is
/// what is being handled, so that a failure can be answered to the one who asked.
template <class Function>
void Shard::guarded(ActorCell& cell, Function&& function, Envelope* envelope) {
  ActorCell* outer = std::exchange(running_, &cell);
  Envelope* outer_envelope = std::exchange(current_, envelope);
  cell.executing = true;
  probe_.actor.store(cell.type, std::memory_order_relaxed);
  probe_.message.store(envelope != nullptr ? envelope->type() : nullptr, std::memory_order_relaxed);
  probe_.count.store(probe_.count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  std::optional<std::string> failure = run_guarded(std::forward<Function>(function));
  probe_.count.store(probe_.count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  cell.executing = false;
  running_ = outer;
  current_ = outer_envelope;
  if (failure && envelope != nullptr) {
    answer_error(*envelope, Error{ErrorCode::kActorFailed, std::string(cell.type->name) + " failed: " + *failure});
  }
  if (!failure && cell.extras && !cell.extras->pending_failure.empty()) {
    failure = std::exchange(cell.extras->pending_failure, "");
  }
  if (failure) {
    fail(cell, *failure);
  } else if (cell.extras && cell.extras->linked_end) {
    end(cell, EndReason::kLinked, "an actor that it was linked to ended");
  } else if (cell.stop_requested) {
    end(cell, EndReason::kStopped, "");
  }
}

}  // namespace troupe
