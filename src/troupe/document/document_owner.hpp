#pragma once

#include <deque>
#include <memory>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "troupe/actor/actor.hpp"
#include "troupe/document/document_options.hpp"
#include "troupe/document/follow.hpp"
#include "troupe/document/journal.hpp"
#include "troupe/document/key_window.hpp"
#include "troupe/document/recent_events.hpp"

namespace troupe::document {

/// The one owner of a document: numbers its events, appends them to the journal, and only then acknowledges and
/// publishes them. One batch is on its way to the journal at a time; what comes meanwhile makes the next batch, so a
/// slow disk makes batches larger, not queues longer.
///
///     closed --open--> opening --journal's answers--> ready <--> appending
///        ^________________|_____any failure of the journal_________|
class DocumentOwner final : public Actor<DocumentOwner> {
 public:
  using Messages = troupe::Messages<OwnerAppend, OwnerRead, OwnerFollow, PutAway>;

  DocumentOwner(std::string topic, const DocumentOptions& options, Journal& journal,
                Ref<class DocumentsActor> documents, Metrics& metrics);

  void on_start() override;
  void on(OwnerAppend&& message);
  void on(OwnerRead&& message);
  void on(OwnerFollow&& message);
  void on(const PutAway&);

 private:
  enum class State : std::uint8_t { kClosed, kOpening, kReady, kAppending };
  struct Waiting {
    Event event;
    ReplyTo<Append::Reply> reply;
  };

  // Opening.
  void open();
  void on_opened(Result<OpenedStream> opened);
  void read_on();
  void on_page(Result<std::vector<Event>> page);
  void on_ready();
  void fail_all(const Error& error);

  // Appending.
  void append_next();
  void on_appended(Result<AppendOutcome> outcome);
  void take(const Event& event);
  void publish(const std::vector<Event>& events);
  void save_snapshot();

  void answer_follow(OwnerFollow& message);
  void read(OwnerRead message);
  void check_idle();

  const std::string topic_;
  const DocumentOptions& options_;
  Journal& journal_;
  Ref<DocumentsActor> documents_;
  State state_ = State::kClosed;
  std::uint64_t received_ = 0;  ///< Messages of the documents actor.
  TimePoint last_use_;

  std::unique_ptr<DocumentState> document_;
  std::string epoch_;
  std::uint64_t fence_ = 0;
  std::uint64_t last_seq_ = 0;     ///< Acknowledged by the journal and taken into the state.
  std::uint64_t stream_last_ = 0;  ///< While opening: where the stream ends.
  std::uint64_t hash_ = 0;
  KeyWindow keys_;
  RecentEvents recent_;
  std::size_t bytes_since_snapshot_ = 0;
  std::size_t snapshot_bytes_ = 0;

  std::deque<Waiting> waiting_;
  std::vector<Waiting> in_flight_;   ///< The batch that the journal has.
  std::deque<OwnerFollow> follows_;  ///< Answered between batches.
  std::deque<OwnerRead> reads_;      ///< Waiting for the document to be open.
  std::set<Ref<Follower>> followers_;

  Counter& appended_;
  Counter& repeated_;
  Counter& journal_failures_;
};

}  // namespace troupe::document
