#include "troupe/document/documents_actor.hpp"

#include <algorithm>
#include <utility>

#include "troupe/document/document_owner.hpp"
#include "troupe/document/document_replica.hpp"
#include "troupe/document/topic_name.hpp"

namespace troupe::document {

const DocumentFactory* type_of(const DocumentOptions& options, const std::string& topic) {
  if (!check_topic(topic)) return nullptr;
  const auto found = options.types.find(std::string(topic_prefix(topic)));
  return found == options.types.end() ? nullptr : &found->second;
}

DocumentsActor::DocumentsActor(const DocumentOptions& options, std::uint32_t partition, Journal& journal,
                               Metrics& metrics)
    : options_(options),
      partition_(partition),
      journal_(journal),
      metrics_(metrics),
      placement_(std::make_shared<const Placement>(std::vector<Placement::Owner>(), options.partitions, true, "")),
      moved_(metrics.counter("troupe_document_moved_total", "Documents that this node has handed over to another")),
      sent_again_(metrics.counter("troupe_document_sent_again_total",
                                  "Appends that went to an owner once more, because it was lost or another had taken "
                                  "over")) {}

void DocumentsActor::on_start() {
  const Ref<PlacementService> placement(Address{context().self().node, ActorId::named(kPlacementName)});
  context().tell(placement, WatchPlacement{self()});
}

Result<void> DocumentsActor::check(const std::string& topic) const {
  if (const auto well_formed = check_topic(topic); !well_formed) return well_formed;
  if (type_of(options_, topic) == nullptr) {
    return fail(ErrorCode::kUnknownTopic, "no document type has the prefix '" + std::string(topic_prefix(topic)) + "'");
  }
  if (!placement_->trouble().empty()) return fail(ErrorCode::kUnavailable, placement_->trouble());
  return {};
}

Ref<DocumentsActor> DocumentsActor::peer(const NodeId& node) const {
  return Ref<DocumentsActor>(Address{node, ActorId::named(documents_actor_name(partition_))});
}

Result<Ref<DocumentsActor>> DocumentsActor::owner_node(const std::string& topic) const {
  const Placement::Owner* owner = placement_->owner_of(topic);
  const ErrorCode code = placement_->moves() ? ErrorCode::kNotOwner : ErrorCode::kUnreachable;
  if (owner == nullptr) return fail(code, "there is no node yet that owns documents");
  if (!owner->is_reachable) return fail(code, "the node that owns the document (" + owner->name + ") is not there");
  return owner->is_here ? self() : peer(owner->node);
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
  context().monitor(*started, [this, &all, topic](const Down&) {
    all.erase(topic);
    const auto hands_over = [](const auto& each) { return each.second.hands_over; };
    if (!settling_.empty() && std::ranges::none_of(owners_, hands_over)) {
      for (ReplyTo<Done>& reply : std::exchange(settling_, {})) reply(Done{});
    }
  });
  return &all.emplace(topic, Started<A>{*started}).first->second;
}

Result<DocumentsActor::Started<DocumentOwner>*> DocumentsActor::owner(const std::string& topic) {
  if (!placement_->is_owned_here(topic)) return fail(ErrorCode::kNotOwner, "this node does not own the document");
  auto started = start(owners_, topic, journal_, self(), metrics_);
  // It was handed over, and is this node's again before it has ended.
  if (started && (*started)->hands_over) return fail(ErrorCode::kNotOwner, "the document is being handed over");
  return started;
}

Result<DocumentsActor::Started<DocumentReplica>*> DocumentsActor::replica(const std::string& topic) {
  return start(replicas_, topic, self(), [this, topic] { return owner_node(topic); }, metrics_);
}

template <class A, class M>
void DocumentsActor::pass(Started<A>& to, M&& message) {
  if (context().tell(to.ref, std::forward<M>(message)) == SendOutcome::kTaken) ++to.sent;
}

// At the owner.

void DocumentsActor::on(AppendAtOwner&& request, ReplyTo<Append::Reply> reply) {
  if (const auto fine = check(request.request.topic); !fine) return reply(fine.error());
  const auto to = owner(request.request.topic);
  if (!to) return reply(to.error());
  pass(**to, OwnerAppend{std::move(request), std::move(reply)});
}

void DocumentsActor::on(ReadAtOwner&& request, ReplyTo<Read::Reply> reply) {
  if (const auto fine = check(request.request.topic); !fine) return reply(fine.error());
  const auto to = owner(request.request.topic);
  if (!to) return reply(to.error());
  pass(**to, OwnerRead{std::move(request.request), std::move(reply)});
}

void DocumentsActor::on(Follow&& request, ReplyTo<Follow::Reply> reply) {
  if (const auto fine = check(request.topic); !fine) return reply(fine.error());
  if (request.follower.address() != context().sender()) {
    return reply(Error{ErrorCode::kInvalidArgument, "a follower asks for itself"});
  }
  const auto to = owner(request.topic);
  if (!to) return reply(to.error());
  pass(**to, OwnerFollow{std::move(request), std::move(reply)});
}

// At the replica.

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

std::string DocumentsActor::on(const GetTrouble&) { return placement_->trouble(); }

// An owner or replica asks to be put away. If it has handled all that was sent to it, nothing can be in its mailbox;
// else it has something to do, and asks again when it is idle.
template <class A>
void DocumentsActor::put_away(StartedByTopic<A>& all, const Idle& idle) {
  const auto found = all.find(idle.topic);
  if (found == all.end() || found->second.ref.address() != context().sender() || found->second.sent != idle.received ||
      found->second.hands_over)
    return;
  context().demonitor(context().sender());
  context().tell(found->second.ref, PutAway{});
  all.erase(found);
}

void DocumentsActor::on(const Idle& idle) {
  put_away(owners_, idle);
  put_away(replicas_, idle);
}

// When the placement changes.

void DocumentsActor::on(const PlacementChanged& change) { place(change.placement); }

void DocumentsActor::on(const Settle& settle, ReplyTo<Done> reply) {
  settling_.push_back(std::move(reply));
  place(settle.placement);
  if (std::ranges::none_of(owners_, [](const auto& each) { return each.second.hands_over; })) {
    for (ReplyTo<Done>& settled : std::exchange(settling_, {})) settled(Done{});
  }
}

void DocumentsActor::place(std::shared_ptr<const Placement> placement) {
  const std::shared_ptr<const Placement> before = std::exchange(placement_, std::move(placement));
  hand_over();
  tell_replicas(*before);
  std::vector<std::string> topics;
  for (const auto& [topic, journey] : journeys_) topics.push_back(topic);
  for (const std::string& topic : topics) {
    journeys_.at(topic).attempts = 0;
    if (journeys_.at(topic).courier.is_held()) try_appends_again(topic);
  }
}

void DocumentsActor::hand_over() {
  for (auto& [topic, started] : owners_) {
    if (started.hands_over || placement_->is_owned_here(topic)) continue;
    started.hands_over = true;
    moved_.add();
    context().tell(started.ref, HandOver{});
  }
}

/// Those whose owner is another now, or has gone, or came back.
void DocumentsActor::tell_replicas(const Placement& before) {
  for (auto& [topic, replica] : replicas_) {
    const Placement::Owner* was = before.owner_of(topic);
    const Placement::Owner* is = placement_->owner_of(topic);
    const auto identity = [](const Placement::Owner* owner) {
      return owner == nullptr ? std::tuple(NodeId{}, false, std::uint64_t{0})
                              : std::tuple(owner->node, owner->is_reachable, owner->times_up);
    };
    if (identity(was) == identity(is)) continue;
    const auto owner = owner_node(topic);
    pass(replica, OwnerReachable{owner.has_value(), owner ? "" : owner.error().detail});
  }
}

}  // namespace troupe::document
