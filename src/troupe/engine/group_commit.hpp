#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "troupe/document/journal.hpp"
#include "troupe/document/stream_rules.hpp"
#include "troupe/engine/head_cache.hpp"
#include "troupe/engine/rocksdb_store.hpp"

namespace troupe::engine {

// The calls that go through the writer's queue, each with what is to be answered.
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

/// Decides and writes many calls as one batch: each is checked against the stream's head as the calls before it will
/// leave it, and everything that is accepted becomes durable with one flush of the disk. Used once.
class GroupCommit {
 public:
  GroupCommit(RocksDbStore& store, HeadCache& heads) : store_(store), heads_(heads), batch_(store) {}

  /// Fills in each call's `result` (of an open without the snapshot) and brings the cache up to date. After an error
  /// the calls that were accepted are answered unknown, the cache is empty, and the store is of no more use.
  Result<void> run(std::vector<QueuedCall>& calls);

  std::uint64_t events_written() const { return events_written_; }

 private:
  struct Touched {
    document::StreamHead head;
    bool is_changed = false;
  };

  void stage(OpenCall& call);
  void stage(AppendCall& call);
  void stage(SaveCall& call);
  void stage(ReadCall&) {}
  Result<Touched*> touch(const std::string& stream);
  static void mark_unknown(QueuedCall& call, const Error& cause);

  RocksDbStore& store_;
  HeadCache& heads_;
  RocksDbStore::Batch batch_;
  std::unordered_map<std::string, Touched> touched_;
  std::uint64_t events_written_ = 0;
};

}  // namespace troupe::engine
