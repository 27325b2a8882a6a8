#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "troupe/actor/actor.hpp"
#include "troupe/session/session_actor.hpp"

namespace troupe::gateway::detail {

/// What is told that its session is no more.
class SessionOwner {
 public:
  virtual ~SessionOwner() = default;
  virtual void on_session_down() = 0;
};

/// Watch this session, and keep its owner until it is down: until then the session may use its socket.
struct WatchSession {
  static constexpr auto wire_name = "troupe.gateway.watch_session";
  static constexpr bool local_only = true;
  Ref<session::SessionActor> session;
  std::shared_ptr<SessionOwner> owner;
};

/// Watches the sessions of one shard.
class SessionWatch final : public Actor<SessionWatch> {
 public:
  using Messages = troupe::Messages<WatchSession>;

  void on(WatchSession&& request) {
    context().monitor(request.session, [owner = std::move(request.owner)](const Down&) { owner->on_session_down(); });
  }
};

inline std::string session_watch_name(std::uint32_t shard) {
  return "troupe.gateway.sessions." + std::to_string(shard);
}

}  // namespace troupe::gateway::detail
