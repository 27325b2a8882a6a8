#pragma once

#include <atomic>
#include <memory>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "troupe/engine/journal_store.hpp"

namespace rocksdb {
class Env;
}  // namespace rocksdb

namespace troupe::engine {

struct RocksDbStoreOptions {
  std::string directory;
  std::size_t memory_bytes_max = 64U << 20U;
  rocksdb::Env* env = nullptr;  ///< Null: the real one.
};

/// Heads, events and snapshots in one RocksDB directory, which one process uses at a time.
///
/// After a failed write the log's end is in doubt: `recover` opens the database again, which settles it, since that
/// replays the log and writes what it found to tables. RocksDB's own Resume does not touch the log.
class RocksDbStore final : public JournalStore {
 public:
  /// As `RocksDbJournal::open`.
  static Result<std::unique_ptr<RocksDbStore>> open(const RocksDbStoreOptions& options);
  ~RocksDbStore() override;

  Result<std::vector<Result<document::StreamHead>>> heads(std::span<const std::string_view> streams) override;
  std::expected<std::vector<ChangeOutcome>, CommitFailure> commit(std::span<const StreamChange> changes) override;
  Result<OpenedSnapshot> opened_snapshot(std::string_view stream) override;
  Result<std::vector<document::Event>> read(const document::ReadRequest& request) override;
  Result<std::vector<std::string>> streams(std::string_view after, std::size_t count_max) override;
  Result<void> recover() override;
  /// Writes everything to tables, so that the next opening has no log to replay, and gives the directory free.
  void finish() override;

 private:
  struct Database;
  RocksDbStore(RocksDbStoreOptions options, std::unique_ptr<Database> database);
  static Result<std::unique_ptr<Database>> open_database(const RocksDbStoreOptions& options);
  template <class Use>
  auto with_database(Use use) -> decltype(use(std::declval<const Database&>()));

  const RocksDbStoreOptions options_;
  std::atomic<bool> is_reopening_ = false;
  std::shared_mutex mutex_;  ///< Only the writer replaces the database, so it reads the pointer without the lock.
  std::unique_ptr<Database> database_;
};

}  // namespace troupe::engine
