#include "troupe/actor/actor.hpp"
#include "troupe/actor/shard.hpp"
#include "troupe/actor/shard_guarded.hpp"
#include "troupe/base/assert.hpp"

namespace troupe {

std::uint32_t Shard::take_slot() {
  if (free_slots_.empty()) {
    slots_.emplace_back();
    return static_cast<std::uint32_t>(slots_.size() - 1);
  }
  const std::uint32_t index = free_slots_.back();
  free_slots_.pop_back();
  return index;
}

void Shard::adopt(ActorCell& parent, ActorCell& child) {
  child.parent = &parent;
  child.next_sibling = parent.first_child;
  if (parent.first_child != nullptr) parent.first_child->previous_sibling = &child;
  parent.first_child = &child;
}

Result<Address> Shard::add_actor(ActorCell* parent, const ActorType& type, SpawnOptions options,
                                 std::move_only_function<std::unique_ptr<ActorBase>()> construct, bool restartable) {
  const bool parent_ends = parent != nullptr && (parent->state != ActorState::kLive);
  if (stopping_ || parent_ends) {
    return troupe::fail(ErrorCode::kStopping, stopping_ ? "the node stops" : "the parent is ending");
  }
  if (options.supervision.when_exhausted == OnFailure::kRestart) {
    return troupe::fail(ErrorCode::kInvalidArgument,
                        "when_exhausted: what follows the last restart cannot be a restart");
  }
  if (actor_count_ >= options_.actors_max) {
    return troupe::fail(ErrorCode::kQueueFull, fmt::format("the shard has its {} actors (actors_max)", actor_count_));
  }
  const std::uint32_t index = take_slot();
  const ActorId id = ActorId::at(options_.index, index, slots_[index].generation);
  if (!options.name.empty() && !names_.claim(ActorId::named(options.name), id)) {
    free_slots_.push_back(index);
    return troupe::fail(ErrorCode::kNameTaken, fmt::format("another actor of this node is named '{}'", options.name));
  }
  auto* cell = new ActorCell;  // Owned by its slot; freed by free_slot.
  slots_[index].cell = cell;
  cell->id = id;
  cell->type = &type;
  cell->mailbox_messages_max =
      options.mailbox_messages_max != 0 ? options.mailbox_messages_max : options_.mailbox_messages_max;
  if (!options.name.empty()) cell->need_extras().name = std::move(options.name);
  if (parent != nullptr) adopt(*parent, *cell);
  if (trace_.is_active()) [[unlikely]]
    cell->need_extras().trace = trace_.carried();
  ++actor_count_;
  actors_.add(1);
  if (options.supervision.on_failure != OnFailure::kStop) {
    cell->need_extras().supervisor = std::make_unique<Supervisor>(Supervisor{options.supervision, nullptr, {}});
  }
  if (restartable) {
    cell->extras->supervisor->factory = std::move(construct);
    begin_again(*cell);
  } else {
    guarded(*cell, [&] { cell->actor = construct(); });
    cell = find_cell(id);  // Gone if the constructor threw.
    if (cell != nullptr) {
      cell->actor->context_ = Context(*this, *cell);
      make_ready(*cell);
    }
  }
  return Address{options_.node, id};
}

void Shard::begin_again(ActorCell& cell) {
  const ActorId id = cell.id;
  cell.state = ActorState::kLive;
  cell.started = false;
  guarded(cell, [&] { cell.actor = cell.extras->supervisor->factory(); });
  if (find_cell(id) == nullptr || !cell.actor) return;  // The constructor threw.
  cell.actor->context_ = Context(*this, cell);
  make_ready(cell);
}

void Shard::free_slot(ActorCell& cell) {
  if (cell.next_sibling != nullptr) cell.next_sibling->previous_sibling = cell.previous_sibling;
  if (cell.previous_sibling != nullptr) {
    cell.previous_sibling->next_sibling = cell.next_sibling;
  } else if (cell.parent != nullptr) {
    cell.parent->first_child = cell.next_sibling;
  }
  Slot& slot = slots_[cell.id.slot()];
  slot.cell = nullptr;
  slot.generation = ActorId::next_generation(slot.generation);
  free_slots_.push_back(cell.id.slot());
  --actor_count_;
  actors_.add(-1);
  if (!cell.ready) delete &cell;  // Else `run` does, when it meets it in the run queue.
}

}  // namespace troupe
