#include "troupe/engine/group_commit.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace troupe::engine {
namespace {

using document::AppendOutcome;
using document::OpenedStream;
using document::StreamHead;

/// A stream whose head changes so often between a decision and its commit is fought over: its writers come back.
constexpr int kDecisionsMax = 8;

/// Epochs must never repeat, also not on another machine or after a lost disk: so they come from the system's secure
/// source.
Result<std::string> new_epoch() {
  std::uint64_t random = 0;
  if (::getentropy(&random, sizeof random) != 0) {
    return fail(ErrorCode::kInputOutput, std::string("no random numbers from the system: ") + std::strerror(errno));
  }
  return document::epoch_name(random);
}

/// Takes back what was accepted. What was refused stays refused: nothing of it is in the batch. A refusal may rest on
/// an append of this batch and would have been another one without it, but is still true.
void retract(QueuedCall& queued, AppendOutcome append_outcome) {
  if (auto* append = std::get_if<AppendCall>(&queued.call)) {
    if (append->result == AppendOutcome::kAppended) append->result = append_outcome;
  }
}
void retract(QueuedCall& queued, const Error& cause) {
  const auto unavailable = fail(ErrorCode::kUnavailable, cause.to_string());
  if (auto* open = std::get_if<OpenCall>(&queued.call)) {
    if (open->result) open->result = unavailable;
  } else if (auto* append = std::get_if<AppendCall>(&queued.call)) {
    if (append->result == AppendOutcome::kAppended) append->result = unavailable;
  } else if (auto* save = std::get_if<SaveCall>(&queued.call)) {
    if (save->result == true) save->result = unavailable;
  }
}

}  // namespace

std::optional<CommitFailure> GroupCommit::run(std::vector<QueuedCall>& calls) {
  Calls undecided;
  for (QueuedCall& queued : calls) {
    if (written_stream(queued) != nullptr) undecided.push_back(&queued);
  }
  for (int decisions = 0; !undecided.empty(); ++decisions) {
    if (decisions == kDecisionsMax) {
      const Error cause{ErrorCode::kUnavailable, "other writers of the stream were faster, again and again"};
      for (QueuedCall* queued : undecided) retract(*queued, cause);
      return std::nullopt;
    }
    auto failure = decide(undecided);
    if (!failure) failure = commit();
    if (failure) {
      heads_.clear();
      for (QueuedCall* queued : undecided) {
        if (failure->is_unknown) retract(*queued, AppendOutcome::kUnknown);
        retract(*queued, failure->cause);
      }
      return failure;
    }
    undecided = settle(undecided);
  }
  return std::nullopt;
}

std::optional<CommitFailure> GroupCommit::decide(const Calls& calls) {
  do {
    touched_.clear();
    if (auto loaded = load_heads(calls); !loaded) {
      for (QueuedCall* queued : calls) {
        std::visit(
            [&](auto& call) {
              if constexpr (requires { call.result; }) call.result = std::unexpected(loaded.error());
            },
            queued->call);
      }
      return CommitFailure{std::move(loaded.error()), false};
    }
    for (QueuedCall* queued : calls) {
      std::visit([this](auto& call) { stage(call); }, queued->call);
    }
  } while (forget_doubtful());
  return std::nullopt;
}

Result<void> GroupCommit::load_heads(const Calls& calls) {
  std::vector<std::string_view> missing;
  for (const QueuedCall* queued : calls) {
    const std::string& stream = *written_stream(*queued);
    if (touched_.contains(stream)) continue;
    Touched touched;
    if (const StreamHead* cached = heads_.find(stream)) {
      touched.head = touched.before = *cached;
      touched.is_cached = true;
    } else {
      missing.push_back(stream);
    }
    touched_.emplace(stream, std::move(touched));
  }
  if (missing.empty()) return {};
  auto loaded = store_.heads(missing);
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  for (std::size_t i = 0; i < missing.size(); ++i) {
    Touched& touched = touched_.at(missing[i]);
    touched.head = std::move((*loaded)[i]);
    if (touched.head) touched.before = *touched.head;
  }
  return {};
}

void GroupCommit::stage(OpenCall& call) {
  auto& head = touched_.at(call.stream).head;
  if (!head) {
    call.result = std::unexpected(head.error());
    return;
  }
  if (head->fence == 0) {
    auto epoch = new_epoch();
    if (!epoch) {
      call.result = std::unexpected(epoch.error());
      return;
    }
    head->epoch = std::move(*epoch);
  }
  ++head->fence;
  call.result = OpenedStream{head->epoch, head->fence, head->last_seq, {}};
}

void GroupCommit::stage(AppendCall& call) {
  Touched& touched = touched_.at(call.request.stream);
  if (!touched.head) {
    call.result = std::unexpected(touched.head.error());
    return;
  }
  if (!document::may_append(*touched.head, call.request)) {
    call.result = AppendOutcome::kFenced;
    touched.is_doubtful |= touched.is_cached;
    return;
  }
  // No events: the question is what other processes have written.
  touched.is_doubtful |= touched.is_cached && call.request.events.empty();
  for (const auto& event : call.request.events) touched.events.push_back(&event);
  touched.head->last_seq += call.request.events.size();
  call.result = AppendOutcome::kAppended;
}

void GroupCommit::stage(SaveCall& call) {
  Touched& touched = touched_.at(call.stream);
  if (!touched.head) {
    call.result = std::unexpected(touched.head.error());
    return;
  }
  call.result = document::may_save(*touched.head, call.fence, call.snapshot);
  touched.is_doubtful |= touched.is_cached && call.result != true;
  if (call.result != true) return;
  touched.snapshot = &call.snapshot;
  touched.head->snapshot_seq = call.snapshot.seq;
}

/// Whether a decision rests on a head that may be old; then it is not in the cache any more.
bool GroupCommit::forget_doubtful() {
  bool is_any = false;
  for (const auto& [stream, touched] : touched_) {
    if (!touched.is_doubtful) continue;
    heads_.erase(stream);
    is_any = true;
  }
  return is_any;
}

std::optional<CommitFailure> GroupCommit::commit() {
  changes_.clear();
  outcomes_.clear();
  for (auto& [stream, touched] : touched_) {
    if (!touched.head || *touched.head == touched.before) continue;
    changes_.push_back({stream, std::move(touched.before), *touched.head, std::move(touched.events), touched.snapshot});
  }
  if (changes_.empty()) return std::nullopt;
  auto committed = store_.commit(changes_);
  if (!committed) return std::move(committed.error());
  outcomes_ = std::move(*committed);
  return std::nullopt;
}

/// Takes the outcomes into the cache and the answers, and gives the calls that have to be decided again.
GroupCommit::Calls GroupCommit::settle(const Calls& calls) {
  std::unordered_map<std::string_view, ChangeOutcome> unwritten;
  for (std::size_t i = 0; i < outcomes_.size(); ++i) {
    const StreamChange& change = changes_[i];
    if (outcomes_[i] == ChangeOutcome::kWritten) {
      events_written_ += change.events.size();
      heads_.put(change.stream, change.after);
    } else {
      heads_.erase(change.stream);
      unwritten.emplace(change.stream, outcomes_[i]);
    }
  }
  for (const auto& [stream, touched] : touched_) {
    if (touched.head && !unwritten.contains(stream)) heads_.put(stream, *touched.head);
  }
  Calls again;
  for (QueuedCall* queued : calls) {
    const auto found = unwritten.find(*written_stream(*queued));
    if (found == unwritten.end()) continue;
    if (found->second == ChangeOutcome::kStale) {
      again.push_back(queued);
    } else {
      retract(*queued, AppendOutcome::kFenced);
      retract(*queued, Error{ErrorCode::kCorrupt, "the stream has events beyond its end"});
    }
  }
  return again;
}

}  // namespace troupe::engine
