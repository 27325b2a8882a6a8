#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "troupe/base/error.hpp"
#include "troupe/document/journal.hpp"
#include "troupe/document/stream_rules.hpp"
#include "troupe/engine/journal_store.hpp"

namespace troupe::engine {

/// How far it has come.
struct ArchiveCounts {
  std::uint64_t streams = 0;
  std::uint64_t events = 0;

  friend bool operator==(const ArchiveCounts&, const ArchiveCounts&) = default;
};
using ArchiveProgress = std::function<void(const ArchiveCounts&)>;

/// Is shown all streams of a journal, one after another: `begin`, its events in order, its snapshot if it has one,
/// `end`. The first error ends it.
class StreamVisitor {
 public:
  virtual ~StreamVisitor() = default;
  /// `head.last_seq` events follow, and a snapshot unless `head.snapshot_seq` is 0.
  virtual Result<void> begin(const std::string& stream, const document::StreamHead& head) = 0;
  virtual Result<void> event(document::Event event) = 0;
  virtual Result<void> snapshot(document::Snapshot snapshot) = 0;
  virtual Result<void> end() = 0;
};

/// Shows what is in a store, page by page. Of a store to which others append meanwhile, each stream as it was at some
/// moment. `corrupt` if a record is damaged or an event is missing.
Result<ArchiveCounts> visit_store(JournalStore& store, StreamVisitor& visitor, const ArchiveProgress& progress);

/// Reads all, and keeps nothing.
class CountingVisitor final : public StreamVisitor {
 public:
  Result<void> begin(const std::string&, const document::StreamHead&) override { return {}; }
  Result<void> event(document::Event) override { return {}; }
  Result<void> snapshot(document::Snapshot) override { return {}; }
  Result<void> end() override { return {}; }
};

/// Writes streams into a store that has none of them.
class StoringVisitor final : public StreamVisitor {
 public:
  explicit StoringVisitor(JournalStore& store) : store_(store) {}

  Result<void> begin(const std::string& stream, const document::StreamHead& head) override;
  Result<void> event(document::Event event) override;
  Result<void> snapshot(document::Snapshot snapshot) override;
  Result<void> end() override;

 private:
  Result<void> commit();

  JournalStore& store_;
  std::string stream_;
  document::StreamHead stored_;  ///< As it is in the store.
  document::StreamHead head_;    ///< As the next commit leaves it.
  std::vector<document::Event> events_;
  std::size_t bytes_ = 0;
  document::Snapshot snapshot_;
};

}  // namespace troupe::engine
