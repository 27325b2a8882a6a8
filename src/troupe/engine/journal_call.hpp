#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "troupe/document/journal.hpp"

/// The calls that go through a writer's queue, each with what is to be answered.
namespace troupe::engine {

struct OpenCall {
  std::string stream;
  document::Journal::Done<document::OpenedStream> done;
  Result<document::OpenedStream> result;
};
struct AppendCall {
  document::AppendRequest request;
  document::Journal::Done<document::AppendOutcome> done;
  Result<document::AppendOutcome> result;
};
struct SaveCall {
  std::string stream;
  std::uint64_t fence = 0;
  document::Snapshot snapshot;
  document::Journal::Done<bool> done;
  Result<bool> result;
};
/// A read that waits for the writes on its stream that were called before it. It takes no part in the commit.
struct ReadCall {
  document::ReadRequest request;
  document::Journal::Done<std::vector<document::Event>> done;
};

struct QueuedCall {
  std::size_t size_bytes = 0;
  std::variant<OpenCall, AppendCall, SaveCall, ReadCall> call;
};

/// The stream that a call writes to; null for a read.
inline const std::string* written_stream(const QueuedCall& queued) {
  if (const auto* open = std::get_if<OpenCall>(&queued.call)) return &open->stream;
  if (const auto* append = std::get_if<AppendCall>(&queued.call)) return &append->request.stream;
  if (const auto* save = std::get_if<SaveCall>(&queued.call)) return &save->stream;
  return nullptr;
}

}  // namespace troupe::engine
