#include "troupe/engine/rocksdb_journal.hpp"

#include <utility>

#include "troupe/engine/journal_core.hpp"
#include "troupe/engine/rocksdb_store.hpp"

namespace troupe::engine {

using document::AppendOutcome;
using document::AppendRequest;
using document::Event;
using document::OpenedStream;
using document::ReadRequest;
using document::Snapshot;

struct RocksDbJournal::Parts {
  Parts(RocksDbJournalOptions options, std::unique_ptr<JournalStore> store)
      : counters(options.metrics != nullptr ? *options.metrics : own_metrics),
        core({.queue = {.requests_max = options.queue_requests_max,
                        .bytes_max = options.queue_bytes_max,
                        .reads_max = options.reads_max,
                        .batch_events_max = options.batch_events_max,
                        .batch_bytes_max = options.batch_bytes_max},
              .read_threads = options.read_threads,
              .heads_cached_max = options.heads_cached_max,
              .recover_delay_min = options.reopen_delay_min,
              .recover_delay_max = options.reopen_delay_max,
              .on_health = std::move(options.on_health)},
             std::move(store), counters) {}

  Metrics own_metrics;
  JournalCounters counters;
  JournalCore core;
};

Result<std::unique_ptr<RocksDbJournal>> RocksDbJournal::open(RocksDbJournalOptions options) {
  auto store = RocksDbStore::open(
      {.directory = options.directory, .memory_bytes_max = options.memory_bytes_max, .env = options.env});
  if (!store) return std::unexpected(std::move(store.error()));
  auto parts = std::make_unique<Parts>(std::move(options), std::move(*store));
  return std::unique_ptr<RocksDbJournal>(new RocksDbJournal(std::move(parts)));
}

RocksDbJournal::RocksDbJournal(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
RocksDbJournal::~RocksDbJournal() = default;

void RocksDbJournal::open(std::string stream, Done<OpenedStream> done) {
  parts_->core.open(std::move(stream), std::move(done));
}
void RocksDbJournal::append(AppendRequest request, Done<AppendOutcome> done) {
  parts_->core.append(std::move(request), std::move(done));
}
void RocksDbJournal::read(ReadRequest request, Done<std::vector<Event>> done) {
  parts_->core.read(std::move(request), std::move(done));
}
void RocksDbJournal::save_snapshot(std::string stream, std::uint64_t fence, Snapshot snapshot, Done<bool> done) {
  parts_->core.save_snapshot(std::move(stream), fence, std::move(snapshot), std::move(done));
}
Result<void> RocksDbJournal::health() const { return parts_->core.health(); }
void RocksDbJournal::close() { parts_->core.close(); }

}  // namespace troupe::engine
