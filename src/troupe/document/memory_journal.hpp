#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "troupe/base/random.hpp"
#include "troupe/document/journal.hpp"
#include "troupe/document/stream_rules.hpp"

namespace troupe::document {

/// The disk of a simulated node, or of a database that several share: it holds what was flushed, and outlives the
/// `MemoryJournal` that writes it. A crash is the end of the journal; the next journal on the same disk is the restart.
class MemoryDisk {
 public:
  /// The same seed gives the same epochs.
  explicit MemoryDisk(std::uint64_t seed) : random_(seed) {}

  /// The names of all streams, sorted.
  std::vector<std::string> streams() const;
  /// What is on the disk of this stream, for checkers; valid until the next flush.
  std::span<const Event> events(std::string_view stream) const;
  /// Zeros if there is no such stream.
  StreamHead head(std::string_view stream) const;

  /// Damages one event: reads that meet it answer `corrupt` from now on. False if it is not there.
  bool corrupt_event(std::string_view stream, std::uint64_t seq);

 private:
  friend class MemoryJournal;
  struct Stream {
    StreamHead head;
    std::vector<Event> events;  ///< events[i].seq == i + 1
    std::set<std::uint64_t> corrupt;
    Snapshot snapshot;
  };

  std::map<std::string, Stream, std::less<>> streams_;
  Random random_;
};

struct MemoryJournalOptions {
  std::size_t queue_requests_max = 4096;     ///< Requests without an answer yet.
  std::size_t queue_bytes_max = 64U << 20U;  ///< What these hold.
  /// Called when a request arrives while nothing waits for a flush: the simulator then schedules one.
  std::move_only_function<void()> on_pending = {};
};

/// A journal for the simulator and for tests: plain code for one thread, without a clock. It does nothing by itself.
/// The owner decides when the waiting requests are flushed, and when those answers arrive, so it decides the latency
/// and may crash the node between the two:
///
///     flush(n)   the n oldest requests take effect on the disk, at once and together (a group commit)
///     answer(n)  the n oldest flushed requests get their answers
///
/// Destroying the journal drops every answer that is still due; what was flushed stays on the disk.
class MemoryJournal final : public Journal {
 public:
  /// `disk` outlives the journal. With several journals at a time it is a database of which each is a client, and each
  /// flush a transaction.
  explicit MemoryJournal(MemoryDisk& disk, MemoryJournalOptions options = {});

  void open(std::string stream, Done<OpenedStream> done) override;
  void append(AppendRequest request, Done<AppendOutcome> done) override;
  void read(ReadRequest request, Done<std::vector<Event>> done) override;
  void save_snapshot(std::string stream, std::uint64_t fence, Snapshot snapshot, Done<bool> done) override;

  /// Requests that wait for a flush.
  std::size_t pending() const { return pending_.size(); }
  /// Flushed requests whose answers are due.
  std::size_t flushed() const { return flushed_.size(); }

  /// Takes up to `requests_max` of the oldest requests to the disk and gives how many; none while stalled.
  std::size_t flush(std::size_t requests_max = SIZE_MAX);
  /// Calls `done` of up to `requests_max` of the oldest flushed requests and gives how many. `done` may call the
  /// journal.
  std::size_t answer(std::size_t requests_max = SIZE_MAX);
  /// Flushes and answers the oldest request; false if there was none or the disk is stalled.
  bool run_one();
  /// Flushes and answers until nothing waits, including what the answers asked for.
  void run_all();

  /// The next append that would be appended is answered `kUnknown`; it reaches the disk if `applied`. Calls add up.
  void fail_next_append_unknown(bool applied) { unknown_.push_back(applied); }
  /// While stalled, nothing reaches the disk, and the queue fills.
  void set_stalled(bool stalled) { stalled_ = stalled; }

 private:
  struct Open {
    std::string stream;
    Done<OpenedStream> done;
    Result<OpenedStream> result;
  };
  struct Append {
    AppendRequest request;
    Done<AppendOutcome> done;
    Result<AppendOutcome> result;
  };
  struct Read {
    ReadRequest request;
    Done<std::vector<Event>> done;
    Result<std::vector<Event>> result;
  };
  struct Save {
    std::string stream;
    std::uint64_t fence = 0;
    Snapshot snapshot;
    Done<bool> done;
    Result<bool> result;
  };
  struct Request {
    std::size_t size_bytes = 0;
    std::variant<Open, Append, Read, Save> call;
  };

  /// Whether a request of a good shape has room.
  Result<void> admit(Result<void> shape, std::size_t size_bytes) const;
  void enqueue(Request request);

  void execute(Open& call);
  void execute(Append& call);
  void execute(Read& call);
  void execute(Save& call);

  MemoryDisk& disk_;
  MemoryJournalOptions options_;
  std::deque<Request> pending_;
  std::deque<Request> flushed_;
  std::size_t held_bytes_ = 0;  ///< Of both queues.
  std::deque<bool> unknown_;    ///< Appends to fail, oldest first: whether each is applied.
  bool stalled_ = false;
};

}  // namespace troupe::document
