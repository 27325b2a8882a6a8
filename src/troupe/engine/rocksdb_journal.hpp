#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "troupe/base/error.hpp"
#include "troupe/base/metrics.hpp"
#include "troupe/base/time.hpp"
#include "troupe/engine/engine_journal.hpp"

namespace rocksdb {
class Env;
}

namespace troupe::engine {

struct RocksDbJournalOptions {
  std::string directory;  ///< Made if it is not there. One process at a time.

  // What waits. A call beyond these is refused with `queue_full`; a request that alone is larger, with `too_large`.
  std::size_t queue_requests_max = 16'384;   ///< Opens, appends and snapshots that are not answered yet.
  std::size_t queue_bytes_max = 64U << 20U;  ///< What these hold.
  std::size_t reads_max = 4096;              ///< Reads that are not answered yet.

  // One group commit, which costs one flush of the disk. It takes at least one request.
  std::size_t batch_events_max = 4096;
  std::size_t batch_bytes_max = 4U << 20U;

  std::size_t read_threads = 2;
  std::size_t heads_cached_max = 65'536;  ///< Streams whose end is known without a read.
  std::size_t memory_bytes_max =
      64U << 20U;  ///< RocksDB's: half for what is not yet in files, half for what is cached.

  // After a failed write the database is opened again: at once, then after these delays, doubled each time, less up
  // to half of them.
  Duration reopen_delay_min = 100ms;
  Duration reopen_delay_max = 5s;

  /// Called with the error when the journal fails and with a value when it has recovered, on a thread of the journal.
  /// For the log.
  std::move_only_function<void(const Result<void>&)> on_health = {};
  Metrics* metrics = nullptr;  ///< Where the counters `troupe_journal_*` go; outlives the journal. Null: nowhere.
  rocksdb::Env* env =
      nullptr;  ///< The file system, for tests that make it fail; outlives the journal. Null: the real one.
};

/// The journal of one machine: RocksDB in a directory. README.md describes the format and what is promised.
///
/// One thread writes: it takes everything that waits as one batch, checks fences, writes it with one flush of the disk,
/// and only then answers. Reads run on a few other threads and do not wait for a flush, unless an earlier call on the
/// same stream does.
///
/// When a write fails, its appends are answered `kUnknown`, and until the database could be opened again every new
/// open, append and snapshot is refused with `unavailable`; `health` says why.
class RocksDbJournal final : public EngineJournal {
 public:
  /// The detail of an error names the directory and the remedy: `unavailable` if another process uses it,
  /// `input_output` if it cannot be written, `corrupt` if it is damaged, `invalid_argument` if another version of the
  /// format is in it.
  static Result<std::unique_ptr<RocksDbJournal>> open(RocksDbJournalOptions options);

  /// Closes.
  ~RocksDbJournal() override;

  void open(std::string stream, Done<document::OpenedStream> done) override;
  void append(document::AppendRequest request, Done<document::AppendOutcome> done) override;
  void read(document::ReadRequest request, Done<std::vector<document::Event>> done) override;
  void save_snapshot(std::string stream, std::uint64_t fence, document::Snapshot snapshot, Done<bool> done) override;

  /// Whether appends are taken; if not, why not. Any thread.
  Result<void> health() const override;

  /// Answers what waits, ends the threads and flushes. Calls that come later are refused with `stopping`. Once, and not
  /// from a `done`.
  void close() override;

 private:
  struct Parts;
  explicit RocksDbJournal(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace troupe::engine
