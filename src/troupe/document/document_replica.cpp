#include "troupe/document/document_replica.hpp"

#include <algorithm>
#include <utility>

#include "troupe/document/digest.hpp"
#include "troupe/document/documents_actor.hpp"

namespace troupe::document {

namespace {

constexpr Duration kRetryInitial = 200ms;
constexpr Duration kRetryMax = 2s;
constexpr Duration kIdleCheck = 30s;

/// A document that moves from one owner to the next is not called unavailable for so long.
constexpr Duration kMovesWithin = 3s;
constexpr Duration kAskWhereItMoves = 20ms;

}  // namespace

DocumentReplica::DocumentReplica(std::string topic, const DocumentOptions& options, Ref<DocumentsActor> documents,
                                 std::function<Result<Ref<DocumentsActor>>()> owner, Metrics& metrics)
    : topic_(std::move(topic)),
      options_(options),
      documents_(documents),
      owner_(std::move(owner)),
      recent_(options.recent_events_max, options.recent_bytes_max),
      retry_(kRetryInitial),
      gaps_(metrics.counter("troupe_document_gaps_total", "Events that a node missed and fetched from the owner")),
      resets_(metrics.counter("troupe_document_resets_total",
                              "Times that a node had to begin from the owner's snapshot")) {}

void DocumentReplica::on_start() {
  last_use_ = context().now();
  context().every(std::min(kIdleCheck, options_.idle_timeout), [this] { check_idle(); });
  follow();
}

void DocumentReplica::on(const PutAway&) { context().stop(); }

// Following the owner.

void DocumentReplica::follow() {
  if (following_) return;
  context().cancel(next_follow_);
  const Result<Ref<DocumentsActor>> owner = owner_();
  if (!owner) return on_followed(std::unexpected(owner.error()));
  following_ = true;
  context().ask(*owner, Follow{topic_, position_, hash_, self()}, options_.follow_timeout,
                [this, number = ++follow_](Result<Follow::Reply> reply) {
                  if (number != follow_) return;  // Asked over a link that is gone; another question took its place.
                  following_ = false;
                  on_followed(std::move(reply));
                });
}

void DocumentReplica::follow_later(Duration delay) {
  context().cancel(next_follow_);
  const auto jitter =
      static_cast<Duration::rep>(static_cast<double>(delay.count()) * 0.2 * context().random().fraction());
  next_follow_ = context().after(delay + Duration(jitter), [this] { follow(); });
}

void DocumentReplica::on_followed(Result<Follow::Reply> reply) {
  const Result<void> taken = reply ? take_answer(std::move(*reply)) : std::unexpected(reply.error());
  if (!taken) {
    if (!asks_in_vain_since_) asks_in_vain_since_ = context().now();
    const bool is_moving = context().now() - *asks_in_vain_since_ < kMovesWithin;
    if (taken.error().code == ErrorCode::kNotOwner && is_moving) return follow_later(kAskWhereItMoves);
    set_available(false, taken.error().to_string());
    fail_waiting(
        Error{ErrorCode::kUnavailable, "the owner of this document cannot be reached: " + taken.error().to_string()});
    follow_later(retry_);
    retry_ = std::min(retry_ * 2, kRetryMax);
    return;
  }
  asks_in_vain_since_.reset();
  retry_ = kRetryInitial;
  set_available(true, "");
  answer_waiting();
  follow_later(options_.repair_interval);
}

Result<void> DocumentReplica::take_answer(Follow::Reply&& reply) {
  if (!reply.snapshot) {
    if (reply.position.epoch == position_.epoch) {
      const std::uint64_t before = position_.seq;
      take(std::move(reply.events));
      if (position_.seq > before) gaps_.add(position_.seq - before);
    }
    return {};
  }
  // An answer that was overtaken by events: nothing is wrong with what we have.
  if (document_ && reply.position.epoch == position_.epoch && reply.position.seq < position_.seq) return {};
  return reset(std::move(reply));
}

Result<void> DocumentReplica::reset(Follow::Reply&& reply) {
  auto fresh = (*type_of(options_, topic_))();
  if (reply.position.seq > 0) {
    if (const auto restored = fresh->restore(*reply.snapshot); !restored) {
      context().log().error("the owner's snapshot of {} cannot be read: {}", topic_, restored.error().to_string());
      return restored;
    }
  }
  const bool first = document_ == nullptr;
  document_ = std::move(fresh);
  position_ = reply.position;
  hash_ = reply.hash;
  recent_.clear();
  snapshot_.reset();
  if (first) return {};
  resets_.add();
  for (const Ref<DocumentListener>& listener : listeners_)
    context().tell(listener, DocumentReset{topic_, position_, snapshot()});
  return {};
}

void DocumentReplica::on(const OwnerEvents& message) {
  if (!document_ || message.epoch != position_.epoch || message.events.empty()) return;
  if (message.events.front().seq > position_.seq + 1) return follow();
  take(message.events);
}

void DocumentReplica::take(std::vector<Event> events) {
  std::erase_if(events, [this](const Event& event) { return event.seq <= position_.seq; });
  if (!document_) return;
  std::size_t count = 0;
  while (count < events.size() && events[count].seq == position_.seq + count + 1) ++count;
  const bool gap = count < events.size();  // Never, if the owner is one of ours.
  events.resize(count);
  for (const Event& event : events) {
    document_->apply(event);
    hash_ = next_hash(hash_, event);
    position_.seq = event.seq;
    recent_.add(event, hash_);
  }
  if (!events.empty()) {
    snapshot_.reset();
    const auto batch = std::make_shared<const EventBatch>(EventBatch{topic_, position_.epoch, std::move(events)});
    for (const Ref<DocumentListener>& listener : listeners_) context().tell(listener, DocumentEvents{batch});
  }
  if (gap) follow();
}

void DocumentReplica::on(const OwnerReachable& message) {
  ++received_;
  if (!message.reachable) return set_available(false, message.reason);
  retry_ = kRetryInitial;
  following_ = false;  // What is under way may be lost with the link before.
  follow();
}

void DocumentReplica::set_available(bool available, const std::string& reason) {
  if (available_ == available) return;
  available_ = available;
  reason_ = reason;
  context().log().debug("{} {}{}", topic_, available ? "is followed again" : "cannot be followed: ", reason);
  for (const Ref<DocumentListener>& listener : listeners_)
    context().tell(listener, DocumentStatus{topic_, available, reason});
}

// Serving the node.

bool DocumentReplica::can_serve(const std::optional<Position>& after) const {
  if (!document_) return false;
  // A client that comes from a node that is ahead of this one waits until this one has caught up.
  return !after || after->epoch != position_.epoch || after->seq <= position_.seq;
}

void DocumentReplica::on(ReplicaOpen&& message) {
  last_use_ = context().now();
  ++received_;
  if (can_serve(message.request.after)) return answer_open(message);
  if (opens_.size() >= options_.waiting_max) {
    return message.reply(Error{ErrorCode::kQueueFull, "too many clients wait for this document"});
  }
  if (!available_ && !following_) {
    return message.reply(Error{ErrorCode::kUnavailable, "the owner of this document cannot be reached: " + reason_});
  }
  // An answer that is under way may be older than what the client has: it waits for the next.
  const std::uint64_t enough = following_ && document_ ? follow_ + 1 : 0;
  opens_.push_back({std::move(message), enough});
  follow();
}

void DocumentReplica::answer_open(ReplicaOpen& message) {
  add_listener(message.request.listener);
  message.reply(reply_for(message.request.after));
  if (!available_) context().tell(message.request.listener, DocumentStatus{topic_, false, reason_});
}

Open::Reply DocumentReplica::reply_for(const std::optional<Position>& after) {
  Open::Reply reply{position_, std::nullopt, nullptr};
  if (!after || after->epoch != position_.epoch || after->seq > position_.seq ||
      position_.seq - after->seq > options_.replay_events_max) {
    reply.snapshot = snapshot();
  } else if (auto events = recent_.after(after->seq, position_.seq); events && !events->empty()) {
    reply.events = std::make_shared<const EventBatch>(EventBatch{topic_, position_.epoch, std::move(*events)});
  }
  return reply;
}

void DocumentReplica::on(ReplicaCatchUp&& message) {
  last_use_ = context().now();
  ++received_;
  const Position& after = message.request.after;
  if (!document_) return message.reply(Error{ErrorCode::kUnavailable, "this node has not seen the document yet"});
  Open::Reply reply = reply_for(after);
  if (reply.snapshot || reply.events || after.seq == position_.seq) return message.reply(std::move(reply));
  catch_up_from_owner(std::move(message));
}

void DocumentReplica::catch_up_from_owner(ReplicaCatchUp message) {
  const Position after = message.request.after;
  context().ask(
      documents_, Read{topic_, after.seq, 1000}, options_.follow_timeout,
      [this, after, answer = std::move(message.reply)](Result<Read::Reply> read) mutable {
        Open::Reply reply{position_, std::nullopt, nullptr};
        // Never beyond what this node has: a listener must not get ahead of its own node.
        if (read) std::erase_if(read->events, [this](const Event& event) { return event.seq > position_.seq; });
        if (read && read->epoch == position_.epoch && after.epoch == position_.epoch && !read->events.empty()) {
          reply.events = std::make_shared<const EventBatch>(EventBatch{topic_, read->epoch, std::move(read->events)});
        } else {
          reply.snapshot = snapshot();
        }
        answer(std::move(reply));
      });
}

void DocumentReplica::on(ReplicaDigest&& message) {
  last_use_ = context().now();
  ++received_;
  if (document_) return message.reply(GetDigest::Reply{position_, hash_});
  if (digests_.size() >= options_.waiting_max || (!available_ && !following_)) {
    return message.reply(Error{ErrorCode::kUnavailable, "this node has not received the document yet"});
  }
  digests_.push_back(std::move(message));
}

void DocumentReplica::on(const ReplicaClose& message) {
  last_use_ = context().now();
  ++received_;
  if (listeners_.contains(message.listener)) context().demonitor(message.listener.address());
  drop_listener(message.listener);
}

void DocumentReplica::answer_waiting() {
  if (!document_) return;
  for (ReplicaDigest& digest : std::exchange(digests_, {})) digest.reply(GetDigest::Reply{position_, hash_});
  for (WaitingOpen& waiting : std::exchange(opens_, {})) {
    ReplicaOpen& open = waiting.message;
    if (!can_serve(open.request.after)) {
      if (follow_ < waiting.follow_min) {
        opens_.push_back(std::move(waiting));
        continue;
      }
      open.request.after.reset();  // The owner has no more: a client that claims more gets the state that there is.
    }
    answer_open(open);
  }
  if (!opens_.empty()) follow();
}

void DocumentReplica::fail_waiting(const Error& error) {
  for (ReplicaDigest& digest : std::exchange(digests_, {})) digest.reply(error);
  for (WaitingOpen& open : std::exchange(opens_, {})) open.message.reply(error);
}

const Bytes& DocumentReplica::snapshot() {
  if (!snapshot_) snapshot_ = document_->snapshot();
  return *snapshot_;
}

void DocumentReplica::add_listener(Ref<DocumentListener> listener) {
  if (!listeners_.insert(listener).second) return;
  context().monitor(listener, [this, listener](const Down&) { drop_listener(listener); });
}

void DocumentReplica::drop_listener(Ref<DocumentListener> listener) {
  listeners_.erase(listener);
  last_use_ = context().now();
}

void DocumentReplica::check_idle() {
  const bool busy = !listeners_.empty() || !opens_.empty() || !digests_.empty();
  if (!busy && context().now() - last_use_ > options_.idle_timeout) context().tell(documents_, Idle{topic_, received_});
}

}  // namespace troupe::document
