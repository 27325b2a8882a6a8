#include "troupe/actor/shard.hpp"

#include "troupe/actor/actor.hpp"
#include "troupe/actor/delivery/deliveries.hpp"
#include "troupe/actor/shard_guarded.hpp"
#include "troupe/base/assert.hpp"

namespace troupe {

namespace {

MetricLabels shard_label(std::uint32_t index) { return {{"shard", std::to_string(index)}}; }

}  // namespace

Shard::Shard(ShardOptions options, ShardHost& host, NameTable& names, Metrics& metrics, LogSink& log_sink,
             Random random)
    : options_(options),
      first_incarnation_(options.node.incarnation),
      host_(host),
      names_(names),
      log_sink_(log_sink),
      log_(log_sink, "actor"),
      random_(random),
      trace_(*this, options.trace, metrics, log_sink),
      metrics_(metrics),
      failures_(metrics.counter("troupe_actor_failures_total", "Actors whose handler or constructor threw")),
      restarts_(metrics.counter("troupe_actor_restarts_total", "Actors restarted by their supervision")),
      mailbox_refusals_(
          metrics.counter("troupe_mailbox_refusals_total", "Messages refused because a mailbox was full")),
      actors_(metrics.gauge("troupe_actors", "Actors alive", shard_label(options.index))) {
  TROUPE_ASSERT(options.index < options.shards && options.shards <= ActorId::kShardsMax);
  TROUPE_ASSERT(options.actors_max < ActorId::kSlotsMax);
  deliveries_ = std::make_unique<Deliveries>(*this, options.deliveries_max, metrics);
  slots_.resize(1);  // Slot 0 is the shard itself, which asks on behalf of code that is not an actor.
}

Shard::~Shard() {
  stop_all();
  // Callbacks that were never run may answer or send as they go, for which the shard must still be whole.
  asks_.clear();
  deliveries_.reset();
  timers_ = TimerQueue();
}

ActorCell* Shard::find_cell(ActorId id) const {
  if (id.slot() >= slots_.size()) return nullptr;
  const Slot& slot = slots_[id.slot()];
  return slot.generation == id.generation() ? slot.cell : nullptr;
}

SendOutcome Shard::send(EnvelopePtr envelope, const Address& to) {
  if (envelope->sender.actor.is_nobody() && running_ != nullptr) envelope->sender = address_of(*running_);
  envelope->recipient = to.actor;
  if (trace_.is_active()) [[unlikely]]
    trace_.stamp(*envelope);
  if (to.actor.is_nobody()) {
    dead_letter(std::move(envelope), ErrorCode::kNoSuchActor, "the ref is empty");
    return SendOutcome::kNoSuchActor;
  }
  if (!to.node.same_node(options_.node)) {
    return host_.send_to_node(to.node, std::move(envelope));
  }
  if (!is_here(to.node)) {
    dead_letter(std::move(envelope), ErrorCode::kNoSuchActor, "the actor lived before this node was restarted");
    return SendOutcome::kNoSuchActor;
  }
  return send_local(std::move(envelope), to.actor);
}

SendOutcome Shard::send_local(EnvelopePtr envelope, ActorId to) {
  const auto is_lost = [&](std::string why) {
    dead_letter(std::move(envelope), ErrorCode::kNoSuchActor, std::move(why));
    return SendOutcome::kNoSuchActor;
  };
  envelope->recipient = to;
  if (to.is_named()) to = names_.find(to);
  if (to.is_nobody()) return is_lost("no actor of this node has that name");
  envelope->recipient = to;
  if (to.shard() >= options_.shards) return is_lost("the node has no such shard");
  if (to.shard() != options_.index) return host_.send_to_shard(to.shard(), std::move(envelope));
  if (to.slot() == 0 && (envelope->kind == EnvelopeKind::kReply || envelope->kind == EnvelopeKind::kError)) {
    own_answers_.push(std::move(envelope));
    return SendOutcome::kTaken;
  }
  const bool may_be_late = (envelope->stamps && envelope->stamps->journey) || !arrivals_.empty();
  if (may_be_late && !is_in_order(*envelope)) [[unlikely]] {
    lose(*envelope, *envelope->stamps->journey, {ErrorCode::kUnreachable, "a later message took a shorter way"});
    return SendOutcome::kTaken;
  }
  if (envelope->kind == EnvelopeKind::kPause) return handle_pause(*envelope), SendOutcome::kTaken;
  if (envelope->kind == EnvelopeKind::kLost) return handle_lost(*envelope), SendOutcome::kTaken;
  ActorCell* cell = find_cell(to);
  if (cell == nullptr) return is_lost("the actor has ended");
  return enqueue(*cell, std::move(envelope));
}

void Shard::deliver(EnvelopePtr envelope) {
  if (envelope->is_for_deliveries()) return take_delivery(std::move(envelope));
  if (envelope->kind == EnvelopeKind::kTask || envelope->kind == EnvelopeKind::kRefusableTask) {
    own_answers_.push(std::move(envelope));
    return;
  }
  const ActorId to = envelope->recipient;
  const Address asker = envelope->sender;
  const std::uint64_t correlation = envelope->kind == EnvelopeKind::kAsk ? envelope->correlation : 0;
  if (send_local(std::move(envelope), to) != SendOutcome::kFull) return;
  // Its sender was told that it was taken. The queue to another shard destroyed it without a word, so the one who asked
  // is answered here; a mailbox that refused it has answered already, and a second answer does no harm.
  count_dead_letter(ErrorCode::kQueueFull);
  if (correlation == 0) return;
  EnvelopePtr answer =
      Envelope::make(EnvelopeKind::kError, Error{ErrorCode::kQueueFull, "the queue to the actor's shard is full"});
  answer->correlation = correlation;
  send(std::move(answer), asker);
}

SendOutcome Shard::enqueue(ActorCell& cell, EnvelopePtr envelope) {
  if (is_refusable(envelope->kind)) {
    const std::size_t remote = remote_size(*envelope);
    if (!has_room(cell, remote)) {
      mailbox_refusals_.add();
      answer_error(*envelope, Error{ErrorCode::kQueueFull, fmt::format("the mailbox of {} has its {} messages",
                                                                       cell.type->name, cell.mailbox_messages)});
      return SendOutcome::kFull;
    }
    ++cell.mailbox_messages;
    cell.remote_bytes += remote;
    if (remote > 0 && is_filled(cell, 2)) pause_sender(cell, envelope->sender);
  } else if (envelope->kind == EnvelopeKind::kStop && std::exchange(cell.stop_queued, true)) {
    return SendOutcome::kTaken;
  }
  cell.mailbox.push(std::move(envelope));
  make_ready(cell);
  return SendOutcome::kTaken;
}

void Shard::make_ready(ActorCell& cell) {
  if (cell.ready || cell.state != ActorState::kLive) return;
  cell.ready = true;
  cell.next_ready = nullptr;
  (ready_tail_ != nullptr ? ready_tail_->next_ready : ready_head_) = &cell;
  ready_tail_ = &cell;
}

bool Shard::run(TimePoint now, std::uint32_t turns_max) {
  TROUPE_ASSERT(running_ == nullptr);
  now_ = now;
  timers_.fire_due(now);
  for (std::uint32_t i = 0; i < turns_max; ++i) {  // A task may post itself again: that one waits for its next turn.
    const EnvelopePtr envelope = own_answers_.pop();
    if (!envelope) break;
    if (auto* task = envelope->get<ShardTask>(local_payload_type<ShardTask>)) {
      (*task)(*this);
    } else {
      finish_ask(*envelope);
    }
  }
  for (std::uint32_t turn = 0; turn < turns_max && ready_head_ != nullptr; ++turn) {
    ActorCell* cell = ready_head_;
    ready_head_ = cell->next_ready;
    if (ready_head_ == nullptr) ready_tail_ = nullptr;
    cell->ready = false;
    if (cell->state == ActorState::kEnded) {
      delete cell;
    } else if (cell->state == ActorState::kLive) {
      run_turn(*cell);
    }
  }
  return has_ready();
}

void Shard::run_turn(ActorCell& cell) {
  const ActorId id = cell.id;
  const std::uint32_t instance = cell.instance;
  // The cell may end or restart in any message: it is looked up again after each.
  const auto still_runs = [&] {
    return find_cell(id) == &cell && cell.instance == instance && cell.state == ActorState::kLive;
  };
  if (!cell.started) {
    cell.started = true;
    if (cell.extras && cell.extras->trace) [[unlikely]]
      begin_span_of_callback(cell, *std::exchange(cell.extras->trace, nullptr), "start");
    guarded(cell, [&] { cell.actor->on_start(); });
    if (!still_runs()) return;
  }
  for (std::uint32_t i = 0; i < options_.turn_messages; ++i) {
    EnvelopePtr envelope = cell.mailbox.pop();
    if (!envelope) return;
    if (is_refusable(envelope->kind)) {
      --cell.mailbox_messages;
      cell.remote_bytes -= remote_size(*envelope);
      if (cell.extras && !cell.extras->paused.empty() && !is_filled(cell, 4)) resume_senders(cell);
    }
    if (envelope->stamps) [[unlikely]]
      begin_span_of_message(cell, *envelope);
    guarded(cell, [&] { handle(cell, *envelope); }, envelope.get());
    if (!still_runs()) return;
  }
  if (!cell.mailbox.empty()) make_ready(cell);
}

void Shard::handle(ActorCell& cell, Envelope& envelope) {
  switch (envelope.kind) {
    case EnvelopeKind::kTell:
    case EnvelopeKind::kAsk: return dispatch_message(cell, envelope);
    case EnvelopeKind::kReply:
    case EnvelopeKind::kError: return finish_ask(envelope);
    case EnvelopeKind::kSignal: return handle_signal(cell, envelope);
    case EnvelopeKind::kMonitor:
    case EnvelopeKind::kDemonitor:
    case EnvelopeKind::kLink:
    case EnvelopeKind::kUnlink:
    case EnvelopeKind::kLinkCheck: return handle_watch(cell, envelope);
    case EnvelopeKind::kStop: cell.stop_requested = true; return;
    case EnvelopeKind::kAcknowledge:
    case EnvelopeKind::kPause:
    case EnvelopeKind::kLost:
    case EnvelopeKind::kTask:
    case EnvelopeKind::kRefusableTask: break;
  }
  log_.warning("{} was sent an envelope of unknown kind {}; it is dropped", cell.type->name,
               static_cast<int>(envelope.kind));
}

void Shard::dispatch_message(ActorCell& cell, Envelope& envelope) {
  const DispatchOutcome outcome = cell.type->dispatch(*cell.actor, *this, envelope);
  if (outcome == DispatchOutcome::kHandled) return;
  const bool corrupt = outcome == DispatchOutcome::kCorrupt;
  std::string_view name = envelope.type() != nullptr ? envelope.type()->name : "nothing";
  if (EncodedPayload* encoded = envelope.encoded()) name = cell.type->message_name(encoded->tag);
  const std::string detail =
      fmt::format("{} {} {}", cell.type->name, corrupt ? "cannot decode" : "does not handle", name);
  log_.warning("{}; the message is dropped", detail);
  const ErrorCode why = corrupt ? ErrorCode::kCorrupt : ErrorCode::kNotHandled;
  count_dead_letter(why);
  answer_error(envelope, Error{why, detail});
}

void Shard::answer_error(const Envelope& question, Error error) {
  if (question.kind != EnvelopeKind::kAsk) return;
  EnvelopePtr answer = Envelope::make(EnvelopeKind::kError, std::move(error));
  answer->correlation = question.correlation;
  send(std::move(answer), question.sender);
}

void Shard::count_dead_letter(ErrorCode why) {
  Counter*& counter = dead_letters_[std::min<std::size_t>(static_cast<std::size_t>(why), dead_letters_.size() - 1)];
  if (counter == nullptr) {
    counter = &metrics_.counter("troupe_dead_letters_total", "Messages that no handler received",
                                {{"reason", std::string(to_string(why))}});
  }
  counter->add();
}

void Shard::dead_letter(EnvelopePtr envelope, ErrorCode why, std::string detail) {
  switch (envelope->kind) {
    case EnvelopeKind::kTell:
    case EnvelopeKind::kAsk: count_dead_letter(why); return answer_error(*envelope, Error{why, std::move(detail)});
    case EnvelopeKind::kMonitor:
    case EnvelopeKind::kLink:
      if (const auto watch = read_watch(*envelope)) {
        const bool is_link = envelope->kind == EnvelopeKind::kLink;
        tell_watcher(envelope->recipient, {envelope->sender, watch->target, is_link}, EndReason::kNoSuchActor, detail);
      }
      return;
    case EnvelopeKind::kLinkCheck:  // The one that made the link is gone, and its Exit was lost with a connection.
      return tell_watcher(envelope->recipient, {envelope->sender, {options_.node, envelope->recipient}, true},
                          EndReason::kNoSuchActor, detail);
    default: return;  // Answers and signals to an actor that has ended: nobody waits for them.
  }
}

}  // namespace troupe
