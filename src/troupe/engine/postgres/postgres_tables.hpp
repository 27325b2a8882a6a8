#pragma once

#include "troupe/base/error.hpp"
#include "troupe/engine/postgres/postgres_connection.hpp"

/// The tables, and the statements on them: plain SQL that distributed engines know too (no COPY, no triggers, no
/// advisory locks, no LISTEN). README.md has the table of them.
namespace troupe::engine {

/// Makes the tables if they are not there, whoever else does it at the same time, and refuses those of another format.
Result<void> prepare_tables(PostgresConnection& connection);

/// Whether the server keeps what it acknowledges: it flushes, and, if the address asks for it, waits for standbys. An
/// engine without these settings is a distributed one. `invalid_argument` has the remedy.
Result<void> check_promises(PostgresConnection& connection, const PostgresAddress& address);

/// A write that changes nothing: whether it is committed shows whether writes work.
extern const char* const kProbe;

/// $1 names of streams. Rows: place in $1 from 1 on, record of the head; "" is that of a stream that was made, but
/// never opened.
extern const char* const kSelectHeads;

/// $1 names of streams: makes the heads that are not there, with the record "".
extern const char* const kMakeHeads;

/// $1 names of streams, $2 records of their heads before, $3 and after; of the events $4 the place of their stream in
/// $1, $5 seqs, $6 records. Rows: the places that were written.
extern const char* const kCommit;

/// As `kCommit`; of the parts of snapshots $7 the place of their stream in $1, $8 seqs, $9 numbers from 1 on, $10
/// contents.
extern const char* const kCommitWithSnapshots;

/// $1 names of streams, $2 seqs: deletes their snapshots that are older than these.
extern const char* const kDropSnapshots;

/// $1 stream. Rows: 0 and the record of the head; then numbers from 1 on, and the parts of the newest snapshot.
extern const char* const kSelectSnapshot;

/// $1 stream, $2 the seq before, $3 events at most, $4 bytes at most, not counting `kRecordBytesMax` of each. Rows: 0
/// and the record of the head; then seqs and records of events, one more than fit.
extern const char* const kSelectEvents;

/// $1 the name before, $2 names at most. Rows: names of streams that were opened.
extern const char* const kSelectStreams;

/// What a record has at most beside an event's own bytes: its head, and three lengths.
inline constexpr int kRecordBytesMax = 25;

}  // namespace troupe::engine
