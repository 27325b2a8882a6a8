#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "troupe/actor/actor.hpp"
#include "troupe/cluster/membership.hpp"
#include "troupe/document/document_options.hpp"
#include "troupe/document/follow.hpp"

namespace troupe::document {

class DocumentOwner;
class DocumentReplica;

/// One partition of a node's documents: starts the owner and the replica of a document when they are first needed, and
/// sends each request to the right one, here or on the owner's node.
class DocumentsActor final : public Actor<DocumentsActor> {
 public:
  using Messages = troupe::Messages<Append, Read, Open, CatchUp, Close, GetDigest, GetTrouble, Follow, Configured, Idle,
                                    cluster::MemberChanged>;

  /// `options` and `journal` outlive the actor.
  DocumentsActor(const DocumentOptions& options, std::uint32_t partition, Journal& journal,
                 Ref<cluster::Membership> membership, Metrics& metrics);

  void on_start() override;
  void on(Append&& request, ReplyTo<Append::Reply> reply);
  void on(Read&& request, ReplyTo<Read::Reply> reply);
  void on(Open&& request, ReplyTo<Open::Reply> reply);
  void on(CatchUp&& request, ReplyTo<CatchUp::Reply> reply);
  void on(const Close& request);
  void on(const GetDigest& request, ReplyTo<GetDigest::Reply> reply);
  std::string on(const GetTrouble&);
  void on(Follow&& request, ReplyTo<Follow::Reply> reply);
  void on(const Configured& configured);
  void on(const Idle& idle);
  void on(const cluster::MemberChanged& change);

 private:
  /// Why the topic cannot be served at all.
  Result<void> check(const std::string& topic) const;
  bool is_owned_here(const std::string& topic) const { return owner_of(options_, topic) == options_.self; }
  bool came_from_here() const { return context().sender().node.same_node(context().self().node); }
  Ref<DocumentsActor> peer(const NodeId& node) const;
  Ref<DocumentsActor> owner_node(const std::string& topic) const;
  /// An owner or replica, and how many messages are or were in its mailbox.
  template <class A>
  struct Started {
    Ref<A> ref;
    std::uint64_t sent = 0;
  };
  template <class A>
  using StartedByTopic = std::map<std::string, Started<A>>;

  /// Starts it if it does not run. Errors: queue_full (documents_max), stopping.
  Result<Started<DocumentOwner>*> owner(const std::string& topic);
  Result<Started<DocumentReplica>*> replica(const std::string& topic);
  template <class A, class... Args>
  Result<Started<A>*> start(StartedByTopic<A>& all, const std::string& topic, Args&&... args);
  template <class A, class M>
  void pass(Started<A>& to, M&& message);
  template <class A>
  void put_away(StartedByTopic<A>& all, const Idle& idle);
  Configured own_configuration() const;

  /// Asks the owner's node, and passes its answer on.
  template <class M>
  void forward(M request, Duration within, ReplyTo<typename M::Reply> reply);

  const DocumentOptions& options_;
  std::uint32_t partition_;
  Journal& journal_;
  Ref<cluster::Membership> membership_;
  Metrics& metrics_;
  StartedByTopic<DocumentOwner> owners_;
  StartedByTopic<DocumentReplica> replicas_;
  std::map<std::string, NodeId> nodes_;  ///< Members that are up, by cluster address.
  std::map<std::uint64_t, std::string>
      disagreeing_;  ///< By NodeId::name: nodes with another idea of who owns documents.
};

}  // namespace troupe::document
