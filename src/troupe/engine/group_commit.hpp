#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "troupe/engine/head_cache.hpp"
#include "troupe/engine/journal_call.hpp"
#include "troupe/engine/journal_store.hpp"

namespace troupe::engine {

/// Decides and writes many calls as one batch: each is checked against the stream's head as the calls before it will
/// leave it, and everything that is accepted becomes durable with one commit of the store. Used once.
///
/// The heads may come from the cache, where another machine's writer makes them old. So the store writes a change only
/// if the head is still the one that the decision rests on, and a refusal that rests on the cache is looked up before
/// it is given: both are decided again from the store's own heads.
class GroupCommit {
 public:
  GroupCommit(JournalStore& store, HeadCache& heads) : store_(store), heads_(heads) {}

  /// Fills in each call's `result` (of an open without the snapshot) and brings the cache up to date. After an error
  /// the calls that were accepted are answered unknown (or `unavailable` if nothing was written), and the cache is
  /// empty.
  std::optional<CommitFailure> run(std::vector<QueuedCall>& calls);

  std::uint64_t events_written() const { return events_written_; }

 private:
  struct Touched {
    Result<document::StreamHead> head;  ///< As the calls so far will leave it.
    document::StreamHead before;
    bool is_cached = false;
    bool is_doubtful = false;  ///< A call was refused because of a head that may be old.
    std::vector<const document::Event*> events;
    const document::Snapshot* snapshot = nullptr;
  };
  using Calls = std::vector<QueuedCall*>;

  std::optional<CommitFailure> decide(const Calls& calls);
  Result<void> load_heads(const Calls& calls);
  void stage(OpenCall& call);
  void stage(AppendCall& call);
  void stage(SaveCall& call);
  void stage(ReadCall&) {}
  bool forget_doubtful();
  std::optional<CommitFailure> commit();
  Calls settle(const Calls& calls);

  JournalStore& store_;
  HeadCache& heads_;
  std::unordered_map<std::string_view, Touched> touched_;
  std::vector<StreamChange> changes_;
  std::vector<ChangeOutcome> outcomes_;
  std::uint64_t events_written_ = 0;
};

}  // namespace troupe::engine
