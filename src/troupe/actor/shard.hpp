#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "troupe/actor/actor_cell.hpp"
#include "troupe/actor/context.hpp"
#include "troupe/actor/journey/arrival_order.hpp"
#include "troupe/actor/name_table.hpp"
#include "troupe/actor/shard_host.hpp"
#include "troupe/actor/trace/shard_trace.hpp"
#include "troupe/base/metrics.hpp"

namespace troupe {

struct ShardOptions {
  std::uint32_t index = 0;  ///< Of this shard in its node.
  std::uint32_t shards =
      ActorId::kShardsMax;  ///< Of the node. An id that a peer made up for a shard beyond names nobody.
  NodeId node;              ///< Of this process.
  std::uint32_t mailbox_messages_max = 65'536;  ///< For actors that do not say otherwise. Full: tell answers kFull.
  std::size_t mailbox_bytes_max = 128U << 20U;  ///< Of messages from other nodes, in each mailbox. Half full, their
                                                ///< senders are paused; full, they are dropped.
  std::uint32_t actors_max = 10'000'000;        ///< Full: spawn fails with queue_full.
  std::uint32_t asks_max = 1'000'000;           ///< Under way at once. Full: the ask fails with queue_full.
  std::uint32_t deliveries_max = 65'536;        ///< Under way at once. Full: `deliver` refuses with queue_full.
  Duration deliver_within_max = 1h;             ///< The longest time that `deliver` takes; more is cut to it.
  std::uint32_t turn_messages = 64;             ///< That one actor may handle before the next has its turn.
  TraceOptions trace;
};

class Deliveries;
enum class Placement : std::uint8_t;

/// What the shard is doing, for a watchdog on another thread: `count` changes with each handler.
struct TurnProbe {
  std::atomic<std::uint64_t> count{0};  ///< Odd while a handler, callback, constructor or on_stop runs.
  std::atomic<const ActorType*> actor{nullptr};
  std::atomic<const PayloadType*> message{nullptr};
};

/// The core of one shard: its actors, run queue, asks, timers and supervision. Plain code without threads or clocks:
/// the runtime gives it a thread, the simulator turns it by hand. Everything here is called on that one thread.
class Shard {
 public:
  Shard(ShardOptions options, ShardHost& host, NameTable& names, Metrics& metrics, LogSink& log_sink, Random random);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  // For the world that drives it.

  /// Takes an envelope for an actor of this shard (by slot or by name), from another shard or node.
  void deliver(EnvelopePtr envelope);
  /// Sets the time for what the world does between runs (a connection's event).
  void set_now(TimePoint now) { now_ = now; }
  /// Fires the timers that are due, then gives turns to ready actors, at most `turns_max`. True if some are still
  /// ready.
  bool run(TimePoint now, std::uint32_t turns_max = 256);
  bool has_ready() const { return ready_head_ != nullptr || !own_answers_.empty(); }
  /// When `run` is wanted for a timer; TimePoint::max() if there is none.
  TimePoint next_timer() const { return timers_.next(); }
  /// The node (this incarnation of it) is gone: monitors and links to its actors fire, asks under way to it fail.
  void node_down(const NodeId& node, std::string_view reason);
  /// A broken connection to the node was re-made: what was sent may be lost, so monitors and links are set again.
  void node_reconnected(const NodeId& node);
  /// Which way a message of an actor of this shard takes: that which broke?
  using TookThatWay = std::function<bool(ActorId sender, ActorId recipient, const Via& via)>;
  /// A connection to the node broke: whoever watches for losses, and whose messages took that way, is told in a later
  /// turn.
  void messages_lost(const NodeId& node, const Error& why, const TookThatWay& took_that_way);
  /// A message from another node, on its journey, goes no further here: its sender is told.
  void lose(const Envelope& envelope, const Journey& journey, const Error& why);
  /// Ends all actors, parents after their children; none can be spawned from then on. Not from within a turn.
  void stop_all();

  // For the parts of a node that are not actors, on this shard's thread.

  /// An actor without a parent.
  template <class A, class... Args>
  Result<Ref<A>> spawn(SpawnOptions options, Args&&... args) {
    return spawn_child<A>(nullptr, std::move(options), std::forward<Args>(args)...);
  }
  template <class A, class M>
    requires Handles<A, std::decay_t<M>>
  SendOutcome tell(const Ref<A>& to, M&& message, Via via = {}) {
    return send(Envelope::make_message(EnvelopeKind::kTell, std::forward<M>(message), to.via(via)), to.address());
  }
  /// `callback(Result<Reply>)` runs on this thread, from `run`.
  template <class A, class M, class Callback>
    requires Handles<A, std::decay_t<M>> && Question<std::decay_t<M>>
  void ask(const Ref<A>& to, M&& message, Duration within, Callback&& callback) {
    using R = typename std::decay_t<M>::Reply;
    start_ask(nullptr, Envelope::make_message(EnvelopeKind::kAsk, std::forward<M>(message), to.via({})), to.address(),
              within, typed_answer<R>(std::forward<Callback>(callback)));
  }
  TimerId after(Duration delay, TimerQueue::Action action) { return timers_.add(due_in(delay), std::move(action)); }
  bool cancel(TimerId timer) { return timers_.cancel(timer); }

  /// Sends an envelope to any actor; sets nothing but the recipient.
  SendOutcome send(EnvelopePtr envelope, const Address& to);

  /// kTaken if the way to the actor has room, as far as this shard can see; kFull or kUnreachable if not.
  SendOutcome room_for(const Address& to, ActorId sender, const Via& via) const {
    return to.node.same_node(options_.node) ? SendOutcome::kTaken : host_.room_for(to, sender, via);
  }

  // For deliveries.

  Deliveries& deliveries() { return *deliveries_; }
  Duration deliver_within_max() const { return options_.deliver_within_max; }
  /// Where the actor of this node lives that is named by slot or by name; nobody if there is none.
  ActorId find_actor(ActorId actor) const;
  /// Into the mailbox of an actor of this shard. Takes the envelope only if it is placed.
  Placement put(EnvelopePtr& envelope, ActorId to);
  /// Runs the task on that shard of this node, soon. Nothing is refused: the caller bounds how many there are.
  void post(std::uint32_t shard, ShardTask task);

  std::uint32_t index() const { return options_.index; }
  const NodeId& node() const { return options_.node; }
  /// Whether this means an actor of this process: of this node in any life since it was started, or in whichever is
  /// alive.
  bool is_here(const NodeId& node) const {
    return node.same_node(options_.node) && (node.incarnation == 0 || (node.incarnation >= first_incarnation_ &&
                                                                       node.incarnation <= options_.node.incarnation));
  }
  /// The node goes on with a greater incarnation, because the others had declared it down. Its actors live on, and
  /// whoever holds an older ref to them inside this process still reaches them.
  void be_reborn(std::uint64_t incarnation) {
    options_.node.incarnation = incarnation;
    arrivals_.clear();  // For the others it is another node, to which they count anew.
  }
  TimePoint now() const { return now_; }
  Random& random() { return random_; }
  LogSink& log_sink() { return log_sink_; }
  NameTable& names() { return names_; }
  ShardHost& host() { return host_; }
  ShardTrace& trace() { return trace_; }
  const TurnProbe& probe() const { return probe_; }
  std::size_t actor_count() const { return actor_count_; }
  std::size_t ask_count() const { return asks_.size(); }
  std::size_t timer_count() const { return timers_.size(); }

 private:
  friend class Context;

  struct Slot {
    ActorCell* cell = nullptr;
    std::uint32_t generation = 1;
  };
  template <class A, class... Args>
  Result<Ref<A>> spawn_child(ActorCell* parent, SpawnOptions options, Args&&... args);
  Result<Address> add_actor(ActorCell* parent, const ActorType& type, SpawnOptions options,
                            std::move_only_function<std::unique_ptr<ActorBase>()> construct, bool restartable);

  // shard_spawn.cpp
  std::uint32_t take_slot();
  void free_slot(ActorCell& cell);
  static void adopt(ActorCell& parent, ActorCell& child);

  // shard.cpp: sending and turns
  SendOutcome send_local(EnvelopePtr envelope, ActorId to);
  SendOutcome enqueue(ActorCell& cell, EnvelopePtr envelope);
  void make_ready(ActorCell& cell);
  void run_turn(ActorCell& cell);
  void handle(ActorCell& cell, Envelope& envelope);
  void dispatch_message(ActorCell& cell, Envelope& envelope);
  void dead_letter(EnvelopePtr envelope, ErrorCode why, std::string detail);
  void count_dead_letter(ErrorCode why);
  void answer_error(const Envelope& question, Error error);
  ActorCell* find_cell(ActorId id) const;
  Address address_of(const ActorCell& cell) const { return {options_.node, cell.id}; }
  Address self_address() const { return {options_.node, ActorId::at(options_.index, 0, 1)}; }
  TimePoint due_in(Duration delay) const { return later(now_, std::max(delay, Duration::zero())); }

  // shard_pauses.cpp: what comes from other nodes. What each message asks is here, so that it can be inlined.
  /// 0 if it comes from this node.
  static std::size_t remote_size(Envelope& envelope) {
    constexpr std::size_t kEnvelopeBytes = 128;
    const EncodedPayload* encoded = envelope.encoded();
    return encoded == nullptr ? 0 : encoded->body.size() + kEnvelopeBytes;
  }
  /// For a message of this node (`remote` is 0), or for one from another.
  bool has_room(const ActorCell& cell, std::size_t remote) const {
    if (remote == 0) return cell.mailbox_messages < cell.mailbox_messages_max;
    return cell.remote_bytes == 0 || cell.remote_bytes + remote <= options_.mailbox_bytes_max;
  }
  bool is_filled(const ActorCell& cell, std::size_t share) const;
  void pause_sender(ActorCell& cell, const Address& sender);
  void send_pause(const ActorCell& cell, const Address& shard, bool is_on);
  void resume_senders(ActorCell& cell);
  void renew_pauses();
  bool is_in_order(Envelope& envelope);
  void handle_lost(Envelope& envelope);
  void handle_pause(Envelope& envelope);

  // shard_asks.cpp
  void start_ask(ActorCell* asker, EnvelopePtr envelope, const Address& to, Duration within, AnswerCallback callback);
  std::uint64_t open_ask(ActorCell* asker, const NodeId& to, Duration within, AnswerCallback callback);
  std::uint64_t open_completion(ActorCell& cell, Duration within, AnswerCallback callback);
  void finish_ask(Envelope& answer);
  PendingAsk take_ask(std::uint64_t correlation);
  void drop_asks(ActorCell& cell);
  void fail_ask_later(std::uint64_t correlation, const Address& asker, Error error);

  // shard_deliveries.cpp
  void start_delivery(ActorCell& sender, EnvelopePtr envelope, const Address& to, const DeliverOptions& options,
                      AnswerCallback callback);
  void take_delivery(EnvelopePtr envelope);

  // shard_lifecycle.cpp: failing, stopping, restarting, timers
  template <class Function>
  std::optional<std::string> run_code_of(ActorCell& cell, Function&& function, Envelope* envelope);
  template <class Function>
  void guarded(ActorCell& cell, Function&& function, Envelope* envelope = nullptr);
  void fail(ActorCell& failed, std::string what);
  OnFailure decide(ActorCell& cell);
  void restart(ActorCell& cell);
  Duration restart_pause(const Supervisor& supervisor);
  void begin_again(ActorCell& cell);
  void end(ActorCell& cell, EndReason reason, const std::string& detail);
  void end_one(ActorCell& cell, EndReason reason, const std::string& detail);
  void end_children(ActorCell& cell);
  void drop_callbacks(ActorCell& cell);
  TimerId add_actor_timer(ActorCell& cell, Duration delay, Duration interval, std::move_only_function<void()> callback);
  bool cancel_actor_timer(ActorCell& cell, TimerId timer);

  // trace/shard_spans.cpp: turns as spans
  void begin_span_of_message(const ActorCell& cell, Envelope& envelope);
  void begin_span_of_callback(const ActorCell& cell, const TraceContext& parent, std::string_view what);
  void begin_span_of_answer(const ActorCell& cell, const TraceContext& asked, const Envelope& answer);
  std::optional<TraceContext> begin_trace(const ActorCell& cell, const TraceContext* parent);

  // shard_watches.cpp: monitors and links
  void monitor(ActorCell& cell, const Address& target, DownCallback callback);
  void demonitor(ActorCell& cell, const Address& target);
  void watch_loss(ActorCell& cell, const Address& target, LossCallback callback, const Via& via);
  void link(ActorCell& cell, const Address& target);
  void unlink(ActorCell& cell, const Address& target);
  void trap_exits(ActorCell& cell, ExitCallback callback);
  static std::optional<Watch> read_watch(Envelope& envelope);
  SendOutcome send_watch(const ActorCell& cell, const Address& to, EnvelopeKind kind, const Address& target);
  void begin_watch(ActorCell& cell, const Address& target, EnvelopeKind kind);
  void handle_watch(ActorCell& cell, Envelope& envelope);
  void handle_signal(ActorCell& cell, Envelope& envelope);
  void handle_down(ActorCell& cell, const Down& down);
  void handle_exit(ActorCell& cell, const Exit& exit);
  void update_remote_watch(const ActorCell& cell, const Address& other);
  void tell_watcher(ActorId ended, const Watcher& watcher, EndReason reason, const std::string& detail);
  void tell_all_watchers(ActorCell& cell, EndReason reason, const std::string& detail);
  void forget_all_watches(ActorCell& cell);

  ShardOptions options_;
  const std::uint64_t first_incarnation_;  ///< Of this node, when its process started.
  ArrivalOrder arrivals_;
  ShardHost& host_;
  NameTable& names_;
  LogSink& log_sink_;
  Log log_;
  Random random_;
  ShardTrace trace_;
  TimePoint now_{};

  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_slots_;
  std::size_t actor_count_ = 0;
  ActorCell* ready_head_ = nullptr;
  ActorCell* ready_tail_ = nullptr;
  ActorCell* running_ = nullptr;
  Envelope* current_ = nullptr;

  TimerQueue timers_;
  std::unordered_map<std::uint64_t, PendingAsk> asks_;
  std::uint64_t last_correlation_ = 0;
  EnvelopeQueue own_answers_;  ///< Answers to asks that no actor made, and tasks.
  bool stopping_ = false;      ///< stop_all was called.
  std::unique_ptr<Deliveries> deliveries_;
  /// Per other node: the local actors that watch, or are watched by, actors there; and which.
  std::map<NodeId, std::map<ActorId, std::set<Address>>> remote_watches_;

  std::set<ActorId> paused_;         ///< Those whose senders are paused.
  std::set<ActorId> loss_watchers_;  ///< Those with a loss watch.

  TurnProbe probe_;
  Metrics& metrics_;
  std::array<Counter*, 32> dead_letters_{};  ///< By error code; a series begins with its first dead letter.
  Counter& failures_;
  Counter& restarts_;
  Counter& mailbox_refusals_;
  Gauge& actors_;
};

template <class A, class... Args>
Result<Ref<A>> Shard::spawn_child(ActorCell* parent, SpawnOptions options, Args&&... args) {
  Result<Address> address;
  if (options.supervision.on_failure == OnFailure::kRestart) {
    if constexpr ((std::copy_constructible<std::decay_t<Args>> && ...) &&
                  std::constructible_from<A, std::decay_t<Args>&...>) {
      auto construct = [arguments = std::tuple<std::decay_t<Args>...>(std::forward<Args>(args)...)]() mutable {
        return std::apply([](auto&... each) -> std::unique_ptr<ActorBase> { return std::make_unique<A>(each...); },
                          arguments);
      };
      address = add_actor(parent, A::actor_type(), std::move(options), std::move(construct), true);
    } else {
      return troupe::fail(ErrorCode::kInvalidArgument,
                          "an actor that restarts needs constructor arguments that can be copied");
    }
  } else {
    // Runs before add_actor returns, so references to the arguments are good.
    auto construct = [&]() -> std::unique_ptr<ActorBase> { return std::make_unique<A>(std::forward<Args>(args)...); };
    address = add_actor(parent, A::actor_type(), std::move(options), construct, false);
  }
  if (!address) return std::unexpected(address.error());
  return Ref<A>(*address);
}

}  // namespace troupe
