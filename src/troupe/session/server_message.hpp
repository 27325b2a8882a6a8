#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "troupe/base/bytes.hpp"
#include "troupe/document/journal.hpp"
#include "troupe/session/action.hpp"
#include "troupe/session/error_names.hpp"

namespace troupe::session {

/// One session on a topic, as the others see it.
struct PresenceEntry {
  std::string session;
  Bytes present;  ///< Compact JSON, an object.

  friend bool operator==(const PresenceEntry&, const PresenceEntry&) = default;
};

struct PresenceChange {
  std::vector<PresenceEntry> joined;  ///< Came or changed.
  std::vector<std::string> left;
};

/// An event with its message, which is the same for every session: make it once a node, and share it.
struct RenderedEvent {
  std::uint64_t seq = 0;
  Text text;
};

/// The `event` message. The event's data goes in as it is: it must be JSON text.
std::string render_event(std::string_view topic, const document::Event& event);
RenderedEvent rendered(std::string_view topic, const document::Event& event);

/// The `signal` message, with data that is JSON text; the same for every session, too.
std::string render_signal(std::string_view topic, std::string_view from, std::string_view data);

/// What `joined` says.
struct JoinedMessage {
  std::optional<std::uint64_t> id;
  std::string_view topic;
  std::string_view epoch;
  std::uint64_t seq = 0;
  std::optional<std::string_view> snapshot;  ///< JSON text; absent: `recovered` is true.
  std::vector<PresenceEntry> present;
  std::string_view session;
  std::string_view node;
  bool read_only = false;
};

std::string render_joined(const JoinedMessage& message);
std::string render_ack(std::uint64_t id, std::optional<std::uint64_t> seq);
std::string render_presence(std::string_view topic, const PresenceChange& change);
std::string render_status(std::string_view topic, bool available, std::string_view reason);
std::string render_reconnect(std::string_view reason);
std::string render_pong(std::uint64_t id);
std::string render_error(std::optional<std::uint64_t> id, ProtocolError code, std::string_view message);

}  // namespace troupe::session
