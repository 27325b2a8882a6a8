#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "troupe/base/time.hpp"

namespace troupe::gateway::detail {

/// Bounds how often somebody may guess: after so many failures within a minute of the first one, until that minute is
/// over, no further attempt is looked at. Remembers a bounded number of guessers; while there are more, the one that
/// failed longest ago is forgotten.
class AttemptLimit {
 public:
  static constexpr Duration kWindow = 1min;
  static constexpr std::size_t kGuessersMax = 4096;

  explicit AttemptLimit(std::uint32_t failures_max) : failures_max_(failures_max) {}

  bool may_try(const std::string& who, TimePoint now) const {
    const auto found = guessers_.find(who);
    return found == guessers_.end() || now - found->second.began >= kWindow || found->second.failures < failures_max_;
  }
  void on_failure(const std::string& who, TimePoint now);

 private:
  struct Guesser {
    TimePoint began{};
    std::uint32_t failures = 0;
  };

  std::uint32_t failures_max_;
  std::map<std::string, Guesser> guessers_;
};

}  // namespace troupe::gateway::detail
