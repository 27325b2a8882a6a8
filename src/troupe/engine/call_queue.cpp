#include "troupe/engine/call_queue.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "troupe/base/assert.hpp"

namespace troupe::engine {
namespace {

std::size_t events_in(const QueuedCall& queued) {
  const auto* append = std::get_if<AppendCall>(&queued.call);
  return append == nullptr ? 0 : append->request.events.size();
}

}  // namespace

Result<void> CallQueue::push_write(QueuedCall& call) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return fail(ErrorCode::kStopping, "the journal is closing");
    if (cause_) return std::unexpected(*cause_);
    if (call.size_bytes > options_.bytes_max) {
      return fail(ErrorCode::kTooLarge, "a request of " + std::to_string(call.size_bytes) +
                                            " bytes; the journal's queue holds " + std::to_string(options_.bytes_max));
    }
    if (requests_ >= options_.requests_max || call.size_bytes > options_.bytes_max - bytes_) {
      return fail(ErrorCode::kQueueFull, "the journal's queue is full");
    }
    ++requests_;
    bytes_ += call.size_bytes;
    ++unsettled_[*written_stream(call)];
    calls_.push_back(std::move(call));
    if (calls_.size() > 1) return {};  // The writer knows already.
  }
  changed_.notify_all();
  return {};
}

Result<bool> CallQueue::push_read(ReadCall& call) {
  const std::lock_guard lock(mutex_);
  if (closed_) return fail(ErrorCode::kStopping, "the journal is closing");
  if (reads_ >= options_.reads_max) return fail(ErrorCode::kQueueFull, "the journal's queue of reads is full");
  ++reads_;
  if (!unsettled_.contains(call.request.stream)) return false;
  calls_.push_back({0, std::move(call)});
  changed_.notify_all();
  return true;
}

std::vector<QueuedCall> CallQueue::take(Duration patience) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, patience, [this] { return closed_ || !calls_.empty(); });
  std::vector<QueuedCall> batch;
  std::size_t events = 0;
  std::size_t bytes = 0;
  while (!calls_.empty()) {
    QueuedCall& next = calls_.front();
    events += events_in(next);
    bytes += next.size_bytes;
    const bool is_full = events > options_.batch_events_max || bytes > options_.batch_bytes_max;
    if (is_full && !batch.empty()) break;
    batch.push_back(std::move(next));
    calls_.pop_front();
  }
  return batch;
}

std::vector<QueuedCall> CallQueue::take_all() {
  const std::lock_guard lock(mutex_);
  std::vector<QueuedCall> batch(std::make_move_iterator(calls_.begin()), std::make_move_iterator(calls_.end()));
  calls_.clear();
  return batch;
}

void CallQueue::settled(const std::vector<QueuedCall>& batch) {
  const std::lock_guard lock(mutex_);
  for (const QueuedCall& call : batch) {
    const std::string* stream = written_stream(call);
    if (stream == nullptr) continue;
    const auto found = unsettled_.find(*stream);
    TROUPE_ASSERT(found != unsettled_.end());
    if (--found->second == 0) unsettled_.erase(found);
  }
}

void CallQueue::release(std::size_t requests, std::size_t size_bytes) {
  const std::lock_guard lock(mutex_);
  requests_ -= requests;
  bytes_ -= size_bytes;
}

void CallQueue::release_read() {
  const std::lock_guard lock(mutex_);
  --reads_;
}

void CallQueue::refuse_writes(std::optional<Error> cause) {
  const std::lock_guard lock(mutex_);
  cause_ = std::move(cause);
}

std::optional<Error> CallQueue::cause() const {
  const std::lock_guard lock(mutex_);
  return cause_;
}

bool CallQueue::is_drained() const {
  const std::lock_guard lock(mutex_);
  return closed_ && calls_.empty();
}

void CallQueue::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

bool CallQueue::wait_for_close(Duration timeout) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, timeout, [this] { return closed_; });
}

std::size_t CallQueue::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::size_t CallQueue::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

std::size_t CallQueue::reads() const {
  const std::lock_guard lock(mutex_);
  return reads_;
}

}  // namespace troupe::engine
