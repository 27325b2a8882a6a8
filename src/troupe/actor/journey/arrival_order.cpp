#include "troupe/actor/journey/arrival_order.hpp"

namespace troupe {

bool ArrivalOrder::accept(const Journey& journey) {
  if (journey.number == 0) return true;
  std::uint64_t& last = last_[{journey.from, journey.shard}][journey.group % kGroups];
  if (journey.number <= last) return false;
  last = journey.number;
  return true;
}

void ArrivalOrder::forget(const NodeId& node) {
  const auto first = last_.lower_bound({node, 0});
  auto last = first;
  while (last != last_.end() && last->first.first == node) ++last;
  last_.erase(first, last);
}

}  // namespace troupe
