#pragma once

#include <map>
#include <memory>
#include <string>

#include "troupe/actor/actor.hpp"
#include "troupe/document/documents.hpp"
#include "troupe/pubsub/presence.hpp"
#include "troupe/pubsub/topics.hpp"
#include "troupe/session/client_socket.hpp"
#include "troupe/session/render_cache.hpp"
#include "troupe/session/session.hpp"

namespace troupe::session {

/// A text message of the client.
struct ClientText {
  static constexpr auto wire_name = "troupe.session.client_text";
  static constexpr bool local_only = true;
  std::string text;
};
/// The connection is gone; the session ends.
struct ClientGone {
  static constexpr auto wire_name = "troupe.session.client_gone";
  static constexpr bool local_only = true;
};
/// The node stops: the client is told to go elsewhere.
struct Drain {
  static constexpr auto wire_name = "troupe.session.drain";
  static constexpr bool local_only = true;
};

/// Times and limits of a session's requests.
struct SessionTimes {
  Duration join_timeout = 5s;
  Duration send_timeout = 8s;  ///< Longer than document.append_timeout, so that the owner's answer comes first.
  Duration retry_pause = 500ms;
};

/// Drives one client's session: carries out what the pure protocol asks for, and tells it what the node's documents,
/// topics and presence say. On the shard of the client's connection.
class SessionActor final : public Actor<SessionActor> {
 public:
  using Messages = troupe::Messages<ClientText, ClientGone, Drain, document::DocumentEvents, document::DocumentReset,
                                    document::DocumentStatus, pubsub::PresenceChanged, pubsub::Published>;

  /// `socket` and `cache` belong to the same shard; the socket lives until it has sent ClientGone.
  SessionActor(SessionOptions options, SessionTimes times, std::string name, std::string node, ClientSocket& socket,
               RenderCache& cache);

  void on(const ClientText& message);
  void on(const ClientGone&);
  void on(const Drain&);
  void on(const document::DocumentEvents& message);
  void on(const document::DocumentReset& message);
  void on(const document::DocumentStatus& message);
  void on(const pubsub::PresenceChanged& message);
  void on(const pubsub::Published& message);

 private:
  using Shown = std::map<std::string, Bytes>;  ///< What each session shows on a topic.

  void carry_out();
  void sample_trace();
  void carry_out(const FollowTrace& action);
  void carry_out(const Reply& action);
  void carry_out(const Join& action);
  void carry_out(const Append& action);
  void carry_out(const Signal& action);
  void carry_out(const Present& action);
  void carry_out(const Leave& action);
  void carry_out(const Resync& action);
  void carry_out(const Close& action);

  void on_opened(const Join& join, Result<document::Open::Reply> opened);
  void on_caught_up(const Resync& resync, Result<document::Open::Reply> reply);
  void show(const std::string& topic, const Bytes& present);
  std::vector<PresenceEntry> presence_of(const std::string& topic) const;
  NodeId here() const { return context().self().node; }

  SessionTimes times_;
  Session session_;
  ClientSocket& socket_;
  RenderCache& cache_;
  Output output_;
  std::map<std::string, Shown> topics_;  ///< Those that are joined or joining.
};

/// The topic on which a topic's signals are published.
inline std::string signal_topic(const std::string& topic) { return "$signal/" + topic; }

}  // namespace troupe::session
