#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "troupe/base/random.hpp"
#include "troupe/engine/journal_store.hpp"
#include "troupe/engine/postgres/postgres_connection.hpp"

namespace troupe::engine {

/// Of a snapshot, at most so much is in one row: distributed engines do not take rows of many megabytes.
inline constexpr std::size_t kSnapshotPartBytes = 512U << 10U;

/// Heads, events and snapshots in the tables of a PostgreSQL, or of what speaks its protocol: two sessions, one for the
/// writer and one for readers, which is made when it is used first.
///
/// A commit is one statement and so one transaction: a stream's head is replaced if it is still the one that the
/// decision rests on, and only then are its events stored. So of two writers one wins, whatever the isolation level.
class PostgresStore final : public JournalStore {
 public:
  /// Connects, and makes the tables if they are not there. `first_host`: with which host of the address to begin.
  static Result<std::unique_ptr<PostgresStore>> open(PostgresAddress address, std::size_t first_host);

  Result<std::vector<Result<document::StreamHead>>> heads(std::span<const std::string_view> streams) override;
  std::expected<std::vector<ChangeOutcome>, CommitFailure> commit(std::span<const StreamChange> changes) override;
  Result<OpenedSnapshot> opened_snapshot(std::string_view stream) override;
  Result<std::vector<document::Event>> read(const document::ReadRequest& request) override;
  Result<std::vector<std::string>> streams(std::string_view after, std::size_t count_max) override;
  Result<void> check() override;
  /// Connects again if need be, and shows by a commit that writes work. A statement whose answer did not come in time
  /// is waited for as long as its connection lives, up to some limit: on another connection one would only wait for
  /// what it has locked, and the server would be left with more and more of them.
  Result<void> recover() override;

 private:
  PostgresStore(PostgresAddress address, std::size_t host, std::unique_ptr<PostgresConnection> writer);

  using Outcomes = std::expected<std::vector<ChangeOutcome>, PostgresFailure>;
  Outcomes commit_together(std::span<const StreamChange> changes);
  std::expected<std::vector<ChangeOutcome>, CommitFailure> commit_one_by_one(std::span<const StreamChange> changes);
  /// Reads on the readers' session; once more on a new one, if that had been lost.
  PostgresConnection::Executed query(const std::string& statement, const PostgresParameters& parameters);

  const PostgresAddress address_;

  // The writer's.
  std::size_t host_;
  Random random_;
  std::unique_ptr<PostgresConnection> writer_;  ///< Null while there is none.
  std::chrono::steady_clock::time_point late_since_;

  /// Grows with each connection of the writer, which may be to another host: readers then leave the one they know.
  std::atomic<std::uint64_t> generation_ = 0;

  std::mutex readers_mutex_;
  std::unique_ptr<PostgresConnection> reader_;
  std::uint64_t reader_generation_ = 0;
};

}  // namespace troupe::engine
