#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "troupe/actor/trace/trace_context.hpp"
#include "troupe/base/bytes.hpp"

namespace troupe::session {

/// A whole message to a client, JSON text, made once and shared by all sessions that send it.
using Text = std::shared_ptr<const std::string>;

/// A point in a document's history: what a client has, or what it is to get events after.
struct After {
  std::string epoch;
  std::uint64_t seq = 0;

  friend bool operator==(const After&, const After&) = default;
};

// What a session asks of the one who drives it. Each action is carried out in the order of the output.

/// Send this message to the client.
struct Reply {
  Text text;
};

/// Subscribe this session to the topic: its events, presence, signals and status. Answered exactly once, by `on_joined`
/// or `on_join_failed`. `present` is what the others shall see of this session.
struct Join {
  std::string topic;
  std::optional<After> after;
  std::optional<Bytes> present;  ///< Compact JSON, an object.
};

/// Append an event to the topic's document. Answered exactly once, by `on_send_result` with the same `request`, also
/// after the session has left the topic. Appends to one topic take effect in the order in which they were made.
struct Append {
  std::uint64_t request = 0;
  std::string topic;
  std::string key;
  Bytes data;  ///< Compact JSON, any value.
};

/// Show `data` to the others on the topic. Not answered, may be lost.
struct Signal {
  std::string topic;
  Bytes data;  ///< Compact JSON, any value.
};

/// Replace what the others see of this session; nothing: it is not listed any more. Not answered.
struct Present {
  std::string topic;
  std::optional<Bytes> present;  ///< Compact JSON, an object.
};

/// End the subscription, and what is open for it: a `Resync` needs no answer any more. Not answered.
struct Leave {
  std::string topic;
};

/// Events after this point are missing. Answered by `on_resynced` with the next ones, or by `on_reset` if they cannot
/// be had; as soon as either is possible, however long that takes. There is never more than one open for a topic.
struct Resync {
  std::string topic;
  After after;
};

/// Close the connection, after what was sent before. The session answers nothing any more, except `on_closed`.
struct Close {
  std::uint16_t code = 0;  ///< Of WebSocket.
  std::string reason;
};

/// What follows in this output is work for a trace of the client's.
struct FollowTrace {
  TraceContext context;
};

using Action = std::variant<Reply, Join, Append, Signal, Present, Leave, Resync, Close, FollowTrace>;
using Output = std::vector<Action>;

}  // namespace troupe::session
