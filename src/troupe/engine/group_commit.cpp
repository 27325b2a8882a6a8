#include "troupe/engine/group_commit.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace troupe::engine {
namespace {

using document::AppendOutcome;
using document::OpenedStream;
using document::StreamHead;

/// Epochs must never repeat, also not on another machine or after a lost disk: so they come from the system's secure
/// source.
Result<std::string> new_epoch() {
  std::uint64_t random = 0;
  if (::getentropy(&random, sizeof random) != 0) {
    return fail(ErrorCode::kInputOutput, std::string("no random numbers from the system: ") + std::strerror(errno));
  }
  return document::epoch_name(random);
}

}  // namespace

Result<void> GroupCommit::run(std::vector<QueuedCall>& calls) {
  for (QueuedCall& queued : calls) {
    std::visit([this](auto& call) { stage(call); }, queued.call);
  }
  bool is_changed = false;
  for (const auto& [stream, touched] : touched_) {
    if (touched.is_changed) batch_.put_head(stream, touched.head);
    is_changed |= touched.is_changed;
  }
  if (is_changed) {
    if (auto committed = store_.commit(batch_); !committed) {
      heads_.clear();
      for (QueuedCall& queued : calls) mark_unknown(queued, committed.error());
      return committed;
    }
  }
  for (auto& [stream, touched] : touched_) heads_.put(stream, std::move(touched.head));
  return {};
}

void GroupCommit::stage(OpenCall& call) {
  auto touched = touch(call.stream);
  if (!touched) {
    call.result = std::unexpected(touched.error());
    return;
  }
  StreamHead& head = (*touched)->head;
  if (head.fence == 0) {
    auto epoch = new_epoch();
    if (!epoch) {
      call.result = std::unexpected(epoch.error());
      return;
    }
    head.epoch = std::move(*epoch);
  }
  ++head.fence;
  (*touched)->is_changed = true;
  call.result = OpenedStream{head.epoch, head.fence, head.last_seq, {}};
}

void GroupCommit::stage(AppendCall& call) {
  auto touched = touch(call.request.stream);
  if (!touched) {
    call.result = std::unexpected(touched.error());
    return;
  }
  StreamHead& head = (*touched)->head;
  if (!document::may_append(head, call.request)) {
    call.result = AppendOutcome::kFenced;
    return;
  }
  for (const auto& event : call.request.events) batch_.put_event(call.request.stream, event);
  head.last_seq += call.request.events.size();
  events_written_ += call.request.events.size();
  (*touched)->is_changed = true;
  call.result = AppendOutcome::kAppended;
}

void GroupCommit::stage(SaveCall& call) {
  auto touched = touch(call.stream);
  if (!touched) {
    call.result = std::unexpected(touched.error());
    return;
  }
  call.result = document::may_save((*touched)->head, call.fence, call.snapshot);
  if (!call.result || !*call.result) return;
  batch_.put_snapshot(call.stream, call.snapshot);
  (*touched)->head.snapshot_seq = call.snapshot.seq;
  (*touched)->is_changed = true;
}

Result<GroupCommit::Touched*> GroupCommit::touch(const std::string& stream) {
  if (const auto found = touched_.find(stream); found != touched_.end()) return &found->second;
  StreamHead head;
  if (const StreamHead* cached = heads_.find(stream)) {
    head = *cached;
  } else {
    auto loaded = store_.head(stream);
    if (!loaded) return std::unexpected(loaded.error());
    head = std::move(*loaded);
  }
  return &touched_.emplace(stream, Touched{std::move(head), false}).first->second;
}

void GroupCommit::mark_unknown(QueuedCall& queued, const Error& cause) {
  // What was refused stays refused: it is not in the batch. But a refusal that rests on an append of this batch would
  // have been another one without it; "fenced" is still true, since nothing of the call was written.
  if (auto* open = std::get_if<OpenCall>(&queued.call)) {
    if (open->result) open->result = fail(ErrorCode::kUnavailable, cause.to_string());
  } else if (auto* append = std::get_if<AppendCall>(&queued.call)) {
    if (append->result == AppendOutcome::kAppended) append->result = AppendOutcome::kUnknown;
  } else if (auto* save = std::get_if<SaveCall>(&queued.call)) {
    if (save->result == true) save->result = fail(ErrorCode::kUnavailable, cause.to_string());
  }
}

}  // namespace troupe::engine
