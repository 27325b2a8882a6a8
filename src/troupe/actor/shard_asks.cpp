#include "troupe/actor/actor.hpp"
#include "troupe/actor/shard.hpp"
#include "troupe/base/assert.hpp"

namespace troupe {

void Shard::start_ask(ActorCell* asker, EnvelopePtr envelope, const Address& to, Duration within,
                      AnswerCallback callback) {
  const Address asker_address = asker != nullptr ? address_of(*asker) : self_address();
  envelope->sender = asker_address;
  if (asker != nullptr &&
      asker->state != ActorState::kLive) {  // It ends: the question goes, the answer has nobody to come to.
    send(std::move(envelope), to);
    return;
  }
  const std::uint64_t correlation = open_ask(asker, to.node, within, std::move(callback));
  if (asks_.size() > options_.asks_max) {
    return fail_ask_later(
        correlation, asker_address,
        Error{ErrorCode::kQueueFull, fmt::format("{} asks are under way (asks_max)", options_.asks_max)});
  }
  envelope->correlation = correlation;
  // Where the envelope met its end on this shard an answer is on its way already, and this one is ignored.
  switch (send(std::move(envelope), to)) {
    case SendOutcome::kTaken:
    case SendOutcome::kNoSuchActor: return;
    case SendOutcome::kFull:
      return fail_ask_later(correlation, asker_address, Error{ErrorCode::kQueueFull, "the queue to the actor is full"});
    case SendOutcome::kUnreachable:
      return fail_ask_later(correlation, asker_address, Error{ErrorCode::kUnreachable, "there is no link to the node"});
    case SendOutcome::kTooLarge:
      return fail_ask_later(correlation, asker_address,
                            Error{ErrorCode::kTooLarge, "the question cannot be sent to its node"});
  }
}

std::uint64_t Shard::open_ask(ActorCell* asker, const NodeId& to, Duration within, AnswerCallback callback) {
  const std::uint64_t correlation = ++last_correlation_;
  const Address asker_address = asker != nullptr ? address_of(*asker) : self_address();
  PendingAsk& ask = asks_[correlation];
  ask.correlation = correlation;
  ask.asker = asker;
  ask.to = to;
  ask.callback = std::move(callback);
  ask.trace = trace_.carried();
  if (asker != nullptr) {
    ask.next = asker->first_ask;
    if (ask.next != nullptr) ask.next->previous = &ask;
    asker->first_ask = &ask;
  }
  ask.deadline = timers_.add(due_in(within), [this, correlation, asker_address, within] {
    fail_ask_later(correlation, asker_address,
                   Error{ErrorCode::kTimeout, fmt::format("no answer within {} ms", to_milliseconds(within))});
  });
  return correlation;
}

std::uint64_t Shard::open_completion(ActorCell& cell, Duration within, AnswerCallback callback) {
  if (cell.state != ActorState::kLive) return 0;
  const std::uint64_t correlation = open_ask(&cell, options_.node, within, std::move(callback));
  if (asks_.size() > options_.asks_max) {
    fail_ask_later(correlation, address_of(cell),
                   Error{ErrorCode::kQueueFull, fmt::format("{} asks are under way (asks_max)", options_.asks_max)});
  }
  return correlation;
}

void Shard::fail_ask_later(std::uint64_t correlation, const Address& asker, Error error) {
  EnvelopePtr answer = Envelope::make(EnvelopeKind::kError, std::move(error));
  answer->correlation = correlation;
  answer->sender = self_address();
  send(std::move(answer), asker);
}

/// Out of the table, its asker's list and the timers.
PendingAsk Shard::take_ask(std::uint64_t correlation) {
  const auto found = asks_.find(correlation);
  TROUPE_ASSERT(found != asks_.end());
  PendingAsk& ask = found->second;
  if (ask.next != nullptr) ask.next->previous = ask.previous;
  if (ask.previous != nullptr) {
    ask.previous->next = ask.next;
  } else if (ask.asker != nullptr) {
    ask.asker->first_ask = ask.next;
  }
  timers_.cancel(ask.deadline);
  PendingAsk taken = std::move(ask);
  asks_.erase(found);
  return taken;
}

/// The callbacks are destroyed, not run, while the actor's object still lives: what they hold (a ReplyTo, say) answers
/// now.
void Shard::drop_asks(ActorCell& cell) {
  while (cell.first_ask != nullptr) take_ask(cell.first_ask->correlation);
}

void Shard::finish_ask(Envelope& answer) {
  const auto found = asks_.find(answer.correlation);
  if (found == asks_.end()) return;             // Late, or a second answer.
  if (found->second.asker != running_) return;  // A peer made the number up.
  PendingAsk ask = take_ask(answer.correlation);
  if (ask.trace && running_ != nullptr) [[unlikely]]
    begin_span_of_answer(*running_, *ask.trace, answer);
  const TraceScope scope(trace_, running_ == nullptr ? ask.trace.get() : nullptr);
  if (answer.kind == EnvelopeKind::kReply) return ask.callback(&answer);
  Error error{ErrorCode::kUnknown, "the answer could not be read"};
  if (const Error* local = answer.get<Error>()) error = *local;
  if (EncodedPayload* encoded = answer.encoded()) error = wire::decode<Error>(encoded->body).value_or(error);
  ask.callback(std::unexpected(std::move(error)));
}

void CompletionPort::complete(EnvelopePtr envelope) {
  if (host_ == nullptr) return;
  envelope->recipient = recipient_;
  envelope->correlation = correlation_;
  host_->inject(std::move(envelope));
}

}  // namespace troupe
