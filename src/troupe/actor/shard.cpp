#include "troupe/actor/shard.hpp"

#include "troupe/actor/actor.hpp"
#include "troupe/actor/shard_guarded.hpp"
#include "troupe/base/assert.hpp"

namespace troupe {

namespace {

MetricLabels shard_label(std::uint32_t index) { return {{"shard", std::to_string(index)}}; }

}  // namespace

Shard::Shard(ShardOptions options, ShardHost& host, NameTable& names, Metrics& metrics, LogSink& log_sink, Random random)
    : options_(options),
      host_(host),
      names_(names),
      log_sink_(log_sink),
      log_(log_sink, "actor"),
      random_(random),
      metrics_(metrics),
      failures_(metrics.counter("troupe_actor_failures_total", "Actors whose handler or constructor threw")),
      restarts_(metrics.counter("troupe_actor_restarts_total", "Actors restarted by their supervision")),
      mailbox_refusals_(metrics.counter("troupe_mailbox_refusals_total", "Messages refused because a mailbox was full")),
      actors_(metrics.gauge("troupe_actors", "Actors alive", shard_label(options.index))) {
  TROUPE_ASSERT(options.index < ActorId::kShardsMax);
  slots_.resize(1);  // Slot 0 is the shard itself, which asks on behalf of code that is not an actor.
}

Shard::~Shard() { stop_all(); }

Address Shard::self_address() const { return {options_.node, ActorId::at(options_.index, 0, 1)}; }

ActorCell* Shard::find_cell(ActorId id) const {
  if (id.slot() >= slots_.size()) return nullptr;
  const Slot& slot = slots_[id.slot()];
  return slot.generation == id.generation() ? slot.cell : nullptr;
}

Result<Address> Shard::add_actor(ActorCell* parent, const ActorType& type, SpawnOptions options,
                                 std::move_only_function<std::unique_ptr<ActorBase>()> construct, bool restartable) {
  if (actor_count_ >= options_.actors_max) {
    return troupe::fail(ErrorCode::kQueueFull, fmt::format("the shard has its {} actors (actors_max)", actor_count_));
  }
  std::uint32_t index = 0;
  if (free_slots_.empty()) {
    index = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    index = free_slots_.back();
    free_slots_.pop_back();
  }
  auto* cell = new ActorCell;  // Owned by its slot; freed by free_slot.
  Slot& slot = slots_[index];
  slot.cell = cell;
  cell->id = ActorId::at(options_.index, index, slot.generation);
  cell->type = &type;
  cell->mailbox_messages_max = options.mailbox_messages_max != 0 ? options.mailbox_messages_max : options_.mailbox_messages_max;
  if (!options.name.empty()) {
    if (!names_.claim(ActorId::named(options.name), cell->id)) {
      slot.cell = nullptr;
      delete cell;
      free_slots_.push_back(index);
      return troupe::fail(ErrorCode::kNameTaken, fmt::format("another actor of this node is named '{}'", options.name));
    }
    cell->need_extras().name = std::move(options.name);
  }
  ++actor_count_;
  actors_.add(1);
  if (parent != nullptr) {
    cell->parent = parent;
    cell->next_sibling = parent->first_child;
    if (parent->first_child != nullptr) parent->first_child->previous_sibling = cell;
    parent->first_child = cell;
  }
  if (options.supervision.on_failure != OnFailure::kStop) {
    cell->need_extras().supervisor = std::make_unique<Supervisor>(Supervisor{options.supervision, nullptr, {}});
  }
  const Address address = address_of(*cell);
  if (restartable) {
    cell->extras->supervisor->factory = std::move(construct);
    guarded(*cell, [&] { cell->actor = cell->extras->supervisor->factory(); });
  } else {
    guarded(*cell, [&] { cell->actor = construct(); });
  }
  cell = find_cell(address.actor);  // Gone if the constructor threw and the rule is to stop.
  if (cell != nullptr && cell->actor) {
    cell->actor->context_ = Context(*this, *cell);
    make_ready(*cell);
  }
  return address;
}

SendOutcome Shard::send(EnvelopePtr envelope, const Address& to) {
  if (envelope->sender.actor.is_nobody() && running_ != nullptr) envelope->sender = address_of(*running_);
  if (!to.node.same_node(options_.node)) {
    envelope->recipient = to.actor;
    return host_.send_to_node(to.node, std::move(envelope));
  }
  if (to.node.incarnation != 0 && to.node.incarnation != options_.node.incarnation) {
    envelope->recipient = to.actor;
    dead_letter(std::move(envelope), ErrorCode::kNoSuchActor, "the actor lived before this node was restarted");
    return SendOutcome::kNoSuchActor;
  }
  return send_local(std::move(envelope), to.actor);
}

SendOutcome Shard::send_local(EnvelopePtr envelope, ActorId to) {
  envelope->recipient = to;
  if (to.is_named()) to = names_.find(to);
  if (to.is_nobody()) {
    dead_letter(std::move(envelope), ErrorCode::kNoSuchActor, "no actor of this node has that name");
    return SendOutcome::kNoSuchActor;
  }
  if (to.shard() != options_.index) return host_.send_to_shard(to.shard(), std::move(envelope));
  if (to.slot() == 0) {  // The shard itself.
    own_answers_.push(std::move(envelope));
    return SendOutcome::kTaken;
  }
  ActorCell* cell = find_cell(to);
  if (cell == nullptr) {
    dead_letter(std::move(envelope), ErrorCode::kNoSuchActor, "the actor has ended");
    return SendOutcome::kNoSuchActor;
  }
  return enqueue(*cell, std::move(envelope));
}

void Shard::deliver(EnvelopePtr envelope) {
  if (envelope->kind == EnvelopeKind::kTask || envelope->kind == EnvelopeKind::kRefusableTask) {
    own_answers_.push(std::move(envelope));
    return;
  }
  const ActorId to = envelope->recipient;
  send_local(std::move(envelope), to);
}

SendOutcome Shard::enqueue(ActorCell& cell, EnvelopePtr envelope) {
  if (is_refusable(envelope->kind)) {
    if (cell.mailbox_messages >= cell.mailbox_messages_max) {
      mailbox_refusals_.add();
      answer_error(*envelope, Error{ErrorCode::kQueueFull, fmt::format("the mailbox of {} has its {} messages",
                                                                       cell.type->name, cell.mailbox_messages)});
      return SendOutcome::kFull;
    }
    ++cell.mailbox_messages;
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
  now_ = now;
  timers_.fire_due(now);
  while (EnvelopePtr envelope = own_answers_.pop()) {
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
      continue;
    }
    if (cell->state == ActorState::kLive) run_turn(*cell);
  }
  return ready_head_ != nullptr || !own_answers_.empty();
}

void Shard::run_turn(ActorCell& cell) {
  const ActorId id = cell.id;
  const std::uint32_t instance = cell.instance;
  // The cell may end or restart in any message: it is looked up again after each.
  const auto still_runs = [&] { return find_cell(id) == &cell && cell.instance == instance && cell.state == ActorState::kLive; };
  if (!cell.started) {
    cell.started = true;
    guarded(cell, [&] { cell.actor->on_start(); });
    if (!still_runs()) return;
  }
  for (std::uint32_t i = 0; i < options_.turn_messages; ++i) {
    EnvelopePtr envelope = cell.mailbox.pop();
    if (!envelope) return;
    if (is_refusable(envelope->kind)) --cell.mailbox_messages;
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
    case EnvelopeKind::kUnlink: return handle_watch(cell, envelope);
    case EnvelopeKind::kStop: cell.stop_requested = true; return;
    case EnvelopeKind::kTask:
    case EnvelopeKind::kRefusableTask: break;
  }
  log_.warning("{} was sent an envelope of unknown kind {}; it is dropped", cell.type->name, static_cast<int>(envelope.kind));
}

void Shard::dispatch_message(ActorCell& cell, Envelope& envelope) {
  const DispatchOutcome outcome = cell.type->dispatch(*cell.actor, *this, envelope);
  if (outcome == DispatchOutcome::kHandled) return;
  const bool corrupt = outcome == DispatchOutcome::kCorrupt;
  std::string_view name = envelope.type() != nullptr ? envelope.type()->name : "nothing";
  if (EncodedPayload* encoded = envelope.encoded()) name = cell.type->message_name(encoded->tag);
  const std::string detail = fmt::format("{} {} {}", cell.type->name, corrupt ? "cannot decode" : "does not handle", name);
  log_.warning("{}; the message is dropped", detail);
  metrics_.counter("troupe_dead_letters_total", "Messages that no handler received", {{"reason", corrupt ? "corrupt" : "not_handled"}})
      .add();
  answer_error(envelope, Error{corrupt ? ErrorCode::kCorrupt : ErrorCode::kNotHandled, detail});
}

void Shard::answer_error(const Envelope& question, Error error) {
  if (question.kind != EnvelopeKind::kAsk) return;
  EnvelopePtr answer = Envelope::make(EnvelopeKind::kError, std::move(error));
  answer->correlation = question.correlation;
  send(std::move(answer), question.sender);
}

void Shard::dead_letter(EnvelopePtr envelope, ErrorCode why, std::string detail) {
  switch (envelope->kind) {
    case EnvelopeKind::kTell:
    case EnvelopeKind::kAsk:
      metrics_.counter("troupe_dead_letters_total", "Messages that no handler received", {{"reason", std::string(to_string(why))}})
          .add();
      answer_error(*envelope, Error{why, std::move(detail)});
      return;
    case EnvelopeKind::kMonitor:
    case EnvelopeKind::kLink: {
      Watch watch;
      if (const Watch* local = envelope->get<Watch>()) watch = *local;
      if (EncodedPayload* encoded = envelope->encoded()) watch = wire::decode<Watch>(encoded->body).value_or(Watch{});
      tell_watcher({envelope->sender, watch.target, envelope->kind == EnvelopeKind::kLink}, EndReason::kNoSuchActor, detail);
      return;
    }
    default: return;  // Answers and signals to an actor that has ended: nobody waits for them.
  }
}

}  // namespace troupe
