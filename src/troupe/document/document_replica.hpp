#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "troupe/actor/actor.hpp"
#include "troupe/document/document_options.hpp"
#include "troupe/document/follow.hpp"
#include "troupe/document/recent_events.hpp"

namespace troupe::document {

/// One document as one node has it: follows the owner, holds the state and the last events, and serves the node's
/// listeners from them. It goes on serving while the owner is away.
class DocumentReplica final : public Actor<DocumentReplica> {
 public:
  using Messages =
      troupe::Messages<OwnerEvents, ReplicaOpen, ReplicaCatchUp, ReplicaDigest, ReplicaClose, OwnerReachable, PutAway>;

  /// `owner` is the documents actor of the owner's node. Errors: unreachable; not_owner, if there soon will be another.
  DocumentReplica(std::string topic, const DocumentOptions& options, Ref<class DocumentsActor> documents,
                  std::function<Result<Ref<DocumentsActor>>()> owner, Metrics& metrics);

  void on_start() override;
  void on(const OwnerEvents& message);
  void on(ReplicaOpen&& message);
  void on(ReplicaCatchUp&& message);
  void on(ReplicaDigest&& message);
  void on(const ReplicaClose& message);
  void on(const OwnerReachable& message);
  void on(const PutAway&);

 private:
  struct WaitingOpen {
    ReplicaOpen message;
    std::uint64_t follow_min = 0;  ///< The first `Follow` whose answer is new enough.
  };

  // Following the owner.
  void follow();
  void follow_later(Duration delay);
  void on_followed(Result<Follow::Reply> reply);
  Result<void> take_answer(Follow::Reply&& reply);
  Result<void> reset(Follow::Reply&& reply);
  void take(std::vector<Event> events);
  void set_available(bool available, const std::string& reason);

  // Serving the node.
  bool can_serve(const std::optional<Position>& after) const;
  void answer_open(ReplicaOpen& message);
  Open::Reply reply_for(const std::optional<Position>& after);
  void answer_waiting();
  void fail_waiting(const Error& error);
  void catch_up_from_owner(ReplicaCatchUp message);
  const Bytes& snapshot();
  void add_listener(Ref<DocumentListener> listener);
  void drop_listener(Ref<DocumentListener> listener);
  void check_idle();

  const std::string topic_;
  const DocumentOptions& options_;
  Ref<DocumentsActor> documents_;
  std::function<Result<Ref<DocumentsActor>>()> owner_;

  std::unique_ptr<DocumentState> document_;  ///< Null until the owner has answered once.
  Position position_;
  std::uint64_t hash_ = 0;
  RecentEvents recent_;
  std::optional<Bytes> snapshot_;  ///< Of the state as it is, once somebody needed it.

  bool following_ = false;    ///< A `Follow` is under way.
  std::uint64_t follow_ = 0;  ///< Its number, or that of the last one.
  TimerId next_follow_;
  Duration retry_{};
  std::optional<TimePoint> asks_in_vain_since_;
  bool available_ = true;
  std::string reason_;

  std::set<Ref<DocumentListener>> listeners_;
  std::deque<WaitingOpen> opens_;  ///< Until this node has what they need.
  std::deque<ReplicaDigest> digests_;
  TimePoint last_use_;
  std::uint64_t received_ = 0;  ///< Messages of the documents actor.

  Counter& gaps_;
  Counter& resets_;
};

}  // namespace troupe::document
