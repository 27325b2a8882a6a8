#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "troupe/base/error.hpp"
#include "troupe/base/time.hpp"
#include "troupe/engine/journal_call.hpp"

namespace troupe::engine {

struct CallQueueOptions {
  std::size_t requests_max = 0;
  std::size_t bytes_max = 0;
  std::size_t reads_max = 0;
  std::size_t batch_events_max = 0;
  std::size_t batch_bytes_max = 0;
};

/// What waits for the journal's writer, with its bounds. A call holds its room until it is answered, not only until the
/// writer takes it. Any thread pushes, one takes.
class CallQueue {
 public:
  explicit CallQueue(const CallQueueOptions& options) : options_(options) {}

  /// Why a write was not taken: `too_large`, `queue_full`, `stopping`, or the error given to `refuse_writes`. Then
  /// `call` is as it was.
  Result<void> push_write(QueuedCall& call);
  /// A read takes its room. True: a write on its stream is under way, and `call` went into the queue behind it; false:
  /// it may run now.
  Result<bool> push_read(ReadCall& call);

  /// The next batch. Waits for one so long; empty if none came.
  std::vector<QueuedCall> take(Duration patience);
  /// Closed, and all is taken.
  bool is_drained() const;
  /// All that waits, without waiting.
  std::vector<QueuedCall> take_all();

  /// The writes of a batch have taken effect, or never will: reads behind them may run from now on.
  void settled(const std::vector<QueuedCall>& batch);
  /// Gives back the room of a write or a read, right before its `done` is called.
  void release(std::size_t requests, std::size_t size_bytes);
  void release_read();

  /// Writes fail with `cause` until it is nothing again.
  void refuse_writes(std::optional<Error> cause);
  /// Why writes are refused.
  std::optional<Error> cause() const;

  /// No more calls.
  void close();
  /// Waits; true if the queue was closed meanwhile.
  bool wait_for_close(Duration timeout);

  std::size_t requests() const;
  std::size_t bytes() const;
  std::size_t reads() const;

 private:
  const CallQueueOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<QueuedCall> calls_;
  std::unordered_map<std::string, std::size_t> unsettled_;  ///< Writes under way, by stream.
  std::size_t requests_ = 0;
  std::size_t bytes_ = 0;
  std::size_t reads_ = 0;
  std::optional<Error> cause_;
  bool closed_ = false;
};

}  // namespace troupe::engine
