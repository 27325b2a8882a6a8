#include "troupe/actor/timer_queue.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

TimerId TimerQueue::add(TimePoint when, Action action, Duration interval) {
  std::uint32_t slot = free_;
  if (slot == kNone) {
    slot = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    free_ = slots_[slot].place;
  }
  Slot& timer = slots_[slot];
  timer.when = when;
  timer.interval = interval;
  timer.order = order_++;
  timer.armed = true;
  timer.action = std::move(action);
  heap_.push_back(slot);
  timer.place = static_cast<std::uint32_t>(heap_.size() - 1);
  sift_up(timer.place);
  return {slot, slots_[slot].generation};
}

bool TimerQueue::cancel(TimerId id) {
  if (!id || id.slot >= slots_.size()) return false;
  const Slot& timer = slots_[id.slot];
  if (!timer.armed || timer.generation != id.generation) return false;
  remove(id.slot);
  return true;
}

void TimerQueue::fire_due(TimePoint now) {
  const std::uint64_t added_later = order_;
  while (!heap_.empty() && slots_[heap_[0]].when <= now && slots_[heap_[0]].order < added_later) fire(heap_[0], now);
}

void TimerQueue::fire(std::uint32_t slot, TimePoint now) {
  if (slots_[slot].interval.count() == 0) return remove(slot)();
  const auto missed = (now - slots_[slot].when) / slots_[slot].interval;
  slots_[slot].when = later(slots_[slot].when + slots_[slot].interval * missed, slots_[slot].interval);
  slots_[slot].order = order_++;
  sift_down(slots_[slot].place);
  // The action may add timers, which moves the slots, or cancel this one.
  const std::uint32_t generation = slots_[slot].generation;
  Action action = std::move(slots_[slot].action);
  action();
  if (slots_[slot].armed && slots_[slot].generation == generation) slots_[slot].action = std::move(action);
}

bool TimerQueue::before(std::uint32_t a, std::uint32_t b) const {
  const Slot& left = slots_[a];
  const Slot& right = slots_[b];
  return left.when != right.when ? left.when < right.when : left.order < right.order;
}

void TimerQueue::put(std::uint32_t place, std::uint32_t slot) {
  heap_[place] = slot;
  slots_[slot].place = place;
}

void TimerQueue::sift_up(std::uint32_t place) {
  const std::uint32_t slot = heap_[place];
  while (place > 0) {
    const std::uint32_t parent = (place - 1) / 2;
    if (!before(slot, heap_[parent])) break;
    put(place, heap_[parent]);
    place = parent;
  }
  put(place, slot);
}

void TimerQueue::sift_down(std::uint32_t place) {
  const std::uint32_t slot = heap_[place];
  for (;;) {
    std::uint32_t child = 2 * place + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && before(heap_[child + 1], heap_[child])) ++child;
    if (!before(heap_[child], slot)) break;
    put(place, heap_[child]);
    place = child;
  }
  put(place, slot);
}

TimerQueue::Action TimerQueue::remove(std::uint32_t slot) {
  Slot& timer = slots_[slot];
  const std::uint32_t place = timer.place;
  const std::uint32_t last = heap_.back();
  heap_.pop_back();
  if (last != slot) {
    put(place, last);
    sift_up(place);
    sift_down(slots_[last].place);
  }
  Action action = std::move(timer.action);
  timer.action = nullptr;
  timer.armed = false;
  if (++timer.generation == 0) timer.generation = 1;
  timer.place = free_;
  free_ = slot;
  return action;
}

}  // namespace troupe
