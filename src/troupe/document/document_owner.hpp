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
///
/// Two nodes may take a document for theirs for a while. The journal then has one of them append, and tells the other
/// that it is fenced: that one waits a little before it opens the stream again, ever longer, so that both get on.
class DocumentOwner final : public Actor<DocumentOwner> {
 public:
  using Messages = troupe::Messages<OwnerAppend, OwnerRead, OwnerFollow, PutAway, HandOver>;

  DocumentOwner(std::string topic, const DocumentOptions& options, Journal& journal,
                Ref<class DocumentsActor> documents, Metrics& metrics);

  void on_start() override;
  void on(OwnerAppend&& message);
  void on(OwnerRead&& message);
  void on(OwnerFollow&& message);
  void on(const PutAway&);
  void on(const HandOver&);

 private:
  enum class State : std::uint8_t { kClosed, kOpening, kReady, kAppending };
  struct Waiting {
    Event event;
    ReplyTo<Append::Reply> reply;
  };

  // Opening.
  void open();
  void open_now();
  void on_opened(Result<OpenedStream> opened);
  void read_on();
  void on_page(Result<std::vector<Event>> page);
  void on_ready();
  void fail_all(const Error& error);
  void on_fenced();
  void refuse_all(const Error& answer);

  // Appending.
  bool comes_in_order(const AppendAtOwner& request) const;
  void append_next();
  void append(AppendRequest request);
  void check_fence();
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
  bool hands_over_ = false;
  unsigned fenced_ = 0;    ///< Times, without an append between them.
  TimePoint may_open_at_;  ///< Not earlier, for another one that takes the document for its own.

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
  std::unordered_multiset<std::string> keys_here_;  ///< Of those that wait and those in flight.
  std::vector<Waiting> in_flight_;                  ///< The batch that the journal has.
  std::deque<OwnerFollow> follows_;                 ///< Answered between batches.
  std::deque<OwnerRead> reads_;                     ///< Waiting for the document to be open.
  std::set<Ref<Follower>> followers_;

  Counter& appended_;
  Counter& repeated_;
  Counter& journal_failures_;
};

}  // namespace troupe::document
