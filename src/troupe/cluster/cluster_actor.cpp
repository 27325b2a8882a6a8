#include "troupe/cluster/cluster_actor.hpp"

#include <fmt/format.h>

#include <utility>

#include "troupe/actor/shard.hpp"

namespace troupe::cluster {

namespace {

constexpr std::size_t kDialErrorsMax = 1024;
constexpr Duration kCatchUpWait = 10ms;  // For a listener whose mailbox or queue was full.

}  // namespace

ClusterActor::ClusterActor(std::unique_ptr<overlay::Fabric> fabric, std::size_t broadcast_bytes_per_second,
                           Links& links, RouteTables& routes, Metrics& metrics)
    : fabric_(std::move(fabric)),
      links_(links),
      routes_(routes),
      members_up_(metrics.gauge("troupe_cluster_members_up", "Other nodes that are up as this node sees them")),
      members_suspected_(metrics.gauge("troupe_cluster_members_suspected",
                                       "Of them, neighbours that are silent for longer than their links explain")),
      suspicions_(metrics.counter("troupe_cluster_suspicions_total", "How often a neighbour became one of those")),
      broadcasts_(metrics.counter("troupe_cluster_broadcasts_total", "Broadcasts of actors that this node began")),
      broadcasts_refused_(metrics.counter("troupe_cluster_broadcasts_refused_total",
                                          "Broadcasts above cluster.broadcast_bytes_per_second")),
      news_waiting_(metrics.gauge("troupe_cluster_member_news_waiting",
                                  "News of members that wait for listeners whose mailbox or queue was full")),
      broadcast_budget_(broadcast_bytes_per_second),
      news_([this](const MemberNews::Listener& listener, const MemberChanged& change) {
        return context().tell(listener, MemberChanged(change));
      }) {}

void ClusterActor::on_start() { carry_out(fabric_->start(context().now())); }

void ClusterActor::on(const LinkUp& event) {
  dial_errors_.erase(event.dialed);
  carry_out(fabric_->on_link_up(context().now(), event.link, event.peer, event.dialed));
  // The handshake is the first sign of life: who is silent from then on is suspected too.
  carry_out(fabric_->on_heard(context().now(), event.link, std::nullopt));
}

void ClusterActor::on(const LinkDown& event) {
  carry_out(fabric_->on_link_down(context().now(), event.link, event.reason, event.peer_left));
}

void ClusterActor::on(const LinkShaken& event) { carry_out(fabric_->on_lane_lost(context().now(), event.link)); }

void ClusterActor::on(const LinkHeard& event) {
  carry_out(fabric_->on_heard(context().now(), event.link, event.round_trip));
}

void ClusterActor::on(const DialFailed& event) {
  if (dial_errors_.size() >= kDialErrorsMax && !dial_errors_.contains(event.address))
    dial_errors_.clear();  // A line may come twice.
  std::string& last = dial_errors_[event.address];
  if (const std::string text = event.reason.to_string(); last != text) {
    last = text;
    context().log().warning("no link to {}: {}; trying on", event.address, text);
  }
  carry_out(fabric_->on_dial_failed(context().now(), event.address, event.reason));
}

void ClusterActor::on(const OverlayMessage& event) {
  carry_out(fabric_->on_message(context().now(), event.link, event.message));
}

Members ClusterActor::on(const GetMembers&) {
  Members members{fabric_->self(), fabric_->statuses()};
  std::erase_if(members.others,
                [&](const overlay::MemberStatus& each) { return each.member.name == members.self.name; });
  return members;
}

void ClusterActor::on(const WatchMembers& request) {
  if (!news_.add(request.listener)) return;
  context().monitor(request.listener, [this, listener = request.listener](const Down&) { news_.remove(listener); });
  for (const auto& [name, member] : up_) news_.announce(request.listener, {member, overlay::MemberState::kUp});
  catch_up_later();
}

Result<Done> ClusterActor::on(const Broadcast& request) {
  Bytes letter = wire::encode(Letter{context().sender().actor, request.recipient, request.tag, request.body});
  const std::size_t bytes = letter.size();
  if (!broadcast_budget_.take(context().now(), bytes)) {
    broadcasts_refused_.add();
    const std::string limit = fmt::format("cluster.broadcast_bytes_per_second allows {} bytes a second",
                                          broadcast_budget_.bytes_per_second());
    if (bytes > broadcast_budget_.bytes_per_second()) {
      return fail(ErrorCode::kTooLarge, fmt::format("a broadcast of {} bytes: {}", bytes, limit));
    }
    return fail(ErrorCode::kQueueFull, fmt::format("too many broadcasts: {}", limit));
  }
  broadcasts_.add();
  carry_out(fabric_->broadcast(context().now(), std::move(letter)));
  return Done{};
}

Done ClusterActor::on(const Leave& request) {
  carry_out(fabric_->leave(context().now()));
  links_.leave(request.reason);
  return {};
}

Topology ClusterActor::on(const GetTopology&) { return topology_of(*fabric_, context().now()); }

Branches ClusterActor::on(const GetBranches& request) { return branches_of(*fabric_, request.root); }

Done ClusterActor::on(const Join& request) {
  context().log().info("an operator has this node join {}", request.address);
  carry_out(fabric_->join(context().now(), request.address));
  return {};
}

void ClusterActor::on(const Discovered& request) { carry_out(fabric_->discover(context().now(), request.addresses)); }

Result<Done> ClusterActor::on(const DeclareDown& request) {
  const std::string& name = request.name;
  if (name == fabric_->self().name) {
    return fail(ErrorCode::kInvalidArgument, "this node is '" + name + "' itself: ask another one, or have it leave");
  }
  overlay::Actions actions;
  if (fabric_->declare_down(context().now(), NodeId::named(name).name, actions)) {
    context().log().warning("an operator declares {} down", name);
    carry_out(std::move(actions));
    return Done{};
  }
  for (const overlay::MemberStatus& status : fabric_->statuses()) {
    if (status.member.name != name) continue;
    return fail(ErrorCode::kRefused,
                "'" + name + "' is no member any more: it is " + std::string(to_string(status.state)));
  }
  return fail(ErrorCode::kInvalidArgument, "there is no member '" + name + "'");
}

void ClusterActor::carry_out(overlay::Actions actions) {
  for (const overlay::Action& action : actions) {
    std::visit([this](const auto& each) { carry_out(each); }, action);
  }
  members_suspected_.set(static_cast<std::int64_t>(fabric_->suspicions().suspected().size()));
  // Only now are messages of a new link let through: the shards have been told of the member, so they can answer.
  std::erase_if(chosen_, [this](const auto& each) {
    const auto& [node, link] = each;
    const auto up = up_.find(node.name);
    const bool is_known = up != up_.end() && up->second.id() == node;
    if (is_known) links_.deliver(node, link);
    return is_known;
  });
  arm_tick();
}

void ClusterActor::carry_out(const overlay::Dial& action) { links_.dial(action.address); }

void ClusterActor::carry_out(const overlay::CloseLink& action) {
  context().log().debug("closing a link: {}", action.reason);
  std::erase_if(chosen_, [&](const auto& each) { return each.second == action.link; });
  links_.close(action.link, action.reason);
}

void ClusterActor::carry_out(const overlay::Send& action) { links_.send_control(action.to, action.message); }

void ClusterActor::carry_out(const overlay::LinkChosen& action) {
  links_.use(action.node, action.link);
  chosen_[action.node] = action.link;
}

void ClusterActor::carry_out(const overlay::WayChanged& action) {
  const NodeId node = action.member.id();
  routes_.reconnected(node, fabric_->next_hop(node).value_or(node));
  announce(action.member, overlay::MemberState::kUp);
}

void ClusterActor::carry_out(const overlay::Delivered& action) {
  auto letter = wire::decode<Letter>(action.payload);
  if (!letter || !letter->recipient.is_named()) {
    const auto from = up_.find(action.from.name);
    context().log().warning("a broadcast of {} cannot be read", from == up_.end() ? "a node" : from->second.name);
    return;
  }
  EnvelopePtr envelope = Envelope::make(EnvelopeKind::kTell, EncodedPayload{letter->tag, std::move(letter->body)},
                                        local_payload_type<EncodedPayload>);
  envelope->sender = {action.from, letter->sender};
  envelope->recipient = letter->recipient;
  // It came by a way of its own, and keeps no order with what else its sender sends.
  envelope->need_stamps().journey = Journey{.from = action.from, .to = fabric_->self().id()};
  context().shard().deliver(std::move(envelope));
}

void ClusterActor::carry_out(const overlay::Reborn& action) {
  context().log().warning("the others had declared this node down: it goes on as incarnation {}",
                          action.self.incarnation);
  chosen_.clear();
  links_.be_reborn(action.self.incarnation);
  routes_.be_reborn(action.self.incarnation);
}

void ClusterActor::carry_out(const overlay::MemberUp& action) {
  const overlay::Member& member = action.member;
  context().log().info("member {} is up at {} (incarnation {})", member.name, member.address, member.incarnation);
  up_[member.id().name] = member;
  members_up_.set(static_cast<std::int64_t>(up_.size()));
  routes_.add(member.id(), fabric_->next_hop(member.id()).value_or(member.id()));
  announce(member, overlay::MemberState::kUp);
}

void ClusterActor::carry_out(const overlay::MemberSuspected& action) {
  if (action.is_suspected) {
    suspicions_.add();
    context().log().info("member {} is silent: it is suspected", action.member.name);
  } else {
    context().log().info("member {} is heard again", action.member.name);
  }
}

void ClusterActor::carry_out(const overlay::MemberUnreachable& action) {
  context().log().warning("member {} cannot be reached", action.member.name);
  announce(action.member, overlay::MemberState::kUnreachable);
}

void ClusterActor::carry_out(const overlay::MemberDown& action) {
  const overlay::Member& member = action.member;
  if (action.left) {
    context().log().info("member {} left", member.name);
  } else {
    context().log().warning("member {} is down: {}", member.name, action.reason.to_string());
  }
  up_.erase(member.id().name);
  members_up_.set(static_cast<std::int64_t>(up_.size()));
  routes_.remove(member.id(), "node " + member.name + (action.left ? " left" : " is down"));
  announce(member, action.left ? overlay::MemberState::kLeft : overlay::MemberState::kDown);
}

void ClusterActor::announce(const overlay::Member& member, overlay::MemberState state) {
  news_.announce({member, state});
  catch_up_later();
}

void ClusterActor::catch_up_later() {
  const std::size_t waiting = news_.waiting();
  news_waiting_.set(static_cast<std::int64_t>(waiting));
  if (catches_up_ || waiting == 0) return;
  catches_up_ = true;
  context().after(kCatchUpWait, [this] {
    catches_up_ = false;
    news_.catch_up();
    catch_up_later();
  });
}

void ClusterActor::arm_tick() {
  context().cancel(tick_);
  const auto next = fabric_->next_tick();
  if (!next) return;
  tick_ = context().after(*next - context().now(), [this] { carry_out(fabric_->on_tick(context().now())); });
}

}  // namespace troupe::cluster
