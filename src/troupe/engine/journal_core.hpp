#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "troupe/base/metrics.hpp"
#include "troupe/base/random.hpp"
#include "troupe/base/time.hpp"
#include "troupe/document/journal.hpp"
#include "troupe/engine/call_queue.hpp"
#include "troupe/engine/group_commit.hpp"
#include "troupe/engine/head_cache.hpp"
#include "troupe/engine/journal_counters.hpp"
#include "troupe/engine/journal_store.hpp"
#include "troupe/engine/worker_pool.hpp"

namespace troupe::engine {

struct JournalCoreOptions {
  CallQueueOptions queue;
  std::size_t read_threads = 2;
  std::size_t heads_cached_max = 65'536;
  // After a failure the store is recovered: at once, then after these delays, doubled each time, less up to half of
  // them.
  Duration recover_delay_min = 100ms;
  Duration recover_delay_max = 5s;
  Duration check_interval = 1h;  ///< How often a store without work is asked whether it could do some.
  std::move_only_function<void(const Result<void>&)> on_health = {};
};

/// A journal on a store: one thread writes. It takes everything that waits as one batch, decides, has it committed, and
/// only then answers. Reads run on a few other threads, and do not wait for a commit unless an earlier call on the same
/// stream does.
///
/// When a commit fails, new opens, appends and snapshots are refused with `unavailable` until the store has recovered.
class JournalCore final : public document::Journal {
 public:
  /// `counters` outlives the core.
  JournalCore(JournalCoreOptions options, std::unique_ptr<JournalStore> store, JournalCounters& counters);
  /// Closes.
  ~JournalCore() override;

  void open(std::string stream, Done<document::OpenedStream> done) override;
  void append(document::AppendRequest request, Done<document::AppendOutcome> done) override;
  void read(document::ReadRequest request, Done<std::vector<document::Event>> done) override;
  void save_snapshot(std::string stream, std::uint64_t fence, document::Snapshot snapshot, Done<bool> done) override;

  /// Whether appends are taken; if not, why not. Any thread.
  Result<void> health() const;

  /// Takes no more calls; returns at once.
  void begin_close();
  /// Answers what waits and ends the threads. Calls that come later are refused with `stopping`. Once, and not from a
  /// `done`.
  void close();

 private:
  template <class Call>
  void write(Result<void> shape, std::size_t size_bytes, Call call);

  void run_writer();
  void run_batch(std::vector<QueuedCall> batch);
  void recover(Error cause);

  void answer(std::vector<QueuedCall>& batch);
  static bool is_for_readers(const QueuedCall& queued);
  template <class Call>
  void finish(Call& call);
  void to_readers(QueuedCall& queued);
  void submit_read(ReadCall call);
  void release(std::size_t requests, std::size_t size_bytes);
  void count_released(std::size_t requests, std::size_t size_bytes);

  JournalCoreOptions options_;
  JournalCounters& counters_;
  CallQueue queue_;
  std::mutex closing_mutex_;
  std::unique_ptr<JournalStore> store_;

  // The writer's.
  HeadCache heads_;
  Duration recover_delay_ = Duration::zero();  ///< Before the next attempt.
  Random random_;

  WorkerPool readers_;
  std::thread writer_;
};

}  // namespace troupe::engine
