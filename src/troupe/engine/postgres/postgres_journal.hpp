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
#include "troupe/engine/postgres/postgres_address.hpp"

namespace troupe::engine {

struct PostgresJournalOptions {
  PostgresAddress address;
  /// Streams are shared out over so many writers, each with a session of its own for writing and one for reading.
  std::size_t writers = 4;

  // What waits for one writer. A call beyond these is refused with `queue_full`; a request that alone is larger, with
  // `too_large`.
  std::size_t queue_requests_max = 4096;     ///< Opens, appends and snapshots that are not answered yet.
  std::size_t queue_bytes_max = 64U << 20U;  ///< What these hold.
  std::size_t reads_max = 1024;              ///< Reads that are not answered yet.

  // One transaction. It takes at least one request.
  std::size_t batch_events_max = 4096;
  std::size_t batch_bytes_max = 4U << 20U;

  std::size_t heads_cached_max = 16'384;  ///< Streams of one writer whose end is known without a query.

  // After a failure a writer connects again: at once, then after these delays, doubled each time, less up to half of
  // them.
  Duration reconnect_delay_min = 50ms;
  Duration reconnect_delay_max = 500ms;
  Duration check_interval = 1s;  ///< How often a writer without work asks whether the database is there.
  Duration open_timeout = 10s;   ///< How long `open` tries to reach the database.

  /// As `RocksDbJournalOptions::on_health`, when the first writer fails and when all have recovered.
  std::move_only_function<void(const Result<void>&)> on_health = {};
  Metrics* metrics = nullptr;  ///< Where the counters `troupe_journal_*` go; outlives the journal. Null: nowhere.
};

/// The journal of several machines: PostgreSQL with synchronous standbys, or a distributed SQL engine that speaks its
/// protocol. README.md describes the tables and what is promised; docs/durability.md what the database has to promise.
///
/// Streams are shared out over a few writers by the hash of their names, so that a stream has one transaction under way
/// at most. Each writer takes everything that waits for it as one batch and one transaction. Which stream was written
/// is decided for each by itself, so one that is fenced does not harm the others.
///
/// When a transaction's outcome is unknown (the connection was lost, or there is no answer in time), its appends are
/// answered `kUnknown`, and this writer refuses with `unavailable` until a write of its own was committed again.
class PostgresJournal final : public EngineJournal {
 public:
  /// The detail of an error names the server and never the password: `unavailable` if no host takes writes,
  /// `invalid_argument` for a connection string that is none and for tables of another format.
  static Result<std::unique_ptr<PostgresJournal>> open(PostgresJournalOptions options);

  /// Whether a host of the address takes writes and promises what the address asks for. Changes nothing.
  static Result<void> check(const PostgresAddress& address);

  /// Closes.
  ~PostgresJournal() override;

  void open(std::string stream, Done<document::OpenedStream> done) override;
  void append(document::AppendRequest request, Done<document::AppendOutcome> done) override;
  void read(document::ReadRequest request, Done<std::vector<document::Event>> done) override;
  void save_snapshot(std::string stream, std::uint64_t fence, document::Snapshot snapshot, Done<bool> done) override;

  /// Whether all writers take appends; if not, why not. Any thread.
  Result<void> health() const override;

  /// Answers what waits and ends the threads. Calls that come later are refused with `stopping`. Once, and not from a
  /// `done`.
  void close() override;

 private:
  struct Parts;
  explicit PostgresJournal(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace troupe::engine
