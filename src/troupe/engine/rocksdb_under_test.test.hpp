#pragma once

#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "troupe/document/journal_conformance.hpp"
#include "troupe/engine/rocksdb_journal.hpp"

/// A `RocksDbJournal` in a directory of its own, on a disk that can fail. For tests.
namespace troupe::engine {

/// What the disk does to the log. Any thread.
class Faults {
 public:
  void stall() {
    set([this] { is_stalled_ = true; });
  }
  void resume() {
    set([this] { is_stalled_ = false; });
  }
  /// The next flush of the log fails after the bytes have reached the file.
  void fail_next_sync() {
    set([this] { fails_next_sync_ = true; });
  }
  /// The next bytes for the log do not reach the file.
  void fail_next_append() {
    set([this] { fails_next_append_ = true; });
  }
  /// While broken, no log can be written or made.
  void set_broken(bool broken) {
    set([=, this] { is_broken_ = broken; });
  }

  /// Broken from the access to a log on that has this number, counted from now.
  void break_at_step(std::size_t step) {
    set([=, this] { steps_left_ = step; });
  }
  bool is_broken() {
    const std::lock_guard lock(mutex_);
    return is_broken_;
  }

  bool sync_works() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !is_stalled_; });
    count_step();
    return !std::exchange(fails_next_sync_, false) && !is_broken_;
  }
  bool append_works() {
    const std::lock_guard lock(mutex_);
    count_step();
    return !std::exchange(fails_next_append_, false) && !is_broken_;
  }
  bool create_works() {
    const std::lock_guard lock(mutex_);
    return !is_broken_;
  }

 private:
  template <class Change>
  void set(Change change) {
    const std::lock_guard lock(mutex_);
    change();
    changed_.notify_all();
  }

  void count_step() {
    if (steps_left_-- == 0) is_broken_ = true;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t steps_left_ = SIZE_MAX;
  bool is_stalled_ = false;
  bool is_broken_ = false;
  bool fails_next_sync_ = false;
  bool fails_next_append_ = false;
};

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string path = (std::filesystem::temp_directory_path() / "troupe-journal-XXXXXX").string();
    EXPECT_NE(::mkdtemp(path.data()), nullptr);
    path_ = path;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// The database as RocksDB sees it, while no journal has it open. A family is one of `default`, `heads`, `events`,
/// `snapshots`.
class RawDatabase {
 public:
  explicit RawDatabase(const std::string& directory);
  ~RawDatabase();
  RawDatabase(const RawDatabase&) = delete;
  RawDatabase& operator=(const RawDatabase&) = delete;

  void flip_last_bit(const std::string& family, const std::string& key);
  void put(const std::string& family, const std::string& key, const std::string& record);
  void erase(const std::string& family, const std::string& key);

 private:
  struct Handles;
  std::unique_ptr<Handles> handles_;
};

class RocksDbUnderTest final : public document::JournalUnderTest {
 public:
  explicit RocksDbUnderTest(const document::JournalLimits& limits = {});
  ~RocksDbUnderTest() override;

  RocksDbJournal& journal() override { return *journal_; }
  void reopen() override;
  void stall() override { faults.stall(); }
  void resume() override { faults.resume(); }
  void corrupt_event(const std::string& stream, std::uint64_t seq) override;
  void fail_next_append_unknown(bool applied) override;
  void break_at_step(std::size_t step) override { faults.break_at_step(step); }
  bool is_broken() override { return faults.is_broken(); }
  void wait_until_healthy() override;
  /// Closes the journal, so that its directory is free.
  void end() { journal_.reset(); }

  TemporaryDirectory directory;
  Faults faults;
  Metrics metrics;
  RocksDbJournalOptions options;  ///< For the next `reopen`.

 private:
  RocksDbJournalOptions make_options();

  std::mutex health_mutex_;
  std::condition_variable health_changed_;
  int recoveries_ = 0;
  std::unique_ptr<rocksdb::Env> env_;
  std::unique_ptr<RocksDbJournal> journal_;
};

}  // namespace troupe::engine
