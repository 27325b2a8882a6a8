#pragma once

#include <stdexcept>
#include <string_view>
#include <type_traits>

#include "troupe/actor/context.hpp"
#include "troupe/actor/shard.hpp"

namespace troupe {

/// What every actor is to the shard.
class ActorBase {
 public:
  ActorBase() = default;
  ActorBase(const ActorBase&) = delete;
  ActorBase& operator=(const ActorBase&) = delete;
  virtual ~ActorBase() = default;

  /// The first turn, before any message. The constructor has no context yet.
  virtual void on_start() {}
  /// The last turn, when the actor stops; not when it failed. The context can still tell and log; what would need a
  /// later turn (timers, asks, monitors, children) is refused or comes to nothing.
  virtual void on_stop() {}

 protected:
  /// Throws std::logic_error in the constructor, which runs before the actor has its context.
  Context& context() {
    require_context();
    return context_;
  }
  const Context& context() const {
    require_context();
    return context_;
  }

 private:
  friend class Shard;
  void require_context() const {
    if (!context_.is_bound())
      throw std::logic_error("an actor has no context in its constructor; on_start is its first turn");
  }
  Context context_;
};

/// Base of a user's actor class. The class lists what it handles, and has an `on` for each:
///
///     class Counter : public troupe::Actor<Counter> {
///      public:
///       using Messages = troupe::Messages<Add, Get>;
///       void on(const Add& add) { total_ += add.by; }
///       int on(const Get&) { return total_; }
///
/// For a message with a Reply R, `on` returns R or Result<R>, or takes a ReplyTo<R> as second parameter and answers
/// later. Handlers run one at a time, on one shard, to completion: they take no lock and never wait. An exception ends
/// this actor and no other.
template <class Derived>
class Actor : public ActorBase {
 public:
  static const ActorType& actor_type();

 protected:
  Ref<Derived> self() const { return Ref<Derived>(context().self()); }
};

namespace detail {

template <class T>
constexpr std::string_view type_name() {
  // "... [with T = ns::Counter; std::string_view = ...]" (g++) or "... [T = ns::Counter]" (clang)
  std::string_view text = __PRETTY_FUNCTION__;
  text.remove_prefix(text.find("T = ") + 4);
  return text.substr(0, text.find_first_of(";]"));
}

/// Calls the handler of M and sends its answer.
template <class Derived, class M>
void call_handler(Derived& actor, Shard& shard, Envelope& envelope, M& message) {
  if constexpr (Question<M>) {
    using R = typename M::Reply;
    const std::uint64_t correlation = envelope.kind == EnvelopeKind::kAsk ? envelope.correlation : 0;
    if constexpr (requires { actor.on(std::move(message), ReplyTo<R>()); }) {
      actor.on(std::move(message), ReplyTo<R>(shard, envelope.sender, correlation));
    } else {
      Result<R> answer(actor.on(std::move(message)));
      ReplyTo<R>(shard, envelope.sender, correlation)(std::move(answer));
    }
  } else {
    actor.on(std::move(message));
  }
}

template <class Derived, class M>
bool try_dispatch(Derived& actor, Shard& shard, Envelope& envelope) {
  if (M* message = envelope.get<M>()) {
    call_handler(actor, shard, envelope, *message);
    return true;
  }
  return false;
}

template <class Derived, class M>
bool try_dispatch_encoded([[maybe_unused]] Derived& actor, [[maybe_unused]] Shard& shard,
                          [[maybe_unused]] Envelope& envelope, [[maybe_unused]] EncodedPayload& encoded,
                          [[maybe_unused]] bool& corrupt) {
  if constexpr (!LocalOnly<M>) {
    if (encoded.tag != payload_type<M>.tag) return false;
    Result<M> message = wire::decode<M>(encoded.body);
    if (message) {
      call_handler(actor, shard, envelope, *message);
    } else {
      corrupt = true;
    }
    return true;
  }
  return false;
}

template <class Derived, class... Ms>
DispatchOutcome dispatch(Derived& actor, Shard& shard, Envelope& envelope, Messages<Ms...>) {
  if (EncodedPayload* encoded = envelope.encoded()) {
    bool corrupt = false;
    const bool found = (try_dispatch_encoded<Derived, Ms>(actor, shard, envelope, *encoded, corrupt) || ...);
    if (corrupt) return DispatchOutcome::kCorrupt;
    return found ? DispatchOutcome::kHandled : DispatchOutcome::kNotHandled;
  }
  const bool found = (try_dispatch<Derived, Ms>(actor, shard, envelope) || ...);
  return found ? DispatchOutcome::kHandled : DispatchOutcome::kNotHandled;
}

template <class Derived, class... Ms>
std::string_view message_name(std::uint64_t tag, Messages<Ms...>) {
  std::string_view name = "an unknown message";
  (void)((tag == payload_type<Ms>.tag ? (name = payload_type<Ms>.name, true) : false) || ...);
  return name;
}

}  // namespace detail

template <class Derived>
const ActorType& Actor<Derived>::actor_type() {
  static constexpr ActorType type{
      detail::type_name<Derived>(),
      [](ActorBase& actor, Shard& shard, Envelope& envelope) {
        return detail::dispatch(static_cast<Derived&>(actor), shard, envelope, typename Derived::Messages{});
      },
      [](std::uint64_t tag) { return detail::message_name<Derived>(tag, typename Derived::Messages{}); },
  };
  return type;
}

template <class R>
ReplyTo<R>::ReplyTo(Shard& shard, Address asker, std::uint64_t correlation)
    : shard_(&shard), asker_(asker), correlation_(correlation), trace_(shard.trace().carried()) {}

template <class R>
ReplyTo<R>::~ReplyTo() {
  if (correlation_ == 0) return;
  const bool failed = std::uncaught_exceptions() > 0;
  finish(fail(failed ? ErrorCode::kActorFailed : ErrorCode::kCancelled,
              failed ? "an exception ended the handler before it answered"
                     : "the actor dropped the question without an answer"));
}

template <class R>
void ReplyTo<R>::finish(Result<R> result) {
  if (correlation_ == 0) return;
  EnvelopePtr envelope = result ? Envelope::make(EnvelopeKind::kReply, std::move(*result))
                                : Envelope::make(EnvelopeKind::kError, std::move(result.error()));
  envelope->correlation = std::exchange(correlation_, 0);
  if (trace_) [[unlikely]]
    shard_->trace().stamp_answer(*envelope, *trace_);
  shard_->send(std::move(envelope), asker_);
}

template <class A, class... Args>
Result<Ref<A>> Context::spawn_with(SpawnOptions options, Args&&... args) {
  return shard_->spawn_child<A>(cell_, std::move(options), std::forward<Args>(args)...);
}

}  // namespace troupe
