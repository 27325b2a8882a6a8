#include "troupe/actor/actor.hpp"
#include "troupe/actor/shard.hpp"

namespace troupe {

void Shard::start_ask(ActorCell* asker, EnvelopePtr envelope, const Address& to, Duration within,
                      AnswerCallback callback) {
  const Address asker_address = asker != nullptr ? address_of(*asker) : self_address();
  const std::uint64_t correlation = open_ask(asker, to.node, within, std::move(callback));
  if (asks_.size() > options_.asks_max) {
    return fail_ask_later(correlation, asker_address,
                          Error{ErrorCode::kQueueFull, fmt::format("{} asks are under way (asks_max)", options_.asks_max)});
  }
  envelope->correlation = correlation;
  envelope->sender = asker_address;
  // The other outcomes have their answer on the way, from where the envelope met its end.
  if (send(std::move(envelope), to) == SendOutcome::kUnreachable) {
    fail_ask_later(correlation, asker_address, Error{ErrorCode::kUnreachable, "there is no link to the node"});
  }
}

std::uint64_t Shard::open_ask(ActorCell* asker, const NodeId& to, Duration within, AnswerCallback callback) {
  const std::uint64_t correlation = ++last_correlation_;
  const Address asker_address = asker != nullptr ? address_of(*asker) : self_address();
  PendingAsk& ask = asks_[correlation];
  ask.asker = asker != nullptr ? asker->id : ActorId();
  ask.instance = asker != nullptr ? asker->instance : 0;
  ask.to = to;
  ask.callback = std::move(callback);
  ask.deadline = timers_.add(now_ + within, [this, correlation, asker_address, within] {
    fail_ask_later(correlation, asker_address,
                   Error{ErrorCode::kTimeout, fmt::format("no answer within {} ms", to_milliseconds(within))});
  });
  return correlation;
}

void Shard::fail_ask_later(std::uint64_t correlation, const Address& asker, Error error) {
  EnvelopePtr answer = Envelope::make(EnvelopeKind::kError, std::move(error));
  answer->correlation = correlation;
  answer->sender = self_address();
  send(std::move(answer), asker);
}

void Shard::finish_ask(Envelope& answer) {
  const auto found = asks_.find(answer.correlation);
  if (found == asks_.end()) return;  // Late, or a second answer.
  const ActorId answered = running_ != nullptr ? running_->id : ActorId();
  if (found->second.asker != answered) return;  // A peer made the number up.
  PendingAsk ask = std::move(found->second);
  asks_.erase(found);
  timers_.cancel(ask.deadline);
  if (running_ != nullptr && running_->instance != ask.instance) return;
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
