#pragma once

#include <string>

#include "troupe/base/hash.hpp"
#include "troupe/document/document_type.hpp"

namespace troupe::sim {

/// The simplest document that notices if events are lost, repeated or reordered: their number and a hash over them.
class LogDocument final : public document::DocumentState {
 public:
  Result<void> check(const Bytes& data) const override {
    if (data.empty()) return fail(ErrorCode::kInvalidEvent, "an entry must not be empty");
    return {};
  }
  void apply(const document::Event& event) override {
    ++count_;
    hash_ = hash64(event.data.span(), hash_);
  }
  Bytes snapshot() const override {
    return Bytes::copy_of("[" + std::to_string(count_) + "," + std::to_string(hash_) + "]");
  }
  Result<void> restore(const Bytes& snapshot) override {
    const std::string text(snapshot.view());
    unsigned long long count = 0;
    unsigned long long hash = 0;
    if (std::sscanf(text.c_str(), "[%llu,%llu]", &count, &hash) != 2)
      return fail(ErrorCode::kCorrupt, "not a log's snapshot");
    count_ = count;
    hash_ = hash;
    return {};
  }

 private:
  std::uint64_t count_ = 0;
  std::uint64_t hash_ = 0;
};

}  // namespace troupe::sim
