#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "troupe/base/bytes.hpp"
#include "troupe/base/error.hpp"

namespace troupe::document {

/// One event of a document, as it stands in its stream.
struct Event {
  std::uint64_t seq = 0;  ///< 1, 2, 3, ... without a gap
  std::string key;        ///< The client's name for it; at most once in the stream among the keys that are remembered.
  std::string from;       ///< Who sent it: a session's name.
  Bytes data;             ///< What the document type understands; compact JSON for the types in apps/.

  friend bool operator==(const Event&, const Event&) = default;
};

/// The state of a document at `seq`, so that opening it need not replay what came before.
struct Snapshot {
  std::uint64_t seq = 0;   ///< Of the last event in it; 0 if there is no snapshot.
  std::uint64_t hash = 0;  ///< The running hash at `seq` (docs/protocol.md).
  Bytes state;             ///< What the owner saved: the fold's state and the remembered keys.
};

/// What `Journal::open` found.
struct OpenedStream {
  std::string epoch;        ///< Names this lifetime of the stream; made at the first open.
  std::uint64_t fence = 0;  ///< The writer's number: grows with each open; appends with an older one are refused.
  std::uint64_t last_seq = 0;
  Snapshot snapshot;
};

struct AppendRequest {
  std::string stream;
  std::uint64_t fence = 0;          ///< From `OpenedStream`.
  std::uint64_t expected_last = 0;  ///< The stream's last seq as the writer knows it; events[0].seq is one more.
  std::vector<Event> events;        ///< None: is this still the newest writer, and `expected_last` the last?
};

/// `kAppended`: all events are on stable storage. `kFenced`: none is, a newer writer has opened the stream or
/// `expected_last` is not its last. `kUnknown`: they may or may not be; the writer opens the stream again before it
/// writes again.
enum class AppendOutcome : std::uint8_t { kAppended, kFenced, kUnknown };

struct ReadRequest {
  std::string stream;
  std::uint64_t after = 0;  ///< Events with a greater seq.
  std::uint32_t events_max = 1000;
  std::uint32_t bytes_max = 1U << 20U;  ///< Stops before the event that would exceed it, but gives at least one.
                                        ///< Counted as in `size_bytes(event)` (stream_rules.hpp).
};

/// The port to ordered durable streams of events. Engines: RocksDB and PostgreSQL (engine/), the simulated disk
/// (`MemoryJournal`).
/// What engines decide alike is in stream_rules.hpp; journal_conformance_suite.hpp tests it.
///
/// Every call returns at once, from any thread. `done` is called exactly once, unless the journal is destroyed first:
/// on a thread of the engine's choice, and for a call that is refused at once (`kQueueFull`, `kInvalidArgument`,
/// `kTooLarge`, `kStopping`) before the call returns. So a caller holds no lock that its `done` takes. `done` returns
/// soon and does not throw.
///
/// What waits inside is bounded: a call beyond the bound fails with `kQueueFull`, and nothing was written. Calls on one
/// stream take effect in the order in which they were made: a read sees at least every append that was made before it.
class Journal {
 public:
  template <class T>
  using Done = std::move_only_function<void(Result<T>)>;

  virtual ~Journal() = default;

  /// Opens the stream for writing, making it if it is not there, and fences every earlier writer.
  virtual void open(std::string stream, Done<OpenedStream> done) = 0;
  /// An error means that nothing was written: `kInvalidArgument` for events with a gap or a stream's name that cannot
  /// be stored (check_append), `kUnavailable` while the engine recovers from a failure.
  virtual void append(AppendRequest request, Done<AppendOutcome> done) = 0;
  /// Events in order; fewer than asked for only at the end of the stream or at `bytes_max`. A stream that is not there
  /// is empty. A checksum that does not match is `kCorrupt`, and the detail names the stream and the event.
  virtual void read(ReadRequest request, Done<std::vector<Event>> done) = 0;
  /// Replaces the stream's snapshot if `snapshot.seq` is greater and the fence is the newest, and answers whether it
  /// did. Events stay. After an error it was replaced or not.
  virtual void save_snapshot(std::string stream, std::uint64_t fence, Snapshot snapshot, Done<bool> done) = 0;
};

}  // namespace troupe::document
