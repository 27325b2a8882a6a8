#include "troupe/document/memory_journal.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace troupe::document {

std::vector<std::string> MemoryDisk::streams() const {
  std::vector<std::string> names;
  for (const auto& [name, stream] : streams_) names.push_back(name);
  return names;
}

std::span<const Event> MemoryDisk::events(std::string_view stream) const {
  const auto found = streams_.find(stream);
  if (found == streams_.end()) return {};
  return found->second.events;
}

StreamHead MemoryDisk::head(std::string_view stream) const {
  const auto found = streams_.find(stream);
  return found == streams_.end() ? StreamHead{} : found->second.head;
}

bool MemoryDisk::corrupt_event(std::string_view stream, std::uint64_t seq) {
  const auto found = streams_.find(stream);
  if (found == streams_.end() || seq == 0 || seq > found->second.head.last_seq) return false;
  found->second.corrupt.insert(seq);
  return true;
}

MemoryJournal::MemoryJournal(MemoryDisk& disk, MemoryJournalOptions options)
    : disk_(disk), options_(std::move(options)) {}

Result<void> MemoryJournal::admit(Result<void> shape, std::size_t size_bytes) const {
  if (!shape) return shape;
  if (size_bytes > options_.queue_bytes_max) {
    return fail(ErrorCode::kTooLarge, "a request of " + std::to_string(size_bytes) +
                                          " bytes; the journal's queue holds " +
                                          std::to_string(options_.queue_bytes_max));
  }
  const bool full = pending_.size() + flushed_.size() >= options_.queue_requests_max ||
                    size_bytes > options_.queue_bytes_max - held_bytes_;
  if (full) return fail(ErrorCode::kQueueFull, "the journal's queue is full");
  return {};
}

void MemoryJournal::enqueue(Request request) {
  const bool was_idle = pending_.empty();
  held_bytes_ += request.size_bytes;
  pending_.push_back(std::move(request));
  if (was_idle && options_.on_pending) options_.on_pending();
}

void MemoryJournal::open(std::string stream, Done<OpenedStream> done) {
  const std::size_t size = stream.size();
  auto admitted = admit(check_stream_name(stream), size);
  if (!admitted) return done(std::unexpected(admitted.error()));
  enqueue({size, Open{std::move(stream), std::move(done), {}}});
}

void MemoryJournal::append(AppendRequest request, Done<AppendOutcome> done) {
  const std::size_t size = document::size_bytes(request);
  auto admitted = admit(check_append(request), size);
  if (!admitted) return done(std::unexpected(admitted.error()));
  enqueue({size, Append{std::move(request), std::move(done), {}}});
}

void MemoryJournal::read(ReadRequest request, Done<std::vector<Event>> done) {
  const std::size_t size = request.stream.size();
  auto admitted = admit(check_stream_name(request.stream), size);
  if (!admitted) return done(std::unexpected(admitted.error()));
  enqueue({size, Read{std::move(request), std::move(done), {}}});
}

void MemoryJournal::save_snapshot(std::string stream, std::uint64_t fence, Snapshot snapshot, Done<bool> done) {
  const std::size_t size = stream.size() + snapshot.state.size();
  auto admitted = admit(check_stream_name(stream), size);
  if (!admitted) return done(std::unexpected(admitted.error()));
  enqueue({size, Save{std::move(stream), fence, std::move(snapshot), std::move(done), {}}});
}

std::size_t MemoryJournal::flush(std::size_t requests_max) {
  if (stalled_) return 0;
  const std::size_t count = std::min(requests_max, pending_.size());
  for (std::size_t i = 0; i < count; ++i) {
    std::visit([this](auto& call) { execute(call); }, pending_.front().call);
    flushed_.push_back(std::move(pending_.front()));
    pending_.pop_front();
  }
  return count;
}

std::size_t MemoryJournal::answer(std::size_t requests_max) {
  const std::size_t count = std::min(requests_max, flushed_.size());
  for (std::size_t i = 0; i < count; ++i) {
    // Out of the queue first: `done` may call the journal, and has room for one request where this one was.
    Request request = std::move(flushed_.front());
    flushed_.pop_front();
    held_bytes_ -= request.size_bytes;
    std::visit([](auto& call) { call.done(std::move(call.result)); }, request.call);
  }
  return count;
}

bool MemoryJournal::run_one() {
  if (flushed_.empty() && flush(1) == 0) return false;
  return answer(1) == 1;
}

void MemoryJournal::run_all() {
  while (run_one()) {
  }
}

void MemoryJournal::execute(Open& call) {
  auto& stream = disk_.streams_[call.stream];
  if (stream.head.fence++ == 0) stream.head.epoch = epoch_name(disk_.random_.next());
  call.result = OpenedStream{stream.head.epoch, stream.head.fence, stream.head.last_seq, stream.snapshot};
}

void MemoryJournal::execute(Append& call) {
  const auto found = disk_.streams_.find(call.request.stream);
  if (found == disk_.streams_.end() || !may_append(found->second.head, call.request)) {
    call.result = AppendOutcome::kFenced;
    return;
  }
  call.result = AppendOutcome::kAppended;
  if (!unknown_.empty()) {
    call.result = AppendOutcome::kUnknown;
    const bool applied = unknown_.front();
    unknown_.pop_front();
    if (!applied) return;
  }
  auto& [head, events, corrupt, snapshot] = found->second;
  head.last_seq += call.request.events.size();
  std::ranges::move(call.request.events, std::back_inserter(events));
}

void MemoryJournal::execute(Read& call) {
  call.result.emplace();
  const auto found = disk_.streams_.find(call.request.stream);
  if (found == disk_.streams_.end()) return;
  const auto& stream = found->second;
  std::size_t bytes = 0;
  for (std::uint64_t i = call.request.after; i < stream.events.size(); ++i) {
    const Event& event = stream.events[i];
    bytes += document::size_bytes(event);
    if (call.result->size() >= call.request.events_max) return;
    if (bytes > call.request.bytes_max && !call.result->empty()) return;
    if (stream.corrupt.contains(event.seq)) {
      call.result = fail(ErrorCode::kCorrupt, "event " + std::to_string(event.seq) + " of stream " +
                                                  call.request.stream + " is damaged on the disk");
      return;
    }
    call.result->push_back(event);
  }
}

void MemoryJournal::execute(Save& call) {
  const auto found = disk_.streams_.find(call.stream);
  call.result = may_save(found == disk_.streams_.end() ? StreamHead{} : found->second.head, call.fence, call.snapshot);
  if (!call.result || !*call.result) return;
  found->second.head.snapshot_seq = call.snapshot.seq;
  found->second.snapshot = std::move(call.snapshot);
}

}  // namespace troupe::document
