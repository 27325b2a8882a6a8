#include "troupe/actor/context.hpp"

#include <stdexcept>

#include "troupe/actor/actor.hpp"

namespace troupe {

TimePoint Context::now() const { return shard_->now(); }
Random& Context::random() { return shard_->random(); }
Log Context::log() const { return {shard_->log_sink(), cell_->type->name}; }
Address Context::self() const { return shard_->address_of(*cell_); }
Address Context::sender() const { return shard_->current_ != nullptr ? shard_->current_->sender : Address(); }

SendOutcome Context::send(EnvelopePtr envelope, const Address& to) {
  envelope->sender = self();
  return shard_->send(std::move(envelope), to);
}

void Context::await_room(const Address& to, const Via& via, TimePoint deadline,
                         std::move_only_function<void(Result<void>)> callback) {
  // The lane does not know who waits: who waits looks, and rarely, since a queue that is half empty lasts for longer.
  after(1ms, [this, to, via, deadline, callback = std::move(callback)]() mutable {
    switch (shard_->room_for(to, self().actor, via)) {
      case SendOutcome::kTaken: return callback({});
      case SendOutcome::kFull: break;
      default: return callback(fail(ErrorCode::kUnreachable, "there is no link to the node"));
    }
    if (now() >= deadline) return callback(fail(ErrorCode::kTimeout, "the way to the actor had no room in time"));
    await_room(to, via, deadline, std::move(callback));
  });
}

void Context::start_ask(EnvelopePtr envelope, const Address& to, Duration within, AnswerCallback callback) {
  shard_->start_ask(cell_, std::move(envelope), to, within, std::move(callback));
}

void Context::start_delivery(EnvelopePtr envelope, const Address& to, const DeliverOptions& options,
                             AnswerCallback callback) {
  shard_->start_delivery(*cell_, std::move(envelope), to, options, std::move(callback));
}

CompletionPort Context::open_completion(Duration within, AnswerCallback callback) {
  return {shard_->host(), cell_->id, shard_->open_completion(*cell_, within, std::move(callback))};
}

TimerId Context::after(Duration delay, std::move_only_function<void()> callback) {
  return shard_->add_actor_timer(*cell_, delay, {}, std::move(callback));
}

TimerId Context::every(Duration interval, std::move_only_function<void()> callback) {
  if (interval <= Duration::zero()) throw std::invalid_argument("the interval of a timer is above zero");
  return shard_->add_actor_timer(*cell_, interval, interval, std::move(callback));
}

bool Context::cancel(TimerId timer) { return shard_->cancel_actor_timer(*cell_, timer); }

void Context::stop() { cell_->stop_requested = true; }

void Context::stop(const Address& actor) { send(Envelope::make(EnvelopeKind::kStop), actor); }

void Context::monitor(const Address& actor, DownCallback callback) {
  shard_->monitor(*cell_, actor, std::move(callback));
}
void Context::demonitor(const Address& actor) { shard_->demonitor(*cell_, actor); }
void Context::watch_loss(const Address& actor, LossCallback callback, Via via) {
  shard_->watch_loss(*cell_, actor, std::move(callback), via);
}
void Context::link(const Address& actor) { shard_->link(*cell_, actor); }
void Context::unlink(const Address& actor) { shard_->unlink(*cell_, actor); }
void Context::trap_exits(ExitCallback callback) { shard_->trap_exits(*cell_, std::move(callback)); }

std::optional<TraceContext> Context::trace() const {
  const ShardTrace& trace = shard_->trace();
  return trace.is_active() ? std::optional(trace.current()) : std::nullopt;
}
TraceContext Context::begin_trace() { return shard_->begin_trace(*cell_, nullptr).value_or(TraceContext()); }
void Context::join_trace(const TraceContext& parent) { shard_->begin_trace(*cell_, &parent); }

Address Context::find_named(std::string_view name) const {
  const ActorId actor = shard_->names().find(ActorId::named(name));
  return actor.is_nobody() ? Address() : Address{shard_->node(), actor};
}

}  // namespace troupe
