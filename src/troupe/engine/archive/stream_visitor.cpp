#include "troupe/engine/archive/stream_visitor.hpp"

#include <utility>

namespace troupe::engine {
namespace {

using document::Event;
using document::StreamHead;

constexpr std::size_t kPageStreams = 1000;
constexpr std::size_t kCommitEvents = 4096;
constexpr std::size_t kCommitBytes = 4U << 20U;

class StoreVisit {
 public:
  StoreVisit(JournalStore& store, StreamVisitor& visitor, const ArchiveProgress& progress)
      : store_(store), visitor_(visitor), progress_(progress) {}

  Result<ArchiveCounts> run() {
    for (std::string last;;) {
      auto streams = store_.streams(last, kPageStreams);
      if (!streams) return std::unexpected(std::move(streams.error()));
      if (streams->empty()) return counts_;
      for (const std::string& stream : *streams) {
        if (auto visited = visit(stream); !visited) return std::unexpected(std::move(visited.error()));
      }
      last = streams->back();
    }
  }

 private:
  Result<void> visit(const std::string& stream) {
    // The snapshot first: what is read after it is not older, so it has all events up to it.
    auto opened = store_.opened_snapshot(stream);
    if (!opened) return std::unexpected(std::move(opened.error()));
    const std::string_view name = stream;
    auto heads = store_.heads(std::span(&name, 1));
    if (!heads) return std::unexpected(std::move(heads.error()));
    if (!heads->front()) return std::unexpected(std::move(heads->front().error()));
    StreamHead head = std::move(*heads->front());
    head.snapshot_seq = opened->snapshot.seq;
    if (auto begun = visitor_.begin(stream, head); !begun) return begun;
    if (auto shown = show_events(stream, head.last_seq); !shown) return shown;
    if (head.snapshot_seq > 0) {
      if (auto shown = visitor_.snapshot(std::move(opened->snapshot)); !shown) return shown;
    }
    ++counts_.streams;
    progress_(counts_);
    return visitor_.end();
  }

  Result<void> show_events(const std::string& stream, std::uint64_t last_seq) {
    for (std::uint64_t seq = 0; seq < last_seq;) {
      auto page = store_.read({.stream = stream, .after = seq});
      if (!page) return std::unexpected(std::move(page.error()));
      if (page->empty()) return fail(ErrorCode::kCorrupt, "stream " + stream + " ends at " + std::to_string(seq));
      for (Event& event : *page) {
        if (event.seq > last_seq) break;  // Appended meanwhile.
        seq = event.seq;
        if (auto shown = visitor_.event(std::move(event)); !shown) return shown;
        ++counts_.events;
      }
      progress_(counts_);
    }
    return {};
  }

  JournalStore& store_;
  StreamVisitor& visitor_;
  const ArchiveProgress& progress_;
  ArchiveCounts counts_;
};

}  // namespace

Result<ArchiveCounts> visit_store(JournalStore& store, StreamVisitor& visitor, const ArchiveProgress& progress) {
  return StoreVisit(store, visitor, progress).run();
}

Result<void> StoringVisitor::begin(const std::string& stream, const StreamHead& head) {
  stream_ = stream;
  stored_ = {};
  head_ = head;
  head_.last_seq = head_.snapshot_seq = 0;
  snapshot_ = {};
  return {};
}

Result<void> StoringVisitor::event(Event event) {
  head_.last_seq = event.seq;
  bytes_ += document::size_bytes(event);
  events_.push_back(std::move(event));
  return events_.size() >= kCommitEvents || bytes_ >= kCommitBytes ? commit() : Result<void>();
}

Result<void> StoringVisitor::snapshot(document::Snapshot snapshot) {
  snapshot_ = std::move(snapshot);
  head_.snapshot_seq = snapshot_.seq;
  return {};
}

Result<void> StoringVisitor::end() { return head_ == stored_ ? Result<void>() : commit(); }

Result<void> StoringVisitor::commit() {
  StreamChange change{stream_, stored_, head_, {}, nullptr};
  for (const Event& event : events_) change.events.push_back(&event);
  if (head_.snapshot_seq != stored_.snapshot_seq) change.snapshot = &snapshot_;
  auto committed = store_.commit(std::span(&change, 1));
  if (!committed) return std::unexpected(std::move(committed.error().cause));
  if (committed->front() != ChangeOutcome::kWritten) {
    return fail(ErrorCode::kFenced, "somebody else writes stream " + stream_);
  }
  stored_ = head_;
  events_.clear();
  bytes_ = 0;
  return {};
}

}  // namespace troupe::engine
