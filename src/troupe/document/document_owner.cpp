#include "troupe/document/document_owner.hpp"

#include <algorithm>
#include <utility>

#include "troupe/document/digest.hpp"
#include "troupe/document/documents_actor.hpp"
#include "troupe/overlay/backoff.hpp"

namespace troupe::document {

namespace {

/// What an owner saves in the journal's snapshot.
struct SavedState {
  Bytes state;
  std::vector<std::pair<std::string, std::uint64_t>> keys;
};

/// After so long without a request, an owner whose journal failed tries again only when it is asked.
constexpr Duration kIdleCheck = 30s;

Error handed_over() { return {ErrorCode::kNotOwner, "another node owns the document now"}; }

/// To opening the stream again, when another writer has opened it.
constexpr overlay::Backoff kFencedBackoff{.initial = 50ms, .max = 1s};

}  // namespace

DocumentOwner::DocumentOwner(std::string topic, const DocumentOptions& options, Journal& journal,
                             Ref<DocumentsActor> documents, Metrics& metrics)
    : topic_(std::move(topic)),
      options_(options),
      journal_(journal),
      documents_(documents),
      keys_(options.keys_max),
      recent_(options.recent_events_max, options.recent_bytes_max),
      appended_(metrics.counter("troupe_document_events_total", "Events that were numbered, stored and acknowledged")),
      repeated_(metrics.counter("troupe_document_repeated_total", "Appends whose key had been stored before")),
      journal_failures_(metrics.counter("troupe_document_journal_failures_total",
                                        "Times that a journal refused, failed or did not answer")) {}

void DocumentOwner::on_start() {
  last_use_ = context().now();
  context().every(std::min(kIdleCheck, options_.idle_timeout), [this] { check_idle(); });
  if (options_.nodes.empty()) context().every(options_.repair_interval, [this] { check_fence(); });
  open();
}

void DocumentOwner::on(OwnerAppend&& message) {
  last_use_ = context().now();
  ++received_;
  if (waiting_.size() >= options_.waiting_max) {
    return message.reply(Error{ErrorCode::kQueueFull, "too many events of this document wait for the disk"});
  }
  if (hands_over_) return message.reply(handed_over());
  Append& request = message.request.request;
  if (request.key.empty())
    return message.reply(Error{ErrorCode::kInvalidArgument, "an event needs a key that names it"});
  if (!comes_in_order(message.request))
    return message.reply(Error{ErrorCode::kNotOwner, "what was sent before it has not come"});
  keys_here_.insert(request.key);
  waiting_.push_back(
      {Event{0, std::move(request.key), std::move(request.from), std::move(request.data)}, std::move(message.reply)});
  if (state_ == State::kClosed) open();
  if (state_ == State::kReady) append_next();
}

void DocumentOwner::on(OwnerRead&& message) {
  last_use_ = context().now();
  ++received_;
  if (state_ == State::kReady || state_ == State::kAppending) return read(std::move(message));
  if (reads_.size() >= options_.waiting_max) return message.reply(Error{ErrorCode::kQueueFull, "too many reads wait"});
  reads_.push_back(std::move(message));
  if (state_ == State::kClosed) open();
}

void DocumentOwner::on(OwnerFollow&& message) {
  last_use_ = context().now();
  ++received_;
  if (state_ == State::kReady) return answer_follow(message);
  if (follows_.size() >= options_.waiting_max)
    return message.reply(Error{ErrorCode::kQueueFull, "too many followers wait"});
  follows_.push_back(std::move(message));
  if (state_ == State::kClosed) open();
}

void DocumentOwner::on(const PutAway&) { context().stop(); }

void DocumentOwner::on(const HandOver&) {
  hands_over_ = true;
  if (state_ != State::kAppending) context().stop();
  for (Waiting& waiting : std::exchange(waiting_, {})) waiting.reply(handed_over());
  for (OwnerFollow& follow : std::exchange(follows_, {})) follow.reply(handed_over());
  for (OwnerRead& read : std::exchange(reads_, {})) read.reply(handed_over());
}

// Opening: the stream's head, its snapshot, then the events after the snapshot.

void DocumentOwner::open() {
  state_ = State::kOpening;
  const Duration wait = may_open_at_ - context().now();
  if (wait <= Duration::zero()) return open_now();
  context().after(wait, [this] { open_now(); });
}

void DocumentOwner::open_now() {
  auto done = context().completion<OpenedStream>(options_.journal_timeout,
                                                 [this](Result<OpenedStream> opened) { on_opened(std::move(opened)); });
  journal_.open(topic_, [done = std::move(done)](Result<OpenedStream> opened) mutable { done(std::move(opened)); });
}

void DocumentOwner::on_opened(Result<OpenedStream> opened) {
  if (!opened) return fail_all(opened.error());
  document_ = (*type_of(options_, topic_))();
  keys_.clear();
  recent_.clear();
  epoch_ = opened->epoch;
  fence_ = opened->fence;
  stream_last_ = opened->last_seq;
  last_seq_ = opened->snapshot.seq;
  hash_ = opened->snapshot.hash;
  bytes_since_snapshot_ = 0;
  snapshot_bytes_ = opened->snapshot.state.size();
  if (last_seq_ > 0) {
    Result<SavedState> saved = wire::decode<SavedState>(opened->snapshot.state);
    const Result<void> restored = saved ? document_->restore(saved->state) : std::unexpected(saved.error());
    if (!restored) {
      context().log().warning("the snapshot of {} cannot be read ({}): all its events are replayed", topic_,
                              restored.error().to_string());
      document_ = (*type_of(options_, topic_))();
      last_seq_ = hash_ = 0;
    } else {
      for (const auto& [key, seq] : saved->keys) keys_.add(key, seq);
    }
  }
  read_on();
}

void DocumentOwner::read_on() {
  if (last_seq_ >= stream_last_) return on_ready();
  auto done = context().completion<std::vector<Event>>(
      options_.journal_timeout, [this](Result<std::vector<Event>> page) { on_page(std::move(page)); });
  journal_.read({.stream = topic_, .after = last_seq_},
                [done = std::move(done)](Result<std::vector<Event>> page) mutable { done(std::move(page)); });
}

void DocumentOwner::on_page(Result<std::vector<Event>> page) {
  if (!page) return fail_all(page.error());
  for (const Event& event : *page) {
    if (event.seq != last_seq_ + 1) break;
    take(event);
  }
  if (page->empty() || page->back().seq != last_seq_) {
    return fail_all(Error{ErrorCode::kCorrupt, "the journal has a gap after event " + std::to_string(last_seq_)});
  }
  read_on();
}

void DocumentOwner::on_ready() {
  state_ = State::kReady;
  context().log().debug("{} is open at {} of epoch {}", topic_, last_seq_, epoch_);
  for (OwnerRead& message : std::exchange(reads_, {})) read(std::move(message));
  append_next();
}

void DocumentOwner::fail_all(const Error& error) {
  journal_failures_.add();
  context().log().error("the journal of {}: {}", topic_, error.to_string());
  refuse_all(Error{ErrorCode::kUnavailable, "the journal: " + error.to_string()});
}

void DocumentOwner::refuse_all(const Error& answer) {
  state_ = State::kClosed;
  keys_here_.clear();
  for (Waiting& waiting : std::exchange(in_flight_, {})) waiting.reply(answer);
  for (Waiting& waiting : std::exchange(waiting_, {})) waiting.reply(answer);
  for (OwnerFollow& follow : std::exchange(follows_, {})) follow.reply(answer);
  for (OwnerRead& read : std::exchange(reads_, {})) read.reply(answer);
  if (hands_over_) context().stop();
}

/// Nothing of the batch was stored, and nothing else will be by this owner: whoever is the owner now has it sent again.
void DocumentOwner::on_fenced() {
  context().log().info("another writer has opened {}", topic_);
  may_open_at_ = context().now() + kFencedBackoff.wait(fenced_++, context().random());
  refuse_all(Error{ErrorCode::kNotOwner, "another writer has opened the document's stream"});
}

// Appending.

/// Whether what the sender sent before it is stored, or is on its way to be: else it was lost, and is to come first.
bool DocumentOwner::comes_in_order(const AppendAtOwner& request) const {
  return request.after_key.empty() || keys_here_.contains(request.after_key) ||
         keys_.find(request.after_key).has_value();
}

void DocumentOwner::append_next() {
  if (hands_over_) return context().stop();
  for (OwnerFollow& follow : std::exchange(follows_, {})) answer_follow(follow);
  AppendRequest request{topic_, fence_, last_seq_, {}};
  std::size_t bytes = 0;
  std::unordered_set<std::string> keys;
  while (!waiting_.empty() && request.events.size() < options_.batch_events_max && bytes < options_.batch_bytes_max) {
    Waiting& next = waiting_.front();
    if (const auto seq = keys_.find(next.event.key)) {
      repeated_.add();
      next.reply(Append::Reply{epoch_, *seq, true});
    } else if (keys.contains(next.event.key)) {
      break;  // The same key twice in one batch: the second is answered when the first has its seq.
    } else if (const Result<void> accepted = document_->check(next.event.data); !accepted) {
      next.reply(accepted.error());
    } else {
      next.event.seq = last_seq_ + request.events.size() + 1;
      bytes += next.event.data.size();
      keys.insert(next.event.key);
      request.events.push_back(next.event);
      in_flight_.push_back(std::move(next));
      waiting_.pop_front();
      continue;
    }
    keys_here_.erase(keys_here_.find(next.event.key));
    waiting_.pop_front();
  }
  if (!request.events.empty()) append(std::move(request));
}

/// Another node may have taken the document for its own and appended to it, while this one had nothing to append: its
/// followers would never hear of it.
void DocumentOwner::check_fence() {
  if (state_ == State::kReady && !followers_.empty()) append({topic_, fence_, last_seq_, {}});
}

void DocumentOwner::append(AppendRequest request) {
  state_ = State::kAppending;
  auto done = context().completion<AppendOutcome>(
      options_.journal_timeout, [this](Result<AppendOutcome> outcome) { on_appended(std::move(outcome)); });
  journal_.append(std::move(request),
                  [done = std::move(done)](Result<AppendOutcome> outcome) mutable { done(std::move(outcome)); });
}

void DocumentOwner::on_appended(Result<AppendOutcome> outcome) {
  if (!outcome && outcome.error().code == ErrorCode::kQueueFull) {  // Nothing was written: the document is as it was.
    for (Waiting& waiting : std::exchange(in_flight_, {})) {
      keys_here_.erase(keys_here_.find(waiting.event.key));
      waiting.reply(outcome.error());
    }
    state_ = State::kReady;
    return append_next();
  }
  if (!outcome) return fail_all(outcome.error());
  if (*outcome == AppendOutcome::kFenced) return on_fenced();
  if (*outcome == AppendOutcome::kUnknown)
    return fail_all(Error{ErrorCode::kUnavailable, "whether the events were written is unknown"});
  std::vector<Event> events;
  for (Waiting& waiting : std::exchange(in_flight_, {})) {
    take(waiting.event);
    keys_here_.erase(keys_here_.find(waiting.event.key));
    waiting.reply(Append::Reply{epoch_, waiting.event.seq, false});
    events.push_back(std::move(waiting.event));
  }
  appended_.add(events.size());
  if (!events.empty()) fenced_ = 0;
  publish(events);
  state_ = State::kReady;
  if (bytes_since_snapshot_ >= std::max(options_.snapshot_bytes_min, snapshot_bytes_)) save_snapshot();
  append_next();
}

void DocumentOwner::take(const Event& event) {
  document_->apply(event);
  last_seq_ = event.seq;
  hash_ = next_hash(hash_, event);
  keys_.add(event.key, event.seq);
  recent_.add(event, hash_);
  bytes_since_snapshot_ += event.data.size() + event.key.size() + event.from.size();
}

void DocumentOwner::publish(const std::vector<Event>& events) {
  if (events.empty()) return;
  // A follower whose lane is full or broken sees the gap with the next event, or at its next `Follow`.
  for (const Ref<Follower>& follower : followers_) context().tell(follower, OwnerEvents{epoch_, events});
}

void DocumentOwner::save_snapshot() {
  Snapshot snapshot{last_seq_, hash_, wire::encode(SavedState{document_->snapshot(), keys_.entries()})};
  snapshot_bytes_ = snapshot.state.size();
  bytes_since_snapshot_ = 0;
  auto done = context().completion<bool>(options_.journal_timeout, [this](const Result<bool>& saved) {
    if (!saved) context().log().warning("the snapshot of {} was not saved: {}", topic_, saved.error().to_string());
  });
  journal_.save_snapshot(topic_, fence_, std::move(snapshot),
                         [done = std::move(done)](Result<bool> saved) mutable { done(std::move(saved)); });
}

// Followers and readers.

void DocumentOwner::answer_follow(OwnerFollow& message) {
  const Follow& request = message.request;
  if (followers_.insert(request.follower).second) {
    context().monitor(request.follower,
                      [this, follower = request.follower](const Down&) { followers_.erase(follower); });
  }
  Follow::Reply reply{{epoch_, last_seq_}, hash_, std::nullopt, {}};
  const Position& has = request.has;
  std::optional<std::vector<Event>> missing;
  if (has.epoch == epoch_ && has.seq <= last_seq_) {
    const auto hash = has.seq == last_seq_ ? std::optional(hash_) : recent_.hash_at(has.seq);
    if (!hash || *hash == request.hash) missing = recent_.after(has.seq, last_seq_);
  }
  if (missing) {
    reply.events = std::move(*missing);
  } else {
    reply.snapshot = document_->snapshot();
  }
  message.reply(std::move(reply));
}

void DocumentOwner::read(OwnerRead message) {
  const Read request = message.request;
  Read::Reply reply{epoch_, last_seq_, {}};
  if (const auto recent = recent_.after(request.after, last_seq_)) {
    const auto count = std::min<std::size_t>(recent->size(), request.events_max);
    reply.events.assign(recent->begin(), recent->begin() + static_cast<std::ptrdiff_t>(count));
    return message.reply(std::move(reply));
  }
  auto done = context().completion<std::vector<Event>>(
      options_.journal_timeout,
      [reply = std::move(reply), answer = std::move(message.reply)](Result<std::vector<Event>> page) mutable {
        if (!page) return answer(page.error());
        for (Event& event : *page) {
          if (event.seq <= reply.seq) reply.events.push_back(std::move(event));  // Later ones are not acknowledged yet.
        }
        answer(std::move(reply));
      });
  journal_.read({.stream = topic_, .after = request.after, .events_max = request.events_max},
                [done = std::move(done)](Result<std::vector<Event>> page) mutable { done(std::move(page)); });
}

void DocumentOwner::check_idle() {
  const bool busy =
      state_ == State::kOpening || state_ == State::kAppending || !followers_.empty() || !waiting_.empty();
  if (!busy && context().now() - last_use_ > options_.idle_timeout) context().tell(documents_, Idle{topic_, received_});
}

}  // namespace troupe::document
