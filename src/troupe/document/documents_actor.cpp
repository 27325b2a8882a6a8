#include "troupe/document/documents_actor.hpp"

#include <algorithm>
#include <utility>

#include "troupe/document/document_owner.hpp"
#include "troupe/document/document_replica.hpp"
#include "troupe/document/topic_name.hpp"
#include "troupe/link/refusal.hpp"
#include "troupe/placement/rendezvous.hpp"

namespace troupe::document {

const std::string& owner_of(const DocumentOptions& options, const std::string& topic) {
  return placement::owner(topic, options.nodes);
}

const DocumentFactory* type_of(const DocumentOptions& options, const std::string& topic) {
  if (!check_topic(topic)) return nullptr;
  const auto found = options.types.find(std::string(topic_prefix(topic)));
  return found == options.types.end() ? nullptr : &found->second;
}

DocumentsActor::DocumentsActor(const DocumentOptions& options, std::uint32_t partition, Journal& journal,
                               Ref<cluster::Membership> membership, Metrics& metrics)
    : options_(options), partition_(partition), journal_(journal), membership_(membership), metrics_(metrics) {}

void DocumentsActor::on_start() { context().tell(membership_, cluster::WatchMembers{self()}); }

Result<void> DocumentsActor::check(const std::string& topic) const {
  if (const auto well_formed = check_topic(topic); !well_formed) return well_formed;
  if (type_of(options_, topic) == nullptr) {
    return fail(ErrorCode::kUnknownTopic, "no document type has the prefix '" + std::string(topic_prefix(topic)) + "'");
  }
  if (!disagreeing_.empty()) {
    return fail(ErrorCode::kUnavailable,
                "the nodes disagree on who owns documents: give each the same list (join, or document.nodes)");
  }
  return {};
}

Ref<DocumentsActor> DocumentsActor::peer(const NodeId& node) const {
  return Ref<DocumentsActor>(Address{node, ActorId::named(documents_actor_name(partition_))});
}

Ref<DocumentsActor> DocumentsActor::owner_node(const std::string& topic) const {
  const std::string& address = owner_of(options_, topic);
  if (address == options_.self) return self();
  const auto found = nodes_.find(address);
  return found == nodes_.end() ? Ref<DocumentsActor>() : peer(found->second);
}

template <class A, class... Args>
Result<DocumentsActor::Started<A>*> DocumentsActor::start(StartedByTopic<A>& all, const std::string& topic,
                                                          Args&&... args) {
  if (const auto found = all.find(topic); found != all.end()) return &found->second;
  if (all.size() >= options_.documents_max) {
    return fail(ErrorCode::kQueueFull, "this node has as many documents open as it may (documents_max)");
  }
  const Result<Ref<A>> started = context().spawn_with<A>({}, topic, options_, std::forward<Args>(args)...);
  if (!started) return std::unexpected(started.error());
  context().monitor(*started, [&all, topic](const Down&) { all.erase(topic); });
  return &all.emplace(topic, Started<A>{*started}).first->second;
}

Result<DocumentsActor::Started<DocumentOwner>*> DocumentsActor::owner(const std::string& topic) {
  return start(owners_, topic, journal_, self(), metrics_);
}

Result<DocumentsActor::Started<DocumentReplica>*> DocumentsActor::replica(const std::string& topic) {
  return start(replicas_, topic, self(), [this, topic] { return owner_node(topic); }, metrics_);
}

template <class A, class M>
void DocumentsActor::pass(Started<A>& to, M&& message) {
  if (context().tell(to.ref, std::forward<M>(message)) == SendOutcome::kTaken) ++to.sent;
}

template <class M>
void DocumentsActor::forward(M request, Duration within, ReplyTo<typename M::Reply> reply) {
  if (!came_from_here()) {
    return reply(Error{ErrorCode::kNotOwner, "this node does not own the document"});
  }
  const Ref<DocumentsActor> node = owner_node(request.topic);
  if (!node) {
    return reply(Error{ErrorCode::kUnavailable,
                       "the node that owns the document (" + owner_of(options_, request.topic) + ") is not there"});
  }
  context().ask(node, std::move(request), within,
                [reply = std::move(reply)](Result<typename M::Reply> answer) mutable { reply(std::move(answer)); });
}

void DocumentsActor::on(Append&& request, ReplyTo<Append::Reply> reply) {
  if (const auto fine = check(request.topic); !fine) return reply(fine.error());
  if (!is_owned_here(request.topic)) return forward(std::move(request), options_.append_timeout, std::move(reply));
  const auto to = owner(request.topic);
  if (!to) return reply(to.error());
  pass(**to, OwnerAppend{std::move(request), std::move(reply)});
}

void DocumentsActor::on(Read&& request, ReplyTo<Read::Reply> reply) {
  if (const auto fine = check(request.topic); !fine) return reply(fine.error());
  if (!is_owned_here(request.topic)) return forward(std::move(request), options_.append_timeout, std::move(reply));
  const auto to = owner(request.topic);
  if (!to) return reply(to.error());
  pass(**to, OwnerRead{std::move(request), std::move(reply)});
}

void DocumentsActor::on(Follow&& request, ReplyTo<Follow::Reply> reply) {
  if (const auto fine = check(request.topic); !fine) return reply(fine.error());
  if (!is_owned_here(request.topic)) return reply(Error{ErrorCode::kNotOwner, "this node does not own the document"});
  if (request.follower.address() != context().sender()) {
    return reply(Error{ErrorCode::kInvalidArgument, "a follower asks for itself"});
  }
  const auto to = owner(request.topic);
  if (!to) return reply(to.error());
  pass(**to, OwnerFollow{std::move(request), std::move(reply)});
}

void DocumentsActor::on(Open&& request, ReplyTo<Open::Reply> reply) {
  if (const auto fine = check(request.topic); !fine) return reply(fine.error());
  const auto to = replica(request.topic);
  if (!to) return reply(to.error());
  pass(**to, ReplicaOpen{std::move(request), std::move(reply)});
}

void DocumentsActor::on(CatchUp&& request, ReplyTo<CatchUp::Reply> reply) {
  if (const auto fine = check(request.topic); !fine) return reply(fine.error());
  const auto to = replica(request.topic);
  if (!to) return reply(to.error());
  pass(**to, ReplicaCatchUp{std::move(request), std::move(reply)});
}

void DocumentsActor::on(const Close& request) {
  const auto found = replicas_.find(request.topic);
  if (found != replicas_.end()) pass(found->second, ReplicaClose{request.listener});
}

void DocumentsActor::on(const GetDigest& request, ReplyTo<GetDigest::Reply> reply) {
  if (const auto fine = check(request.topic); !fine) return reply(fine.error());
  const auto to = replica(request.topic);
  if (!to) return reply(to.error());
  pass(**to, ReplicaDigest{std::move(reply)});
}

std::string DocumentsActor::on(const GetTrouble&) {
  return disagreeing_.empty() ? "" : "nodes disagree on who owns documents: " + disagreeing_.begin()->second;
}

// An owner or replica asks to be put away. If it has handled all that was sent to it, nothing can be in its mailbox;
// else it has something to do, and asks again when it is idle.
template <class A>
void DocumentsActor::put_away(StartedByTopic<A>& all, const Idle& idle) {
  const auto found = all.find(idle.topic);
  if (found == all.end() || found->second.ref.address() != context().sender() || found->second.sent != idle.received)
    return;
  context().demonitor(context().sender());
  context().tell(found->second.ref, PutAway{});
  all.erase(found);
}

void DocumentsActor::on(const Idle& idle) {
  put_away(owners_, idle);
  put_away(replicas_, idle);
}

Configured DocumentsActor::own_configuration() const {
  std::string nodes;
  for (const std::string& node : options_.nodes) nodes += (nodes.empty() ? "" : ", ") + node;
  return {placement::set_digest(options_.nodes), nodes};
}

void DocumentsActor::on(const Configured& configured) {
  const NodeId from = context().sender().node;
  if (configured.digest == own_configuration().digest) {
    disagreeing_.erase(from.name);
    return;
  }
  const std::string text =
      "this node has [" + own_configuration().nodes + "], another has [" + link::printable(configured.nodes) + "]";
  if (disagreeing_.insert_or_assign(from.name, text).second && partition_ == 0) {
    context().log().error("the nodes disagree on who owns documents, so none is served until they agree: {}", text);
  }
}

void DocumentsActor::on(const cluster::MemberChanged& change) {
  const NodeId node = change.member.id();
  const std::string& address = change.member.address;
  const bool up = change.state == overlay::MemberState::kUp;
  const auto known = nodes_.find(address);
  if (up) {
    nodes_[address] = node;
    context().tell(peer(node), own_configuration());
  } else {
    if (change.state != overlay::MemberState::kUnreachable) disagreeing_.erase(node.name);
    // Another node may have this address by now: then this is old news of the one before it.
    if (known == nodes_.end() || known->second != node) return;
    if (change.state != overlay::MemberState::kUnreachable) nodes_.erase(known);
  }
  for (auto& [topic, replica] : replicas_) {
    if (owner_of(options_, topic) != address) continue;
    pass(replica,
         OwnerReachable{up, "the owner's node " + change.member.name + " is " + std::string(to_string(change.state))});
  }
}

}  // namespace troupe::document
