#include "troupe/actor/delivery/causal_order.hpp"

#include "troupe/base/assert.hpp"

namespace troupe {

bool CausalOrder::submit(const Line& line, std::uint64_t message, std::uint64_t recipient) {
  const auto found = lines_.try_emplace(line).first;
  found->second.waiting.push_back({message, recipient});
  return found->second.waiting.size() == 1 && !advance(found).empty();
}

std::vector<std::uint64_t> CausalOrder::settle(const Line& line) {
  const auto found = lines_.find(line);
  TROUPE_ASSERT(found != lines_.end() && found->second.under_way > 0);
  --found->second.under_way;
  return advance(found);
}

std::vector<std::uint64_t> CausalOrder::withdraw(const Line& line, std::uint64_t message) {
  const auto found = lines_.find(line);
  if (found == lines_.end()) return {};
  std::erase_if(found->second.waiting, [&](const Waiting& each) { return each.message == message; });
  return advance(found);
}

std::vector<std::uint64_t> CausalOrder::advance(Lines::iterator line) {
  State& state = line->second;
  std::vector<std::uint64_t> now;
  while (!state.waiting.empty() && (state.under_way == 0 || state.waiting.front().recipient == state.recipient)) {
    state.recipient = state.waiting.front().recipient;
    ++state.under_way;
    now.push_back(state.waiting.front().message);
    state.waiting.pop_front();
  }
  if (state.under_way == 0) lines_.erase(line);
  return now;
}

}  // namespace troupe
