#include "troupe/engine/rocksdb_under_test.test.hpp"

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <map>

#include "troupe/document/journal_conformance_suite.hpp"
#include "troupe/engine/journal_record.hpp"

// RocksDB and what it uses are not built with the thread sanitizer, which so does not see what orders their threads.
extern "C" const char* __tsan_default_suppressions();  // NOLINT: the sanitizer's name.
extern "C" const char* __tsan_default_suppressions() { return "race:librocksdb.so\nrace:libzstd.so\n"; }

namespace troupe::engine {
namespace {

rocksdb::IOStatus injected() { return rocksdb::IOStatus::IOError("injected"); }

class FaultyLog final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultyLog(std::unique_ptr<rocksdb::FSWritableFile> file, Faults& faults)
      : FSWritableFileOwnerWrapper(std::move(file)), faults_(faults) {}

  using FSWritableFileOwnerWrapper::Append;
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* context) override {
    return faults_.append_works() ? FSWritableFileOwnerWrapper::Append(data, options, context) : injected();
  }
  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* context) override {
    return faults_.sync_works() ? FSWritableFileOwnerWrapper::Sync(options, context) : injected();
  }

 private:
  Faults& faults_;
};

class FaultyFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  explicit FaultyFileSystem(Faults& faults) : FileSystemWrapper(rocksdb::FileSystem::Default()), faults_(faults) {}
  const char* Name() const override { return "FaultyFileSystem"; }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* context) override {
    const bool is_log = name.ends_with(".log");
    if (is_log && !faults_.create_works()) return injected();
    const auto status = FileSystemWrapper::NewWritableFile(name, options, file, context);
    if (status.ok() && is_log) *file = std::make_unique<FaultyLog>(std::move(*file), faults_);
    return status;
  }

 private:
  Faults& faults_;
};

std::unique_ptr<document::JournalUnderTest> make_rocksdb_under_test(const document::JournalLimits& limits) {
  return std::make_unique<RocksDbUnderTest>(limits);
}

}  // namespace

struct RawDatabase::Handles {
  std::unique_ptr<rocksdb::DB> db;
  std::map<std::string, rocksdb::ColumnFamilyHandle*> families;
};

RawDatabase::RawDatabase(const std::string& directory) : handles_(std::make_unique<Handles>()) {
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (const char* name : {"default", "heads", "events", "snapshots"}) {
    descriptors.emplace_back(name, rocksdb::ColumnFamilyOptions());
  }
  rocksdb::DB* db = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  const auto status = rocksdb::DB::Open(rocksdb::DBOptions(), directory, descriptors, &families, &db);
  EXPECT_TRUE(status.ok()) << status.ToString();
  handles_->db.reset(db);
  for (auto* family : families) handles_->families[family->GetName()] = family;
}

RawDatabase::~RawDatabase() {
  for (const auto& [name, family] : handles_->families) handles_->db->DestroyColumnFamilyHandle(family);
}

void RawDatabase::flip_last_bit(const std::string& family, const std::string& key) {
  std::string record;
  ASSERT_TRUE(handles_->db->Get({}, handles_->families[family], key, &record).ok());
  record.back() = static_cast<char>(record.back() ^ 1);
  put(family, key, record);
}

void RawDatabase::put(const std::string& family, const std::string& key, const std::string& record) {
  EXPECT_TRUE(handles_->db->Put({}, handles_->families[family], key, record).ok());
}

void RawDatabase::erase(const std::string& family, const std::string& key) {
  EXPECT_TRUE(handles_->db->Delete({}, handles_->families[family], key).ok());
}

RocksDbUnderTest::RocksDbUnderTest(const document::JournalLimits& limits)
    : env_(rocksdb::NewCompositeEnv(std::make_shared<FaultyFileSystem>(faults))) {
  options.queue_requests_max = limits.queue_requests_max;
  options.queue_bytes_max = limits.queue_bytes_max;
  options.memory_bytes_max = 8U << 20U;
  reopen();
}

RocksDbUnderTest::~RocksDbUnderTest() { resume(); }

void RocksDbUnderTest::reopen() {
  end();
  faults.break_at_step(SIZE_MAX);
  faults.set_broken(false);
  auto opened = RocksDbJournal::open(make_options());
  ASSERT_TRUE(opened.has_value()) << opened.error().to_string();
  journal_ = std::move(*opened);
}

void RocksDbUnderTest::corrupt_event(const std::string& stream, std::uint64_t seq) {
  end();
  RawDatabase(directory.path()).flip_last_bit("events", event_key(stream, seq));
  reopen();
}

void RocksDbUnderTest::fail_next_append_unknown(bool applied) {
  if (applied) {
    faults.fail_next_sync();
  } else {
    faults.fail_next_append();
  }
}

void RocksDbUnderTest::wait_until_healthy() {
  std::unique_lock lock(health_mutex_);
  EXPECT_TRUE(health_changed_.wait_for(lock, std::chrono::minutes(1), [this] { return recoveries_ > 0; }));
  --recoveries_;
}

RocksDbJournalOptions RocksDbUnderTest::make_options() {
  RocksDbJournalOptions made;  // Field by field: `on_health` cannot be copied.
  made.directory = directory.path();
  made.queue_requests_max = options.queue_requests_max;
  made.queue_bytes_max = options.queue_bytes_max;
  made.reads_max = options.reads_max;
  made.batch_events_max = options.batch_events_max;
  made.heads_cached_max = options.heads_cached_max;
  made.memory_bytes_max = options.memory_bytes_max;
  made.reopen_delay_min = 1ms;
  made.metrics = &metrics;
  made.env = env_.get();
  made.on_health = [this](const Result<void>& health) {
    const std::lock_guard lock(health_mutex_);
    if (health) ++recoveries_;
    health_changed_.notify_all();
  };
  return made;
}

}  // namespace troupe::engine

namespace troupe::document {
INSTANTIATE_TEST_SUITE_P(RocksDb, JournalConformance, testing::Values(&engine::make_rocksdb_under_test));
}  // namespace troupe::document
