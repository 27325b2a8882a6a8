#include "troupe/engine/journal_core.hpp"

#include <algorithm>
#include <chrono>
#include <type_traits>

#include "troupe/overlay/backoff.hpp"

namespace troupe::engine {
namespace {

using document::AppendOutcome;
using document::AppendRequest;
using document::Event;
using document::OpenedStream;
using document::ReadRequest;
using document::Snapshot;

Error refusal(const Error& cause) {
  return {ErrorCode::kUnavailable, "the journal takes no writes until it has recovered: " + cause.to_string()};
}

void refuse(QueuedCall& queued, const Error& cause) {
  if (auto* open = std::get_if<OpenCall>(&queued.call)) open->result = std::unexpected(cause);
  if (auto* append = std::get_if<AppendCall>(&queued.call)) append->result = std::unexpected(cause);
  if (auto* save = std::get_if<SaveCall>(&queued.call)) save->result = std::unexpected(cause);
}

}  // namespace

// The way of a write: the caller's thread puts it into `queue_`; the writer's thread takes a batch, commits it and
// answers. An open goes on to the readers, which fetch its snapshot. A read goes to the readers at once, or through the
// queue if a write on its stream is under way.
JournalCore::JournalCore(JournalCoreOptions options, std::unique_ptr<JournalStore> store, JournalCounters& counters)
    : options_(std::move(options)),
      counters_(counters),
      queue_(options_.queue),
      store_(std::move(store)),
      heads_(std::max<std::size_t>(options_.heads_cached_max, 1)),
      random_(static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count())),
      readers_(std::max<std::size_t>(options_.read_threads, 1)),
      writer_([this] { run_writer(); }) {}

JournalCore::~JournalCore() { close(); }

void JournalCore::open(std::string stream, Done<OpenedStream> done) {
  auto shape = document::check_stream_name(stream);
  const std::size_t size = stream.size();
  write(std::move(shape), size, OpenCall{std::move(stream), std::move(done), {}});
}

void JournalCore::append(AppendRequest request, Done<AppendOutcome> done) {
  auto shape = document::check_append(request);
  const std::size_t size = document::size_bytes(request);
  write(std::move(shape), size, AppendCall{std::move(request), std::move(done), {}});
}

void JournalCore::save_snapshot(std::string stream, std::uint64_t fence, Snapshot snapshot, Done<bool> done) {
  auto shape = document::check_stream_name(stream);
  const std::size_t size = stream.size() + snapshot.state.size();
  write(std::move(shape), size, SaveCall{std::move(stream), fence, std::move(snapshot), std::move(done), {}});
}

template <class Call>
void JournalCore::write(Result<void> shape, std::size_t size_bytes, Call call) {
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

void JournalCore::read(ReadRequest request, Done<std::vector<Event>> done) {
  ReadCall call{std::move(request), std::move(done)};
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

Result<void> JournalCore::health() const {
  if (auto cause = queue_.cause()) return std::unexpected(std::move(*cause));
  return {};
}

void JournalCore::begin_close() {
  const std::lock_guard lock(closing_mutex_);
  queue_.close();
}

void JournalCore::close() {
  if (!writer_.joinable()) return;
  begin_close();
  writer_.join();
  readers_.close();
  store_->finish();
}

void JournalCore::run_writer() {
  while (!queue_.is_drained()) {
    auto batch = queue_.take(options_.check_interval);
    if (!batch.empty()) {
      run_batch(std::move(batch));
    } else if (auto checked = store_->check(); !checked) {
      const Error cause = refusal(checked.error());
      queue_.refuse_writes(cause);
      recover(cause);
    }
  }
}

void JournalCore::run_batch(std::vector<QueuedCall> batch) {
  GroupCommit commit(*store_, heads_);
  const auto failure = commit.run(batch);
  if (failure) {
    counters_.failures.add();
    queue_.refuse_writes(refusal(failure->cause));
  } else {
    counters_.commits.add();
    counters_.events.add(commit.events_written());
    recover_delay_ = Duration::zero();
  }
  queue_.settled(batch);
  answer(batch);
  if (failure) recover(refusal(failure->cause));
}

/// Until then every write is refused.

void JournalCore::recover(Error cause) {
  heads_.clear();
  if (options_.on_health) options_.on_health(std::unexpected(cause));
  auto waiting = queue_.take_all();
  for (QueuedCall& queued : waiting) refuse(queued, cause);
  queue_.settled(waiting);
  answer(waiting);
  for (;;) {
    if (recover_delay_ > Duration::zero() && queue_.wait_for_close(overlay::jittered(recover_delay_, random_))) return;
    recover_delay_ = std::clamp(recover_delay_ * 2, options_.recover_delay_min, options_.recover_delay_max);
    auto recovered = store_->recover();
    if (recovered) break;
    cause = refusal(recovered.error());
    queue_.refuse_writes(cause);
    if (options_.on_health) options_.on_health(std::unexpected(cause));
    if (queue_.wait_for_close(Duration::zero())) return;
  }
  queue_.refuse_writes(std::nullopt);
  if (options_.on_health) options_.on_health({});
}

/// Gives back the room first: who gets the answer may call again at once.
void JournalCore::answer(std::vector<QueuedCall>& batch) {
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
      std::visit([this](auto& call) { finish(call); }, queued.call);
    }
  }
}

bool JournalCore::is_for_readers(const QueuedCall& queued) {
  const auto* open = std::get_if<OpenCall>(&queued.call);
  return std::holds_alternative<ReadCall>(queued.call) || (open != nullptr && open->result.has_value());
}

template <class Call>
void JournalCore::finish(Call& call) {
  if constexpr (requires { call.result; }) {
    if (!call.result && call.result.error().code == ErrorCode::kCorrupt) counters_.corrupt.add();
    if constexpr (std::is_same_v<Call, AppendCall>) {
      if (call.result == AppendOutcome::kFenced) counters_.fenced.add();
    }
    call.done(std::move(call.result));
  }
}

void JournalCore::to_readers(QueuedCall& queued) {
  if (auto* read = std::get_if<ReadCall>(&queued.call)) return submit_read(std::move(*read));
  readers_.submit([this, size = queued.size_bytes, call = std::move(std::get<OpenCall>(queued.call))]() mutable {
    auto found = store_->opened_snapshot(call.stream);
    if (found) {
      // A newer writer may have opened, appended and saved meanwhile; this one is fenced, but still gets a state that
      // fits together.
      if (found->snapshot.seq > call.result->last_seq) call.result->last_seq = found->last_seq;
      call.result->snapshot = std::move(found->snapshot);
    } else {
      call.result = std::unexpected(std::move(found.error()));
    }
    release(1, size);
    finish(call);
  });
}

void JournalCore::submit_read(ReadCall call) {
  readers_.submit([this, call = std::move(call)]() mutable {
    auto events = store_->read(call.request);
    if (!events && events.error().code == ErrorCode::kCorrupt) counters_.corrupt.add();
    queue_.release_read();
    counters_.reads.add(-1);
    call.done(std::move(events));
  });
}

void JournalCore::release(std::size_t requests, std::size_t size_bytes) {
  queue_.release(requests, size_bytes);
  count_released(requests, size_bytes);
}

void JournalCore::count_released(std::size_t requests, std::size_t size_bytes) {
  counters_.queue_requests.add(-static_cast<std::int64_t>(requests));
  counters_.queue_bytes.add(-static_cast<std::int64_t>(size_bytes));
}

}  // namespace troupe::engine
