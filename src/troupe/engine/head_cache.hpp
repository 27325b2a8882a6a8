#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "troupe/document/stream_rules.hpp"

namespace troupe::engine {

/// The heads of the streams used last, so that an append need not read the disk. The least recently used one goes when
/// there are too many. One thread.
class HeadCache {
 public:
  /// `heads_max` is at least 1.
  explicit HeadCache(std::size_t heads_max) : heads_max_(heads_max) {}

  /// Null if it is not here; valid until the next call of another function.
  const document::StreamHead* find(std::string_view stream) {
    const auto found = by_name_.find(stream);
    if (found == by_name_.end()) return nullptr;
    heads_.splice(heads_.begin(), heads_, found->second);
    return &found->second->second;
  }

  void put(std::string_view stream, document::StreamHead head) {
    if (const auto found = by_name_.find(stream); found != by_name_.end()) {
      found->second->second = std::move(head);
      heads_.splice(heads_.begin(), heads_, found->second);
      return;
    }
    if (heads_.size() >= heads_max_) {
      by_name_.erase(heads_.back().first);
      heads_.pop_back();
    }
    heads_.emplace_front(stream, std::move(head));
    by_name_.emplace(heads_.front().first, heads_.begin());
  }

  void erase(std::string_view stream) {
    const auto found = by_name_.find(stream);
    if (found == by_name_.end()) return;
    const auto entry = found->second;
    by_name_.erase(found);
    heads_.erase(entry);
  }

  void clear() {
    by_name_.clear();
    heads_.clear();
  }

  std::size_t size() const { return heads_.size(); }

 private:
  using Heads = std::list<std::pair<const std::string, document::StreamHead>>;

  std::size_t heads_max_;
  Heads heads_;                                                    ///< The most recently used first.
  std::unordered_map<std::string_view, Heads::iterator> by_name_;  ///< Views of the names in `heads_`.
};

}  // namespace troupe::engine
