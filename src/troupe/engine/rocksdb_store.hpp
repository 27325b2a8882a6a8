#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "troupe/base/error.hpp"
#include "troupe/document/journal.hpp"
#include "troupe/document/stream_rules.hpp"

namespace rocksdb {
class Env;
class WriteBatch;
}  // namespace rocksdb

namespace troupe::engine {

struct RocksDbStoreOptions {
  std::string directory;
  std::size_t memory_bytes_max = 64U << 20U;
  rocksdb::Env* env = nullptr;  ///< Null: the real one.
};

/// Heads, events and snapshots in one RocksDB directory: what is stored where, without a decision about what may be
/// written. Reading is for any thread; one thread at a time writes.
class RocksDbStore {
 public:
  /// Records that are written together or not at all.
  class Batch {
   public:
    explicit Batch(RocksDbStore& store);
    ~Batch();
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;

    void put_event(std::string_view stream, const document::Event& event);
    void put_head(std::string_view stream, const document::StreamHead& head);
    void put_snapshot(std::string_view stream, const document::Snapshot& snapshot);

   private:
    friend class RocksDbStore;
    RocksDbStore& store_;
    std::unique_ptr<rocksdb::WriteBatch> batch_;
  };

  /// As `RocksDbJournal::open`.
  static Result<std::unique_ptr<RocksDbStore>> open(const RocksDbStoreOptions& options);
  ~RocksDbStore();
  RocksDbStore(const RocksDbStore&) = delete;
  RocksDbStore& operator=(const RocksDbStore&) = delete;

  /// Zeros if there is no such stream.
  Result<document::StreamHead> head(std::string_view stream) const;
  /// Zeros if there is none.
  Result<document::Snapshot> snapshot(std::string_view stream) const;
  /// As `Journal::read`. A missing event is `corrupt`, too.
  Result<std::vector<document::Event>> read(const document::ReadRequest& request) const;

  /// Returns after the batch is on stable storage. After an error it is there or not, and the store takes no more
  /// batches: open another one.
  Result<void> commit(Batch& batch);
  /// Writes what is in memory to tables, so that the next opening has no log to replay.
  Result<void> flush();

 private:
  struct Database;
  explicit RocksDbStore(std::unique_ptr<Database> database);

  std::unique_ptr<Database> database_;
};

}  // namespace troupe::engine
