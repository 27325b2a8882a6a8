// What an operator does to the membership: join, leave, down.

#include <nlohmann/json.hpp>
#include <utility>

#include "troupe/cluster/membership.hpp"
#include "troupe/gateway/detail/admin/admin_resources.hpp"
#include "troupe/runtime/host_port.hpp"

namespace troupe::gateway::detail {

namespace {

using Json = nlohmann::json;

Ref<cluster::Membership> membership_of(const ShardPart& part) {
  return Ref<cluster::Membership>(Address{part.shard.node(), ActorId::named(cluster::kMembershipName)});
}

/// A text of the body, which is a JSON object; fails with `invalid_argument`.
Result<std::string> text_in(const AdminRequest& request, const char* key) {
  const Json body = Json::parse(request.body, nullptr, false);
  if (!body.is_object() || !body.contains(key) || !body[key].is_string())
    return fail(ErrorCode::kInvalidArgument,
                std::string("the body has to be a JSON object with the text '") + key + "'");
  return body[key].get<std::string>();
}

std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace

void act_join(const std::shared_ptr<ShardPart>& part, const AdminRequest& request, ResourceDone done) {
  const auto address = text_in(request, "address");
  if (!address) return done(std::unexpected(address.error()));
  const auto parsed = runtime::parse_host_port(*address);
  if (!parsed || parsed->host.empty() || parsed->port == 0) {
    return done(
        fail(ErrorCode::kInvalidArgument, "'" + *address + "' is not the host:port of another node's cluster port"));
  }
  part->shard.ask(membership_of(*part), cluster::GetMembers{}, part->options.times.join_timeout,
                  [part, address = *address, done = std::move(done)](Result<cluster::Members> members) mutable {
                    if (!members) return done(std::unexpected(members.error()));
                    if (members->self.address.empty())
                      return done(fail(ErrorCode::kInvalidArgument, "this node is alone: it has no cluster.listen"));
                    if (members->self.address == address)
                      return done(fail(ErrorCode::kInvalidArgument, "'" + address + "' is this node's own address"));
                    part->shard.ask(
                        membership_of(*part), cluster::Join{address}, part->options.times.join_timeout,
                        [node = part->options.node, address, done = std::move(done)](Result<Done> joined) mutable {
                          if (!joined) return done(std::unexpected(joined.error()));
                          done(text_of({{"node", node}, {"address", address}, {"outcome", "dialing"}}));
                        });
                  });
}

void act_leave(const std::shared_ptr<ShardPart>& part, const AdminRequest&, ResourceDone done) {
  const auto& leave = part->shared->world.leave;
  if (!leave) return done(fail(ErrorCode::kRefused, "this program does not let its node leave"));
  part->log.warning("an operator has this node leave");
  done(text_of({{"node", part->options.node}, {"clients", part->shared->connections.load()}, {"outcome", "leaving"}}));
  leave();
}

void act_down(const std::shared_ptr<ShardPart>& part, const AdminRequest& request, ResourceDone done) {
  auto name = text_in(request, "name");
  if (!name) return done(std::unexpected(name.error()));
  part->shard.ask(membership_of(*part), cluster::DeclareDown{*name}, part->options.times.join_timeout,
                  [node = part->options.node, name = *name, done = std::move(done)](Result<Done> outcome) mutable {
                    if (!outcome) return done(std::unexpected(outcome.error()));
                    done(text_of({{"node", node}, {"name", name}, {"outcome", "down"}}));
                  });
}

}  // namespace troupe::gateway::detail
