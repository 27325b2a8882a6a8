#pragma once

#include <mutex>
#include <shared_mutex>
#include <unordered_map>

#include "troupe/base/ids.hpp"

namespace troupe {

/// The named actors of one node. It is shared by the node's shards, and the only thing they share: a name is claimed
/// rarely and looked up under a shared lock, so a program that sends much to one named actor resolves the name once.
/// Any thread.
class NameTable {
 public:
  /// False if another actor has the name.
  bool claim(ActorId name, ActorId actor) {
    const std::unique_lock lock(mutex_);
    return actors_.try_emplace(name, actor).second;
  }

  void release(ActorId name, ActorId actor) {
    const std::unique_lock lock(mutex_);
    const auto found = actors_.find(name);
    if (found != actors_.end() && found->second == actor) actors_.erase(found);
  }

  /// Nobody if no actor has the name.
  ActorId find(ActorId name) const {
    const std::shared_lock lock(mutex_);
    const auto found = actors_.find(name);
    return found == actors_.end() ? ActorId() : found->second;
  }

 private:
  mutable std::shared_mutex mutex_;
  std::unordered_map<ActorId, ActorId> actors_;
};

}  // namespace troupe
