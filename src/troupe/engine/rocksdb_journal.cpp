#include "troupe/engine/rocksdb_journal.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <utility>

#include "troupe/engine/call_queue.hpp"
#include "troupe/engine/group_commit.hpp"
#include "troupe/engine/head_cache.hpp"
#include "troupe/engine/journal_counters.hpp"
#include "troupe/engine/rocksdb_store.hpp"
#include "troupe/engine/worker_pool.hpp"

namespace troupe::engine {

using document::AppendOutcome;
using document::AppendRequest;
using document::Event;
using document::OpenedStream;
using document::ReadRequest;
using document::Snapshot;

// The way of a write: the caller's thread puts it into `queue_`; the writer's thread takes a batch, commits it and
// answers. An open goes on to the readers, which fetch its snapshot. A read goes to the readers at once, or through the
// queue if a write on its stream is under way.
class RocksDbJournal::Core {
 public:
  Core(RocksDbJournalOptions options, std::unique_ptr<RocksDbStore> store)
      : options_(std::move(options)),
        counters_(options_.metrics != nullptr ? *options_.metrics : own_metrics_),
        queue_({.requests_max = options_.queue_requests_max,
                .bytes_max = options_.queue_bytes_max,
                .reads_max = options_.reads_max,
                .batch_events_max = options_.batch_events_max,
                .batch_bytes_max = options_.batch_bytes_max}),
        heads_(std::max<std::size_t>(options_.heads_cached_max, 1)),
        store_(std::move(store)),
        readers_(std::max<std::size_t>(options_.read_threads, 1)),
        writer_([this] { run_writer(); }) {}

  template <class Call>
  void write(Result<void> shape, std::size_t size_bytes, Call call) {
    if (!shape) return call.done(std::unexpected(std::move(shape.error())));
    QueuedCall queued{size_bytes, std::move(call)};
    counters_.queue_requests.add(1);
    counters_.queue_bytes.add(static_cast<std::int64_t>(size_bytes));
    if (auto pushed = queue_.push_write(queued); !pushed) {
      count_released(1, size_bytes);
      if (pushed.error().code == ErrorCode::kQueueFull) counters_.refused.add();
      std::get<Call>(queued.call).done(std::unexpected(std::move(pushed.error())));
    }
  }

  void read(ReadCall call) {
    if (auto name = document::check_stream_name(call.request.stream); !name) {
      return call.done(std::unexpected(std::move(name.error())));
    }
    // Both steps under one lock with `close`, so that no read reaches the readers after these are gone.
    std::unique_lock lock(closing_mutex_);
    auto pushed = queue_.push_read(call);
    if (pushed) {
      counters_.reads.add(1);
      if (!*pushed) submit_read(std::move(call));
      return;
    }
    lock.unlock();
    if (pushed.error().code == ErrorCode::kQueueFull) counters_.refused.add();
    call.done(std::unexpected(std::move(pushed.error())));
  }

  Result<void> health() const {
    if (auto cause = queue_.cause()) return std::unexpected(std::move(*cause));
    return {};
  }

  void close() {
    if (!writer_.joinable()) return;
    {
      const std::lock_guard lock(closing_mutex_);
      queue_.close();
    }
    writer_.join();
    readers_.close();
    if (store_ == nullptr) return;
    // Everything acknowledged is in the log already: a flush that fails only makes the next opening slower.
    [[maybe_unused]] const auto flushed = store_->flush();
    store_.reset();
  }

  static Result<std::unique_ptr<RocksDbStore>> open_store(const RocksDbJournalOptions& options) {
    return RocksDbStore::open(
        {.directory = options.directory, .memory_bytes_max = options.memory_bytes_max, .env = options.env});
  }

 private:
  void run_writer() {
    for (;;) {
      auto batch = queue_.take();
      if (batch.empty()) return;
      GroupCommit commit(*store_, heads_);
      auto committed = commit.run(batch);
      if (committed) {
        counters_.commits.add();
        counters_.events.add(commit.events_written());
        reopen_delay_ = Duration::zero();
      } else {
        counters_.failures.add();
        queue_.refuse_writes(unavailable(committed.error()));
      }
      queue_.settled(batch);
      answer(batch);
      if (!committed) recover(unavailable(committed.error()));
    }
  }

  /// The log's end is in doubt after a failed write: opening the database again settles it, since that replays the log
  /// and writes what it found to tables. RocksDB's own Resume does not touch the log.
  void recover(Error cause) {
    if (options_.on_health) options_.on_health(std::unexpected(cause));
    auto waiting = queue_.take_all();
    for (QueuedCall& queued : waiting) refuse(queued, cause);
    queue_.settled(waiting);
    answer(waiting);
    for (;;) {
      if (reopen_delay_ > Duration::zero() && queue_.wait_for_close(reopen_delay_)) return;
      reopen_delay_ = std::clamp(reopen_delay_ * 2, options_.reopen_delay_min, options_.reopen_delay_max);
      auto reopened = reopen();
      if (reopened) break;
      cause = unavailable(reopened.error());
      queue_.refuse_writes(cause);
      if (options_.on_health) options_.on_health(std::unexpected(cause));
      if (queue_.wait_for_close(Duration::zero())) return;
    }
    queue_.refuse_writes(std::nullopt);
    if (options_.on_health) options_.on_health({});
  }

  Result<void> reopen() {
    // Readers look at the flag before they take the lock, so that they cannot keep this thread from getting it.
    is_reopening_ = true;
    const std::unique_lock lock(store_mutex_);
    store_.reset();
    auto opened = open_store(options_);
    is_reopening_ = false;
    if (!opened) return std::unexpected(std::move(opened.error()));
    store_ = std::move(*opened);
    return {};
  }

  static Error unavailable(const Error& cause) {
    return {ErrorCode::kUnavailable,
            "the journal takes no writes until it could be opened again: " + cause.to_string()};
  }

  static void refuse(QueuedCall& queued, const Error& cause) {
    if (auto* open = std::get_if<OpenCall>(&queued.call)) open->result = std::unexpected(cause);
    if (auto* append = std::get_if<AppendCall>(&queued.call)) append->result = std::unexpected(cause);
    if (auto* save = std::get_if<SaveCall>(&queued.call)) save->result = std::unexpected(cause);
  }

  /// Gives back the room first: who gets the answer may call again at once.
  void answer(std::vector<QueuedCall>& batch) {
    std::size_t requests = 0;
    std::size_t bytes = 0;
    for (const QueuedCall& queued : batch) {
      if (is_for_readers(queued)) continue;
      ++requests;
      bytes += queued.size_bytes;
    }
    release(requests, bytes);
    for (QueuedCall& queued : batch) {
      if (is_for_readers(queued)) {
        to_readers(queued);
      } else {
        std::visit([this](auto& call) { answer_write(call); }, queued.call);
      }
    }
  }

  static bool is_for_readers(const QueuedCall& queued) {
    const auto* open = std::get_if<OpenCall>(&queued.call);
    return std::holds_alternative<ReadCall>(queued.call) || (open != nullptr && open->result.has_value());
  }

  void answer_write(OpenCall& call) { finish(call); }
  void answer_write(SaveCall& call) { finish(call); }
  void answer_write(AppendCall& call) {
    if (call.result == AppendOutcome::kFenced) counters_.fenced.add();
    finish(call);
  }
  void answer_write(ReadCall&) {}

  template <class Call>
  void finish(Call& call) {
    if (!call.result && call.result.error().code == ErrorCode::kCorrupt) counters_.corrupt.add();
    call.done(std::move(call.result));
  }

  void to_readers(QueuedCall& queued) {
    if (auto* read = std::get_if<ReadCall>(&queued.call)) return submit_read(std::move(*read));
    readers_.submit([this, size = queued.size_bytes, call = std::move(std::get<OpenCall>(queued.call))]() mutable {
      if (auto added = with_store([&](RocksDbStore& store) { return add_snapshot(store, call); }); !added) {
        call.result = std::unexpected(std::move(added.error()));
      }
      release(1, size);
      finish(call);
    });
  }

  static Result<void> add_snapshot(RocksDbStore& store, OpenCall& call) {
    auto snapshot = store.snapshot(call.stream);
    if (!snapshot) return std::unexpected(std::move(snapshot.error()));
    if (snapshot->seq > call.result->last_seq) {
      // A newer writer has opened, appended and saved meanwhile; this one is fenced, but still gets a state that fits
      // together.
      auto head = store.head(call.stream);
      if (!head) return std::unexpected(std::move(head.error()));
      call.result->last_seq = head->last_seq;
    }
    call.result->snapshot = std::move(*snapshot);
    return {};
  }

  void submit_read(ReadCall call) {
    readers_.submit([this, call = std::move(call)]() mutable {
      auto events = with_store([&](RocksDbStore& store) { return store.read(call.request); });
      if (!events && events.error().code == ErrorCode::kCorrupt) counters_.corrupt.add();
      queue_.release_read();
      counters_.reads.add(-1);
      call.done(std::move(events));
    });
  }

  template <class Use>
  auto with_store(Use use) -> decltype(use(std::declval<RocksDbStore&>())) {
    if (!is_reopening_) {
      const std::shared_lock lock(store_mutex_);
      if (store_ != nullptr) return use(*store_);
    }
    return fail(ErrorCode::kUnavailable, "the journal is being opened again after a failure");
  }

  void release(std::size_t requests, std::size_t size_bytes) {
    queue_.release(requests, size_bytes);
    count_released(requests, size_bytes);
  }
  void count_released(std::size_t requests, std::size_t size_bytes) {
    counters_.queue_requests.add(-static_cast<std::int64_t>(requests));
    counters_.queue_bytes.add(-static_cast<std::int64_t>(size_bytes));
  }

  RocksDbJournalOptions options_;
  Metrics own_metrics_;
  JournalCounters counters_;
  CallQueue queue_;
  std::mutex closing_mutex_;

  HeadCache heads_;                           ///< The writer's.
  Duration reopen_delay_ = Duration::zero();  ///< The writer's: before the next attempt.
  std::atomic<bool> is_reopening_ = false;
  std::shared_mutex store_mutex_;  ///< Only the writer replaces the store, so it reads the pointer without the lock.
  std::unique_ptr<RocksDbStore> store_;

  WorkerPool readers_;
  std::thread writer_;
};

Result<std::unique_ptr<RocksDbJournal>> RocksDbJournal::open(RocksDbJournalOptions options) {
  auto store = Core::open_store(options);
  if (!store) return std::unexpected(std::move(store.error()));
  auto core = std::make_unique<Core>(std::move(options), std::move(*store));
  return std::unique_ptr<RocksDbJournal>(new RocksDbJournal(std::move(core)));
}

RocksDbJournal::RocksDbJournal(std::unique_ptr<Core> core) : core_(std::move(core)) {}
RocksDbJournal::~RocksDbJournal() { close(); }

void RocksDbJournal::open(std::string stream, Done<OpenedStream> done) {
  auto shape = document::check_stream_name(stream);
  const std::size_t size = stream.size();
  core_->write(std::move(shape), size, OpenCall{std::move(stream), std::move(done), {}});
}

void RocksDbJournal::append(AppendRequest request, Done<AppendOutcome> done) {
  auto shape = document::check_append(request);
  const std::size_t size = document::size_bytes(request);
  core_->write(std::move(shape), size, AppendCall{std::move(request), std::move(done), {}});
}

void RocksDbJournal::read(ReadRequest request, Done<std::vector<Event>> done) {
  core_->read({std::move(request), std::move(done)});
}

void RocksDbJournal::save_snapshot(std::string stream, std::uint64_t fence, Snapshot snapshot, Done<bool> done) {
  auto shape = document::check_stream_name(stream);
  const std::size_t size = stream.size() + snapshot.state.size();
  core_->write(std::move(shape), size, SaveCall{std::move(stream), fence, std::move(snapshot), std::move(done), {}});
}

Result<void> RocksDbJournal::health() const { return core_->health(); }

void RocksDbJournal::close() { core_->close(); }

}  // namespace troupe::engine
