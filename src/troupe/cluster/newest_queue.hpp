#pragma once

#include <cstdint>
#include <list>
#include <unordered_map>
#include <utility>

#include "troupe/actor/envelope.hpp"

namespace troupe::cluster {

/// What waits on a lane of a monotonic channel: of each key the newest message, not encoded yet, in the order in which
/// the keys came. The owner bounds `size`.
class NewestQueue {
 public:
  /// Messages that replace each other: from one sender (or with one partition key) to one recipient, of one type.
  struct Key {
    std::uint64_t sender = 0;
    std::uint64_t recipient = 0;
    const PayloadType* type = nullptr;
    friend bool operator==(const Key&, const Key&) = default;
  };

  static Key key_of(const Envelope& envelope) {
    return {envelope.key != 0 ? envelope.key : envelope.sender.actor.raw(), envelope.recipient.raw(), envelope.type()};
  }

  bool contains(const Key& key) const { return places_.contains(key); }

  /// True if it took the place of an older one, which is gone.
  bool push(EnvelopePtr envelope) {
    const Key key = key_of(*envelope);
    if (const auto found = places_.find(key); found != places_.end()) {
      *found->second = std::move(envelope);
      return true;
    }
    waiting_.push_back(std::move(envelope));
    places_.emplace(key, std::prev(waiting_.end()));
    return false;
  }

  /// Null if empty.
  EnvelopePtr pop() {
    if (waiting_.empty()) return nullptr;
    EnvelopePtr first = std::move(waiting_.front());
    waiting_.pop_front();
    places_.erase(key_of(*first));
    return first;
  }

  std::size_t size() const { return waiting_.size(); }

 private:
  struct Hash {
    std::size_t operator()(const Key& key) const noexcept {
      return combine(combine(key.sender, key.recipient), reinterpret_cast<std::uintptr_t>(key.type));
    }
  };
  std::list<EnvelopePtr> waiting_;
  std::unordered_map<Key, std::list<EnvelopePtr>::iterator, Hash> places_;
};

}  // namespace troupe::cluster
