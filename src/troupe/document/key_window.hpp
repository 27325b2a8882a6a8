#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace troupe::document {

/// The last keys of a document and the seq of each: what makes a client's retry harmless.
class KeyWindow {
 public:
  explicit KeyWindow(std::size_t keys_max) : keys_max_(keys_max) {}

  void add(const std::string& key, std::uint64_t seq) {
    if (!seqs_.try_emplace(key, seq).second) return;
    order_.push_back(key);
    if (order_.size() <= keys_max_) return;
    seqs_.erase(order_.front());
    order_.pop_front();
  }

  std::optional<std::uint64_t> find(const std::string& key) const {
    const auto found = seqs_.find(key);
    return found == seqs_.end() ? std::nullopt : std::optional(found->second);
  }

  void clear() {
    seqs_.clear();
    order_.clear();
  }

  /// Oldest first.
  std::vector<std::pair<std::string, std::uint64_t>> entries() const {
    std::vector<std::pair<std::string, std::uint64_t>> entries;
    entries.reserve(order_.size());
    for (const std::string& key : order_) entries.emplace_back(key, seqs_.at(key));
    return entries;
  }

 private:
  std::size_t keys_max_;
  std::deque<std::string> order_;
  std::unordered_map<std::string, std::uint64_t> seqs_;
};

}  // namespace troupe::document
