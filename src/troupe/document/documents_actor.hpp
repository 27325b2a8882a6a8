#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "troupe/actor/actor.hpp"
#include "troupe/document/document_options.hpp"
#include "troupe/document/follow.hpp"
#include "troupe/document/owners/courier.hpp"
#include "troupe/document/owners/placement.hpp"

namespace troupe::document {

class DocumentOwner;
class DocumentReplica;

/// One partition of a node's documents: starts the owner and the replica of a document when they are first needed, and
/// sends each request to the right one, here or on the owner's node. When the owner is another now, it hands over what
/// is here, and brings the requests on their way to the new one.
class DocumentsActor final : public Actor<DocumentsActor> {
 public:
  using Messages = troupe::Messages<Append, Read, Open, CatchUp, Close, GetDigest, GetTrouble, Follow, AppendAtOwner,
                                    ReadAtOwner, Idle, PlacementChanged, Settle>;

  /// `options` and `journal` outlive the actor.
  DocumentsActor(const DocumentOptions& options, std::uint32_t partition, Journal& journal, Metrics& metrics);

  void on_start() override;
  void on(Append&& request, ReplyTo<Append::Reply> reply);
  void on(Read&& request, ReplyTo<Read::Reply> reply);
  void on(Open&& request, ReplyTo<Open::Reply> reply);
  void on(CatchUp&& request, ReplyTo<CatchUp::Reply> reply);
  void on(const Close& request);
  void on(const GetDigest& request, ReplyTo<GetDigest::Reply> reply);
  std::string on(const GetTrouble&);
  void on(Follow&& request, ReplyTo<Follow::Reply> reply);
  void on(AppendAtOwner&& request, ReplyTo<Append::Reply> reply);
  void on(ReadAtOwner&& request, ReplyTo<Read::Reply> reply);
  void on(const Idle& idle);
  void on(const PlacementChanged& change);
  void on(const Settle& settle, ReplyTo<Done> reply);

 private:
  /// Why the topic cannot be served at all.
  Result<void> check(const std::string& topic) const;
  Ref<DocumentsActor> peer(const NodeId& node) const;
  /// Whom to ask. Errors: unreachable; not_owner, if it is only a matter of time until somebody else owns it.
  Result<Ref<DocumentsActor>> owner_node(const std::string& topic) const;

  /// An owner or replica, and how many messages are or were in its mailbox.
  template <class A>
  struct Started {
    Ref<A> ref;
    std::uint64_t sent = 0;
    bool hands_over = false;  ///< It ends soon, and takes nothing more.
  };
  template <class A>
  using StartedByTopic = std::map<std::string, Started<A>>;

  /// Starts it if it does not run. Errors: not_owner, queue_full (documents_max), stopping.
  Result<Started<DocumentOwner>*> owner(const std::string& topic);
  Result<Started<DocumentReplica>*> replica(const std::string& topic);
  template <class A, class... Args>
  Result<Started<A>*> start(StartedByTopic<A>& all, const std::string& topic, Args&&... args);
  template <class A, class M>
  void pass(Started<A>& to, M&& message);
  template <class A>
  void put_away(StartedByTopic<A>& all, const Idle& idle);

  // Requests on their way to owners (documents_requests.cpp).
  struct Journey {
    Courier courier;
    TimerId retry;
    unsigned attempts = 0;
  };
  void send_appends(const std::string& topic);
  void on_append_answer(const std::string& topic, Courier::Number number, Result<Append::Reply> answer);
  void look_after(const std::string& topic);
  void try_appends_again(const std::string& topic);
  struct ReadJourney;
  void send_read(std::shared_ptr<ReadJourney> journey);

  // When the placement changes.
  void place(std::shared_ptr<const Placement> placement);
  void hand_over();
  void tell_replicas(const Placement& before);

  const DocumentOptions& options_;
  std::uint32_t partition_;
  Journal& journal_;
  Metrics& metrics_;
  std::shared_ptr<const Placement> placement_;  ///< Never null; at the start without owners.
  StartedByTopic<DocumentOwner> owners_;
  StartedByTopic<DocumentReplica> replicas_;
  std::map<std::string, Journey> journeys_;  ///< By topic.
  std::size_t reads_ = 0;                    ///< On their way.
  std::vector<ReplyTo<Done>> settling_;      ///< To be answered when nothing is handed over any more.
  Counter& moved_;
  Counter& sent_again_;
};

}  // namespace troupe::document
