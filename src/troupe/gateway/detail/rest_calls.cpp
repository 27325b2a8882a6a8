#include "troupe/gateway/detail/rest_calls.hpp"

#include <algorithm>
#include <utility>

#include "troupe/cluster/membership.hpp"
#include "troupe/document/documents.hpp"

namespace troupe::gateway::detail {

namespace {

using Part = std::shared_ptr<ShardPart>;

/// What happened inside stays inside: the client reads that there was a fault, and the log which.
HttpAnswer failure(ShardPart& part, const Error& error) {
  if (session::protocol_error(error.code) == session::ProtocolError::kInternal) {
    part.log.error("a REST request failed: {}", error.to_string());
  }
  return json(session::rest_error(error));
}

void call(const Part& part, session::GetEvents&& events, Respond respond) {
  document::Read read{events.topic, events.after, events.limit};
  part->shard.ask(
      document::documents_for(part->shard.node(), events.topic), std::move(read), part->options.times.send_timeout,
      [part, topic = events.topic, respond = std::move(respond)](Result<document::Read::Reply> reply) mutable {
        if (!reply) return respond(failure(*part, reply.error()));
        const bool more = !reply->events.empty() && reply->events.back().seq < reply->seq;
        respond(json(session::rest_answer(session::EventsPage{std::move(topic), std::move(reply->epoch), reply->seq,
                                                              std::move(reply->events), more})));
      });
}

void call(const Part& part, session::PostEvent&& event, Respond respond) {
  std::string key = event.key ? std::move(*event.key) : part->shared->next_key();
  const auto documents = document::documents_for(part->shard.node(), event.topic);
  part->shard.ask(
      documents,
      document::Append{std::move(event.topic), std::move(key), "rest-" + part->options.node, std::move(event.data)},
      part->options.times.send_timeout,
      [part, respond = std::move(respond)](Result<document::Append::Reply> reply) mutable {
        if (!reply) return respond(failure(*part, reply.error()));
        respond(json(session::rest_answer(session::PostedEvent{std::move(reply->epoch), reply->seq, reply->repeated})));
      });
}

void call(const Part& part, session::GetDigest&& digest, Respond respond) {
  part->shard.ask(
      document::documents_for(part->shard.node(), digest.topic), document::GetDigest{digest.topic},
      part->options.times.join_timeout,
      [part, topic = digest.topic, respond = std::move(respond)](Result<document::GetDigest::Reply> reply) mutable {
        if (!reply) return respond(failure(*part, reply.error()));
        respond(json(
            session::rest_answer(session::Digest{std::move(topic), part->options.node, std::move(reply->position.epoch),
                                                 reply->position.seq, reply->hash})));
      });
}

session::ClusterMember shown(const overlay::Member& member, overlay::MemberState state) {
  return {member.name, member.address, member.http, member.incarnation, std::string(to_string(state))};
}

void call(const Part& part, session::GetCluster&&, Respond respond) {
  const Ref<cluster::Membership> membership(Address{part->shard.node(), ActorId::named(cluster::kMembershipName)});
  part->shard.ask(membership, cluster::GetMembers{}, part->options.times.join_timeout,
                  [part, respond = std::move(respond)](Result<cluster::Members> members) mutable {
                    if (!members) return respond(failure(*part, members.error()));
                    session::ClusterView view{part->options.node, {}, part->options.configured};
                    view.members.push_back(shown(members->self, overlay::MemberState::kUp));
                    for (const auto& other : members->others) view.members.push_back(shown(other.member, other.state));
                    std::ranges::sort(view.members, {}, &session::ClusterMember::name);
                    respond(json(session::rest_answer(view)));
                  });
}

}  // namespace

void answer_rest(const Part& part, const HttpRequest& request, Respond respond) {
  const std::string_view method = request.method == "HEAD" ? "GET" : request.method;
  auto parsed = session::parse_rest({method, request.target, request.idempotency_key, request.write_key, request.body},
                                    part->options.rest);
  if (!parsed) return respond(json(std::move(parsed.error())));
  std::visit([&](auto& each) { call(part, std::move(each), std::move(respond)); }, *parsed);
}

}  // namespace troupe::gateway::detail
