#include "troupe/engine/postgres/postgres_tables.hpp"

#include <array>
#include <string>
#include <thread>

#include "troupe/base/random.hpp"
#include "troupe/engine/journal_record.hpp"

namespace troupe::engine {

// Each statement changes a table once at most: some distributed engines refuse to do more.
const char* const kMakeHeads =
    "INSERT INTO troupe_heads (stream, record) SELECT stream, '' FROM unnest($1::bytea[]) AS s (stream) "
    "ON CONFLICT (stream) DO NOTHING";

#define TROUPE_COMMIT                                                                          \
  "WITH written AS (UPDATE troupe_heads AS h SET record = c.after "                            \
  "    FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]) "                                    \
  "    WITH ORDINALITY AS c (stream, before, after, place) "                                   \
  "    WHERE h.stream = c.stream AND h.record = c.before RETURNING c.place, h.stream), "       \
  "stored AS (INSERT INTO troupe_events (stream, seq, record) "                                \
  "    SELECT w.stream, e.seq, e.record FROM unnest($4::bigint[], $5::bigint[], $6::bytea[]) " \
  "    AS e (place, seq, record) JOIN written AS w ON w.place = e.place) "

const char* const kCommit = TROUPE_COMMIT "SELECT place FROM written";

const char* const kCommitWithSnapshots = TROUPE_COMMIT
    ", saved AS (INSERT INTO troupe_snapshots (stream, seq, part, content) "
    "    SELECT w.stream, p.seq, p.part, p.content "
    "    FROM unnest($7::bigint[], $8::bigint[], $9::bigint[], $10::bytea[]) AS p (place, seq, part, content) "
    "    JOIN written AS w ON w.place = p.place) "
    "SELECT place FROM written";

const char* const kDropSnapshots =
    "DELETE FROM troupe_snapshots AS s USING unnest($1::bytea[], $2::bigint[]) AS k (stream, seq) "
    "WHERE s.stream = k.stream AND s.seq < k.seq";

const char* const kProbe = "UPDATE troupe_journal SET format = format";

const char* const kSelectHeads =
    "SELECT w.place, h.record FROM unnest($1::bytea[]) WITH ORDINALITY AS w (stream, place) "
    "JOIN troupe_heads AS h ON h.stream = w.stream";

// Older snapshots may be there until they are dropped.
const char* const kSelectSnapshot =
    "SELECT 0::bigint, record FROM troupe_heads WHERE stream = $1::bytea "
    "UNION ALL SELECT part, content FROM troupe_snapshots WHERE stream = $1::bytea "
    "AND seq = (SELECT max(seq) FROM troupe_snapshots WHERE stream = $1::bytea) ORDER BY 1";

const char* const kSelectStreams =
    "SELECT stream FROM troupe_heads WHERE stream > $1::bytea AND record <> '' ORDER BY stream LIMIT $2::bigint";

// The inner page is cut by the number of events, the outer one by their bytes before it leaves the server.
const char* const kSelectEvents =
    "SELECT 0::bigint, record FROM troupe_heads WHERE stream = $1::bytea "
    "UNION ALL SELECT seq, record FROM ("
    "    SELECT seq, record, sum(octet_length(record) - 25) OVER (ORDER BY seq "
    "        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before FROM ("
    "        SELECT seq, record FROM troupe_events WHERE stream = $1::bytea AND seq > $2::bigint "
    "        ORDER BY seq LIMIT $3::bigint) AS page) AS counted "
    "WHERE bytes_before IS NULL OR bytes_before <= $4::bigint ORDER BY 1";
static_assert(kRecordBytesMax == 25, "it stands in the statement above");

namespace {

/// The one with the format is the last: who finds it finds all.
constexpr std::array kTables = {
    "CREATE TABLE IF NOT EXISTS troupe_heads (stream bytea PRIMARY KEY, record bytea NOT NULL)",
    "CREATE TABLE IF NOT EXISTS troupe_events (stream bytea NOT NULL, seq bigint NOT NULL, record bytea NOT NULL, "
    "PRIMARY KEY (stream, seq))",
    "CREATE TABLE IF NOT EXISTS troupe_snapshots (stream bytea NOT NULL, seq bigint NOT NULL, part bigint NOT NULL, "
    "content bytea NOT NULL, PRIMARY KEY (stream, seq, part))",
    "CREATE TABLE IF NOT EXISTS troupe_journal (format bigint PRIMARY KEY)",
};
const char* const kSelectFormat = "SELECT format FROM troupe_journal";
const char* const kNoSuchTable = "42P01";

std::expected<void, PostgresFailure> make_tables(PostgresConnection& connection) {
  for (const char* table : kTables) {
    if (auto made = connection.execute(table); !made) return std::unexpected(std::move(made.error()));
  }
  PostgresParameters format;
  format.add(std::int64_t{kFormatVersion});
  auto marked = connection.execute(
      "INSERT INTO troupe_journal (format) VALUES ($1::bigint) ON CONFLICT (format) DO NOTHING", format);
  if (!marked) return std::unexpected(std::move(marked.error()));
  return {};
}

}  // namespace

Result<void> prepare_tables(PostgresConnection& connection) {
  constexpr int kAttemptsMax = 20;
  Random random(static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()));
  std::string cause;
  for (int attempt = 0; attempt < kAttemptsMax && connection.is_usable(); ++attempt) {
    const auto format = connection.execute(kSelectFormat);
    if (format && format->size() > 0) {
      if (format->size() == 1 && format->number(0, 0) == kFormatVersion) return {};
      return fail(ErrorCode::kInvalidArgument, "PostgreSQL at " + connection.name() + " holds a journal of format " +
                                                   std::to_string(format->number(0, 0)) +
                                                   "; this program reads format " + std::to_string(kFormatVersion));
    }
    if (!format && format.error().sqlstate != kNoSuchTable) return std::unexpected(format.error().error);
    // Of nodes that make the same table at once all but one may fail, in one of many ways: all look again.
    if (const auto made = make_tables(connection); !made) {
      cause = made.error().error.detail;
      if (made.error().sqlstate == "42501") break;  // Not allowed.
      std::this_thread::sleep_for(std::chrono::milliseconds(random.between(5, 50)));
    }
  }
  return fail(ErrorCode::kUnavailable, "the journal's tables could not be made: " + cause);
}

Result<void> check_promises(PostgresConnection& connection, const PostgresAddress& address) {
  const auto settings = connection.execute(
      "SELECT coalesce(current_setting('fsync', true), 'on'), "
      "coalesce(current_setting('synchronous_standby_names', true), 'of an engine that has none')");
  if (!settings) return std::unexpected(settings.error().error);
  if (settings->size() != 1) return fail(ErrorCode::kUnavailable, connection.name() + " does not tell its settings");
  if (settings->bytes(0, 0) == "off") {
    return fail(ErrorCode::kInvalidArgument, "PostgreSQL at " + connection.name() +
                                                 " has fsync = off, so what it acknowledges can be lost; set it to on");
  }
  if (address.needs_standbys && settings->bytes(0, 1).empty()) {
    return fail(ErrorCode::kInvalidArgument,
                "PostgreSQL at " + connection.name() +
                    " has no synchronous standbys, so acknowledged events would be lost with its machine: set "
                    "synchronous_standby_names, or say that this is wanted: journal.durability = \"node\"");
  }
  return {};
}

}  // namespace troupe::engine
