#include "troupe/gateway/detail/admin/attempt_limit.hpp"

#include <algorithm>

namespace troupe::gateway::detail {

void AttemptLimit::on_failure(const std::string& who, TimePoint now) {
  if (!guessers_.contains(who) && guessers_.size() >= kGuessersMax) {
    guessers_.erase(std::ranges::min_element(guessers_, {}, [](const auto& guesser) { return guesser.second.began; }));
  }
  const auto [found, is_new] = guessers_.try_emplace(who, Guesser{now, 0});
  if (now - found->second.began >= kWindow) found->second = {now, 0};
  ++found->second.failures;
}

}  // namespace troupe::gateway::detail
