#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "troupe/base/error.hpp"
#include "troupe/document/journal.hpp"
#include "troupe/document/stream_rules.hpp"

namespace troupe::engine {

/// What one group commit does to one stream. Views of the calls that asked for it.
struct StreamChange {
  std::string_view stream;
  document::StreamHead before;  ///< As the decision took it to be; `fence == 0`: there is no such stream.
  document::StreamHead after;
  std::vector<const document::Event*> events;
  const document::Snapshot* snapshot = nullptr;  ///< Null: it stays.
};

/// `kStale`: the stream's head is not `before`, so nothing of its change was written: decide again. `kRefused`: nothing
/// was written, and deciding again would not help.
enum class ChangeOutcome : std::uint8_t { kWritten, kStale, kRefused };

struct CommitFailure {
  Error cause;
  bool is_unknown = true;  ///< Whether anything was written; if false, nothing was.
};

/// Where a journal's streams are kept, without a decision about what may be written. One thread at a time writes
/// (`heads`, `commit`, `check`, `recover`, `finish`); any thread reads (`opened_snapshot`, `read`, `streams`).
class JournalStore {
 public:
  virtual ~JournalStore() = default;

  /// The heads of these streams, in their order; zeros for one that is not there. The inner error is that of one stream
  /// (`corrupt`), the outer one that of the store, to which `recover` belongs.
  virtual Result<std::vector<Result<document::StreamHead>>> heads(std::span<const std::string_view> streams) = 0;

  /// Writes the changes as one transaction and returns after they are on stable storage: each stream at most once, and
  /// a change whole or not at all. After a failure `recover` comes before the next commit.
  virtual std::expected<std::vector<ChangeOutcome>, CommitFailure> commit(std::span<const StreamChange> changes) = 0;

  /// The stream's snapshot (zeros if there is none), with a `last_seq` of the stream that is not older.
  struct OpenedSnapshot {
    document::Snapshot snapshot;
    std::uint64_t last_seq = 0;
  };
  virtual Result<OpenedSnapshot> opened_snapshot(std::string_view stream) = 0;
  /// As `Journal::read`. An event that is missing before the stream's end is `corrupt`.
  virtual Result<std::vector<document::Event>> read(const document::ReadRequest& request) = 0;

  /// The names of streams that were opened, in the order of their bytes: those after `after`, `count_max` at most.
  virtual Result<std::vector<std::string>> streams(std::string_view after, std::size_t count_max) = 0;

  /// Called now and then while nothing is to be written: whether a write would find the store at work.
  virtual Result<void> check() { return {}; }
  /// Makes the store usable again after a failure, and settles what became of the writes that failed.
  virtual Result<void> recover() = 0;
  /// Nothing will be written any more.
  virtual void finish() {}
};

}  // namespace troupe::engine
