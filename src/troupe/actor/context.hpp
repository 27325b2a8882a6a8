#pragma once

#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include "troupe/actor/answer.hpp"
#include "troupe/actor/delivery/delivery.hpp"
#include "troupe/actor/envelope.hpp"
#include "troupe/actor/log.hpp"
#include "troupe/actor/ref.hpp"
#include "troupe/actor/signal.hpp"
#include "troupe/actor/spawn_options.hpp"
#include "troupe/actor/timer_queue.hpp"
#include "troupe/actor/trace/trace_context.hpp"
#include "troupe/base/random.hpp"
#include "troupe/base/time.hpp"

namespace troupe {

class ActorBase;
class Shard;
struct ActorCell;
struct ActorType;

/// What became of a message as far as the sender's shard can see. At-most-once delivery: `kTaken` means that a queue
/// with room took it. It is lost if the recipient is gone or its mailbox is full when it arrives there from another
/// shard or node, which counts as a dead letter.
enum class SendOutcome : std::uint8_t {
  kTaken,
  kFull,         ///< The mailbox, the queue to its shard or the lane to its node is full.
  kNoSuchActor,  ///< Only for recipients of this shard.
  kUnreachable,  ///< No link to its node.
  kTooLarge,     ///< Above what its node takes in one message, or of a type that stays inside the node.
};

/// The world as an actor sees it: time, randomness, sending, spawning, watching, logging. It belongs to one actor and
/// works only on the actor's own shard, within a turn of that actor. Callbacks given to it run as later turns of the
/// same actor, one at a time with its handlers, and not at all once the actor has ended or was restarted: they may
/// capture `this`.
class Context {
 public:
  Context() = default;  ///< Of an actor that is still being constructed.
  Context(Shard& shard, ActorCell& cell) : shard_(&shard), cell_(&cell) {}

  /// The time at which this turn began. The same all through the turn.
  TimePoint now() const;
  Random& random();
  /// Logs under the name of the actor's class.
  Log log() const;
  /// This actor's address.
  Address self() const;
  /// Who sent the message of this turn; nobody for callbacks and for messages from outside the actor world.
  Address sender() const;

  template <class A, class M>
    requires Handles<A, std::decay_t<M>>
  SendOutcome tell(const Ref<A>& to, M&& message, Via via = {}) {
    return send(Envelope::make_message(EnvelopeKind::kTell, std::forward<M>(message), to.via(via)), to.address());
  }

  /// After a `tell` that answered kFull: runs `callback(Result<void>)` once, when the way to the actor's node has room
  /// again as far as this node sees it (half of the lane's queue is free), or fails with `timeout` after `within`, or
  /// with `unreachable`. Another sender may be quicker: `tell` may answer kFull again.
  template <class A>
  void when_room(const Ref<A>& to, Duration within, std::move_only_function<void(Result<void>)> callback,
                 Via via = {}) {
    await_room(to.address(), to.via(via), now() + within, std::move(callback));
  }

  /// Asks; `callback(Result<Reply>)` runs as a later turn, with the answer or with why there is none: timeout after
  /// `within`, no_such_actor, not_handled, actor_failed, queue_full, unreachable, cancelled, or what the handler
  /// answered.
  template <class A, class M, class Callback>
    requires Handles<A, std::decay_t<M>> && Question<std::decay_t<M>>
  void ask(const Ref<A>& to, M&& message, Duration within, Callback&& callback, Via via = {}) {
    using R = typename std::decay_t<M>::Reply;
    start_ask(Envelope::make_message(EnvelopeKind::kAsk, std::forward<M>(message), to.via(via)), to.address(), within,
              typed_answer<R>(std::forward<Callback>(callback)));
  }

  /// Sends with an outcome: to another node again and again, until that node has it or the time is over; here, until
  /// the mailbox has room. It is delivered at most once. `callback(Delivery)` runs once as a later turn. Messages to
  /// one recipient that are sent in this way stay in order (for each key, if keys are given); beside `tell` and `ask`
  /// there is no order.
  ///
  ///     context().deliver(account, Book{…}, {.within = 5s}, [this](const Delivery& delivery) { … });
  ///
  /// With a causal label, what has the same label is delivered in causal order, on all nodes: if the sending of one
  /// message happened before that of another, through any chain of such messages, who gets both gets it first. A
  /// message of a label waits until those that its sender sent before to other recipients are settled.
  template <class A, class M, class Callback>
    requires Handles<A, std::decay_t<M>>
  void deliver(const Ref<A>& to, M&& message, const DeliverOptions& options, Callback&& callback) {
    start_delivery(Envelope::make_message(EnvelopeKind::kTell, std::forward<M>(message), to.via(options.via)),
                   to.address(), options, delivery_answer(std::forward<Callback>(callback)));
  }
  /// The same, for those who do not want to know.
  template <class A, class M>
    requires Handles<A, std::decay_t<M>>
  void deliver(const Ref<A>& to, M&& message, const DeliverOptions& options = {}) {
    start_delivery(Envelope::make_message(EnvelopeKind::kTell, std::forward<M>(message), to.via(options.via)),
                   to.address(), options, nullptr);
  }

  /// A one-shot answer from outside the actor world (a journal, a blocking pool): hand the returned completion to the
  /// other thread; `callback(Result<T>)` runs as a later turn, with a timeout error after `within`.
  template <class T, class Callback>
  Completion<T> completion(Duration within, Callback&& callback) {
    return Completion<T>(open_completion(within, local_answer<T>(std::forward<Callback>(callback))));
  }

  /// Runs `callback()` once, `delay` from now.
  TimerId after(Duration delay, std::move_only_function<void()> callback);
  /// Runs `callback()` each `interval` until it is cancelled. Throws std::invalid_argument if the interval is not above
  /// zero.
  TimerId every(Duration interval, std::move_only_function<void()> callback);
  /// True if it had not fired yet (always, for `every`). A copy of the id that `every` gave stays valid over its
  /// firings.
  bool cancel(TimerId timer);

  /// A child on this shard. It ends when this actor ends. Arguments are forwarded to A's constructor.
  template <class A, class... Args>
  Ref<A> spawn(Args&&... args) {
    return spawn_with<A>(SpawnOptions{}, std::forward<Args>(args)...).value_or(Ref<A>());
  }

  /// Fails with `name_taken`, with `queue_full` at the shard's bound on actors, with `stopping` once this actor ends,
  /// or with `invalid_argument`. With OnFailure::kRestart the arguments are copied and kept (wrap references in
  /// std::ref). A constructor that throws is a failure of the child, as in a handler.
  template <class A, class... Args>
  Result<Ref<A>> spawn_with(SpawnOptions options, Args&&... args);

  /// Ends this actor after the current turn, even if the turn fails and its supervision would restart it; what is left
  /// in its mailbox becomes dead letters. In `on_stop` and later only `tell`, `stop` and `log` have an effect.
  void stop();
  /// Asks any actor to end after what it has in its mailbox.
  void stop(const Address& actor);

  /// `callback(const Down&)` runs once, when the actor ends or is not there or its node goes down. One monitor for each
  /// address: another call replaces the callback.
  void monitor(const Address& actor, DownCallback callback);
  void demonitor(const Address& actor);
  template <class A>
  void monitor(const Ref<A>& actor, DownCallback callback) {
    monitor(actor.address(), std::move(callback));
  }

  /// `callback(const Loss&)` runs each time that a connection broke on which messages of this actor to that one of
  /// another node, sent as `via` says, may have been under way; which were lost is not known. Not when the node goes
  /// down: see `monitor`. One for each address: another call replaces the callback, null ends it.
  void watch_loss(const Address& actor, LossCallback callback, Via via = {});
  template <class A>
  void watch_loss(const Ref<A>& actor, LossCallback callback, Via via = {}) {
    watch_loss(actor.address(), std::move(callback), actor.via(via));
  }

  /// Ties two actors: if either fails, or its node goes down, the other ends too, unless it traps exits. A normal stop
  /// only reaches those who trap. A restart is no end: its links hold, while its monitors, timers and asks are gone
  /// with the object that made them.
  void link(const Address& actor);
  void unlink(const Address& actor);
  /// From now on an Exit of a linked actor runs `callback` instead of ending this one; null undoes that.
  void trap_exits(ExitCallback callback);

  /// The actor of this node with this name, or an empty ref. The ref names that very actor: it does not outlive it.
  template <class A>
  Ref<A> find(std::string_view name) const {
    return Ref<A>(find_named(name));
  }

  /// The trace that this turn belongs to, if any. What the turn tells, asks and answers belongs to it too, and so do
  /// the answers' callbacks, the start of actors that it spawns, its completions, and what it does `after` a while; not
  /// what it does `every` so often, nor signals.
  std::optional<TraceContext> trace() const;
  /// Begins a trace with this turn, unless it belongs to one; gives the one that it belongs to now.
  TraceContext begin_trace();
  /// From here on this turn belongs to the trace below `parent`, unless it belongs to one. For what brings its trace
  /// by a way of its own: a client's message, a record of a file.
  void join_trace(const TraceContext& parent);

  Shard& shard() { return *shard_; }
  bool is_bound() const { return shard_ != nullptr; }  ///< False in the constructor.

 private:
  SendOutcome send(EnvelopePtr envelope, const Address& to);
  void await_room(const Address& to, const Via& via, TimePoint deadline,
                  std::move_only_function<void(Result<void>)> callback);
  void start_ask(EnvelopePtr envelope, const Address& to, Duration within, AnswerCallback callback);
  void start_delivery(EnvelopePtr envelope, const Address& to, const DeliverOptions& options, AnswerCallback callback);
  CompletionPort open_completion(Duration within, AnswerCallback callback);
  Address find_named(std::string_view name) const;

  Shard* shard_ = nullptr;
  ActorCell* cell_ = nullptr;
};

}  // namespace troupe
