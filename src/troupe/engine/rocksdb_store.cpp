#include "troupe/engine/rocksdb_store.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "troupe/engine/journal_record.hpp"

namespace troupe::engine {
namespace {

using document::Event;
using document::ReadRequest;
using document::Snapshot;
using document::StreamHead;

constexpr std::string_view kFormatKey = "format";
constexpr std::string_view kRemedy = "; choose another --data or correct its permissions";

rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }
rocksdb::Slice slice(const Bytes& bytes) { return slice(bytes.view()); }
Bytes copy_of(const rocksdb::Slice& content) {
  return Bytes::copy_of(std::string_view(content.data(), content.size()));
}

Error error_of(const rocksdb::Status& status, const std::string& what) {
  return {status.IsCorruption() ? ErrorCode::kCorrupt : ErrorCode::kInputOutput, what + ": " + status.ToString()};
}

/// The best of those that this build of RocksDB has.
rocksdb::CompressionType compression(std::initializer_list<rocksdb::CompressionType> wanted) {
  const auto supported = rocksdb::GetSupportedCompressions();
  for (const auto type : wanted) {
    if (std::ranges::find(supported, type) != supported.end()) return type;
  }
  return rocksdb::kNoCompression;
}

rocksdb::DBOptions database_options(const RocksDbStoreOptions& options) {
  rocksdb::DBOptions db;
  if (options.env != nullptr) db.env = options.env;
  db.create_if_missing = true;
  db.create_missing_column_families = true;
  db.db_write_buffer_size = options.memory_bytes_max / 2;
  db.max_total_wal_size = 2 * options.memory_bytes_max;  // Bounds what an opening replays.
  db.max_open_files = 512;
  db.max_background_jobs = 2;
  db.bytes_per_sync = 1U << 20U;
  // One thread writes: what RocksDB does to let several threads write at once only costs.
  db.allow_concurrent_memtable_write = false;
  db.enable_write_thread_adaptive_yield = false;
  db.info_log_level = rocksdb::WARN_LEVEL;
  db.keep_log_file_num = 3;
  db.max_log_file_size = 1U << 20U;
  db.stats_dump_period_sec = 0;
  return db;
}

rocksdb::ColumnFamilyOptions family_options(const RocksDbStoreOptions& options,
                                            const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  rocksdb::ColumnFamilyOptions family;
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  family.write_buffer_size = std::max<std::size_t>(options.memory_bytes_max / 4, 1U << 16U);
  family.compression = compression({rocksdb::kLZ4Compression, rocksdb::kSnappyCompression});
  family.bottommost_compression = compression({rocksdb::kZSTD, rocksdb::kLZ4Compression});
  return family;
}

Result<void> prepare_directory(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error)
    return fail(ErrorCode::kInputOutput, "cannot make " + directory + ": " + error.message() + std::string(kRemedy));
  if (::access(directory.c_str(), W_OK | X_OK) != 0) {
    return fail(ErrorCode::kInputOutput,
                "cannot write to " + directory + ": " + std::strerror(errno) + std::string(kRemedy));
  }
  return {};
}

Error opening_error(const rocksdb::Status& status, const std::string& directory) {
  const std::string text = status.ToString();
  // RocksDB has no code of its own for a lock that another holds ("While lock file: ...", "lock hold by current
  // process").
  if (status.IsIOError() && (text.contains("lock file") || text.contains("lock hold"))) {
    return {ErrorCode::kUnavailable,
            "another troupe process uses " + directory + "; stop it or choose another --data (" + text + ")"};
  }
  if (status.IsCorruption()) {
    return {ErrorCode::kCorrupt, "the journal in " + directory + " is damaged: " + text + "; restore it from a backup"};
  }
  if (status.IsInvalidArgument()) {
    return {ErrorCode::kInvalidArgument, directory + " holds a database that this program does not know: " + text};
  }
  return error_of(status, "cannot open the journal in " + directory);
}

}  // namespace

struct RocksDbStore::Database {
  std::shared_ptr<rocksdb::Cache> cache;
  std::unique_ptr<rocksdb::DB> db;
  std::vector<rocksdb::ColumnFamilyHandle*> families;  ///< Default, heads, events, snapshots.

  rocksdb::ColumnFamilyHandle* heads() const { return families[1]; }
  rocksdb::ColumnFamilyHandle* events() const { return families[2]; }
  rocksdb::ColumnFamilyHandle* snapshots() const { return families[3]; }

  ~Database() {
    for (auto* family : families) db->DestroyColumnFamilyHandle(family);
  }

  /// The record, empty if it is not there.
  Result<Bytes> get(rocksdb::ColumnFamilyHandle* family, std::string_view key, const std::string& what) const {
    rocksdb::PinnableSlice value;
    const auto status = db->Get(rocksdb::ReadOptions(), family, slice(key), &value);
    if (status.IsNotFound()) return Bytes{};
    if (!status.ok()) return std::unexpected(error_of(status, what));
    return copy_of(value);
  }

  /// Zeros if there is no such stream.
  Result<StreamHead> head(std::string_view stream) const;
  /// Zeros if there is none.
  Result<Snapshot> snapshot(std::string_view stream) const;
  Result<std::vector<Event>> read(const ReadRequest& request) const;

  /// Marks a new database with the version of its format, and refuses one with another.
  Result<void> check_format(const std::string& directory) {
    const std::string ours = std::to_string(kFormatVersion);
    auto found = get(families[0], kFormatKey, "the format of the journal in " + directory);
    if (!found) return std::unexpected(found.error());
    if (found->view() == ours) return {};
    if (!found->empty()) {
      return fail(ErrorCode::kInvalidArgument, "the journal in " + directory + " has format " +
                                                   std::string(found->view()) + "; this program reads format " + ours);
    }
    rocksdb::WriteOptions synced;
    synced.sync = true;
    const auto status = db->Put(synced, families[0], slice(kFormatKey), slice(ours));
    if (!status.ok()) return std::unexpected(error_of(status, "cannot write to " + directory));
    return {};
  }
};

Result<StreamHead> RocksDbStore::Database::head(std::string_view stream) const {
  auto record = get(heads(), stream, "the head of stream " + std::string(stream));
  if (!record) return std::unexpected(record.error());
  if (record->empty()) return StreamHead{};
  return decode_head(stream, *record);
}

Result<Snapshot> RocksDbStore::Database::snapshot(std::string_view stream) const {
  auto record = get(snapshots(), stream, "the snapshot of stream " + std::string(stream));
  if (!record) return std::unexpected(record.error());
  if (record->empty()) return Snapshot{};
  return decode_snapshot(stream, *record);
}

Result<std::vector<Event>> RocksDbStore::Database::read(const ReadRequest& request) const {
  std::vector<Event> events;
  // The head first: the iterator then sees at least the events up to its last seq, so one that is missing is a loss and
  // not a race.
  const auto head = this->head(request.stream);
  if (!head) return std::unexpected(head.error());
  if (request.events_max == 0 || request.after >= head->last_seq) return events;

  const std::string end = event_key_end(request.stream);
  const rocksdb::Slice upper_bound = slice(end);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &upper_bound;
  const std::unique_ptr<rocksdb::Iterator> iterator(db->NewIterator(options, this->events()));
  const auto missing = [&](std::uint64_t seq, const std::string& why) {
    return fail(ErrorCode::kCorrupt, "event " + std::to_string(seq) + " of stream " + request.stream + ": " + why);
  };
  std::size_t bytes = 0;
  std::uint64_t seq = request.after + 1;
  for (iterator->Seek(slice(event_key(request.stream, seq))); iterator->Valid(); iterator->Next(), ++seq) {
    const auto key_seq = decode_event_key(request.stream, iterator->key().ToStringView());
    if (!key_seq) return std::unexpected(key_seq.error());
    if (*key_seq != seq) return missing(seq, "missing");
    if (events.size() >= request.events_max) return events;
    auto event = decode_event(request.stream, seq, copy_of(iterator->value()));
    if (!event) return std::unexpected(event.error());
    bytes += document::size_bytes(*event);
    if (bytes > request.bytes_max && !events.empty()) return events;
    events.push_back(std::move(*event));
  }
  if (!iterator->status().ok()) {
    return std::unexpected(
        error_of(iterator->status(), "event " + std::to_string(seq) + " of stream " + request.stream));
  }
  if (seq <= head->last_seq && events.size() < request.events_max) return missing(seq, "missing");
  return events;
}

RocksDbStore::RocksDbStore(RocksDbStoreOptions options, std::unique_ptr<Database> database)
    : options_(std::move(options)), database_(std::move(database)) {}
RocksDbStore::~RocksDbStore() = default;

Result<std::unique_ptr<RocksDbStore>> RocksDbStore::open(const RocksDbStoreOptions& options) {
  auto database = open_database(options);
  if (!database) return std::unexpected(std::move(database.error()));
  return std::unique_ptr<RocksDbStore>(new RocksDbStore(options, std::move(*database)));
}

Result<std::unique_ptr<RocksDbStore::Database>> RocksDbStore::open_database(const RocksDbStoreOptions& options) {
  if (auto prepared = prepare_directory(options.directory); !prepared) return std::unexpected(prepared.error());
  auto database = std::make_unique<Database>();
  database->cache = rocksdb::NewLRUCache(options.memory_bytes_max / 2);
  const auto family = family_options(options, database->cache);
  const std::vector<rocksdb::ColumnFamilyDescriptor> descriptors = {
      {rocksdb::kDefaultColumnFamilyName, family}, {"heads", family}, {"events", family}, {"snapshots", family}};
  rocksdb::DB* db = nullptr;
  const auto status =
      rocksdb::DB::Open(database_options(options), options.directory, descriptors, &database->families, &db);
  if (!status.ok()) return std::unexpected(opening_error(status, options.directory));
  database->db.reset(db);
  if (auto format = database->check_format(options.directory); !format) return std::unexpected(format.error());
  return database;
}

Result<std::vector<Result<StreamHead>>> RocksDbStore::heads(std::span<const std::string_view> streams) {
  std::vector<Result<StreamHead>> heads;
  for (const std::string_view stream : streams) heads.push_back(database_->head(stream));
  return heads;
}

std::expected<std::vector<ChangeOutcome>, CommitFailure> RocksDbStore::commit(std::span<const StreamChange> changes) {
  // WriteBatch::Put fails only for a batch with a size limit, which this one has not.
  rocksdb::WriteBatch batch;
  for (const StreamChange& change : changes) {
    for (const Event* event : change.events) {
      batch
          .Put(database_->events(), slice(event_key(change.stream, event->seq)),
               slice(encode_event(change.stream, *event)))
          .PermitUncheckedError();
    }
    if (change.snapshot != nullptr) {
      batch.Put(database_->snapshots(), slice(change.stream), slice(encode_snapshot(change.stream, *change.snapshot)))
          .PermitUncheckedError();
    }
    batch.Put(database_->heads(), slice(change.stream), slice(encode_head(change.stream, change.after)))
        .PermitUncheckedError();
  }
  rocksdb::WriteOptions synced;
  synced.sync = true;
  const auto status = database_->db->Write(synced, &batch);
  if (!status.ok()) return std::unexpected(CommitFailure{error_of(status, "cannot write to the journal")});
  return std::vector(changes.size(), ChangeOutcome::kWritten);  // The one process that has it open has one writer.
}

template <class Use>
auto RocksDbStore::with_database(Use use) -> decltype(use(std::declval<const Database&>())) {
  if (!is_reopening_) {
    const std::shared_lock lock(mutex_);
    if (database_ != nullptr) return use(*database_);
  }
  return fail(ErrorCode::kUnavailable, "the journal is being opened again after a failure");
}

Result<RocksDbStore::OpenedSnapshot> RocksDbStore::opened_snapshot(std::string_view stream) {
  return with_database([&](const Database& database) -> Result<OpenedSnapshot> {
    auto snapshot = database.snapshot(stream);
    if (!snapshot) return std::unexpected(std::move(snapshot.error()));
    auto head = database.head(stream);  // After the snapshot, so not older.
    if (!head) return std::unexpected(std::move(head.error()));
    return OpenedSnapshot{std::move(*snapshot), head->last_seq};
  });
}

Result<std::vector<Event>> RocksDbStore::read(const ReadRequest& request) {
  return with_database([&](const Database& database) { return database.read(request); });
}

Result<std::vector<std::string>> RocksDbStore::streams(std::string_view after, std::size_t count_max) {
  return with_database([&](const Database& database) -> Result<std::vector<std::string>> {
    std::vector<std::string> names;
    const std::unique_ptr<rocksdb::Iterator> iterator(database.db->NewIterator({}, database.heads()));
    for (iterator->Seek(slice(after)); iterator->Valid() && names.size() < count_max; iterator->Next()) {
      if (iterator->key() != slice(after)) names.push_back(iterator->key().ToString());
    }
    if (!iterator->status().ok()) return std::unexpected(error_of(iterator->status(), "the names of the streams"));
    return names;
  });
}

Result<void> RocksDbStore::recover() {
  // Readers look at the flag before they take the lock, so that they cannot keep this thread from getting it.
  is_reopening_ = true;
  const std::unique_lock lock(mutex_);
  database_.reset();
  auto opened = open_database(options_);
  is_reopening_ = false;
  if (!opened) return std::unexpected(std::move(opened.error()));
  database_ = std::move(*opened);
  return {};
}

void RocksDbStore::finish() {
  // Everything acknowledged is in the log already: a flush that fails only makes the next opening slower.
  if (database_ != nullptr) database_->db->Flush(rocksdb::FlushOptions(), database_->families).PermitUncheckedError();
  database_.reset();
}

}  // namespace troupe::engine
