#include "troupe/engine/postgres/postgres_journal.hpp"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <thread>
#include <utility>

#include "troupe/base/hash.hpp"
#include "troupe/engine/journal_core.hpp"
#include "troupe/engine/postgres/postgres_store.hpp"
#include "troupe/engine/postgres/postgres_tables.hpp"

namespace troupe::engine {
namespace {

using document::AppendOutcome;
using document::AppendRequest;
using document::Event;
using document::OpenedStream;
using document::ReadRequest;
using document::Snapshot;

/// Tells of several writers as of one: of the first that fails, and of the recovery of all.
class JointHealth {
 public:
  explicit JointHealth(std::move_only_function<void(const Result<void>&)> listener) : listener_(std::move(listener)) {}

  void changed(bool& is_well, const Result<void>& health) {
    const std::lock_guard lock(mutex_);
    if (is_well == health.has_value()) return;
    is_well = health.has_value();
    ill_ = is_well ? ill_ - 1 : ill_ + 1;
    const bool is_news = is_well ? ill_ == 0 : ill_ == 1;
    if (is_news && listener_) listener_(health);
  }

 private:
  std::mutex mutex_;
  std::size_t ill_ = 0;
  std::move_only_function<void(const Result<void>&)> listener_;
};

/// A database that starts together with this program is waited for.
Result<std::unique_ptr<PostgresStore>> open_store(const PostgresJournalOptions& options) {
  const auto deadline = std::chrono::steady_clock::now() + options.open_timeout;
  for (;;) {
    auto opened = PostgresStore::open(options.address, 0);
    if (opened || opened.error().code != ErrorCode::kUnavailable) return opened;
    if (std::chrono::steady_clock::now() + options.reconnect_delay_max > deadline) return opened;
    std::this_thread::sleep_for(options.reconnect_delay_max);
  }
}

}  // namespace

struct PostgresJournal::Parts {
  explicit Parts(PostgresJournalOptions& options)
      : counters(options.metrics != nullptr ? *options.metrics : own_metrics), health(std::move(options.on_health)) {}

  JournalCore& writer_of(const std::string& stream) { return *writers[hash64(stream) % writers.size()]; }

  Metrics own_metrics;
  JournalCounters counters;
  JointHealth health;
  std::vector<std::unique_ptr<JournalCore>> writers;
};

Result<std::unique_ptr<PostgresJournal>> PostgresJournal::open(PostgresJournalOptions options) {
  auto parts = std::make_unique<Parts>(options);
  for (std::size_t i = 0; i < std::max<std::size_t>(options.writers, 1); ++i) {
    auto store = open_store(options);
    if (!store) return std::unexpected(std::move(store.error()));
    JournalCoreOptions core{.queue = {.requests_max = options.queue_requests_max,
                                      .bytes_max = options.queue_bytes_max,
                                      .reads_max = options.reads_max,
                                      .batch_events_max = options.batch_events_max,
                                      .batch_bytes_max = options.batch_bytes_max},
                            .read_threads = 1,
                            .heads_cached_max = options.heads_cached_max,
                            .recover_delay_min = options.reconnect_delay_min,
                            .recover_delay_max = options.reconnect_delay_max,
                            .check_interval = options.check_interval};
    core.on_health = [&joint = parts->health, is_well = true](const Result<void>& health) mutable {
      joint.changed(is_well, health);
    };
    parts->writers.push_back(std::make_unique<JournalCore>(std::move(core), std::move(*store), parts->counters));
  }
  return std::unique_ptr<PostgresJournal>(new PostgresJournal(std::move(parts)));
}

Result<void> PostgresJournal::check(const PostgresAddress& address) {
  auto connected = PostgresConnection::connect(address, 0);
  if (!connected) return std::unexpected(std::move(connected.error()));
  return check_promises(**connected, address);
}

PostgresJournal::PostgresJournal(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
PostgresJournal::~PostgresJournal() { close(); }

void PostgresJournal::open(std::string stream, Done<OpenedStream> done) {
  JournalCore& writer = parts_->writer_of(stream);
  writer.open(std::move(stream), std::move(done));
}
void PostgresJournal::append(AppendRequest request, Done<AppendOutcome> done) {
  JournalCore& writer = parts_->writer_of(request.stream);
  writer.append(std::move(request), std::move(done));
}
void PostgresJournal::read(ReadRequest request, Done<std::vector<Event>> done) {
  JournalCore& writer = parts_->writer_of(request.stream);
  writer.read(std::move(request), std::move(done));
}
void PostgresJournal::save_snapshot(std::string stream, std::uint64_t fence, Snapshot snapshot, Done<bool> done) {
  JournalCore& writer = parts_->writer_of(stream);
  writer.save_snapshot(std::move(stream), fence, std::move(snapshot), std::move(done));
}

Result<void> PostgresJournal::health() const {
  for (const auto& writer : parts_->writers) {
    if (auto health = writer->health(); !health) return health;
  }
  return {};
}

void PostgresJournal::close() {
  for (const auto& writer : parts_->writers) writer->begin_close();
  for (const auto& writer : parts_->writers) writer->close();
}

}  // namespace troupe::engine
