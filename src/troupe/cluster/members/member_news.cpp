#include "troupe/cluster/members/member_news.hpp"

namespace troupe::cluster {

void MemberNews::announce(const MemberChanged& change) {
  for (auto& [listener, waiting] : waiting_) tell_or_keep(listener, waiting, change);
}

void MemberNews::announce(const Listener& listener, const MemberChanged& change) {
  if (const auto found = waiting_.find(listener); found != waiting_.end())
    tell_or_keep(listener, found->second, change);
}

void MemberNews::tell_or_keep(const Listener& listener, Waiting& waiting, const MemberChanged& change) {
  if (waiting.empty() && tell_(listener, change) != SendOutcome::kFull) return;
  std::erase_if(waiting, [&](const MemberChanged& each) { return each.member.id() == change.member.id(); });
  waiting.push_back(change);
}

void MemberNews::catch_up() {
  for (auto& [listener, waiting] : waiting_) {
    while (!waiting.empty() && tell_(listener, waiting.front()) != SendOutcome::kFull) waiting.pop_front();
  }
}

std::size_t MemberNews::waiting() const {
  std::size_t count = 0;
  for (const auto& [listener, waiting] : waiting_) count += waiting.size();
  return count;
}

}  // namespace troupe::cluster
