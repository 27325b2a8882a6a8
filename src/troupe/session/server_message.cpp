#include "troupe/session/server_message.hpp"

#include <utility>

#include "troupe/session/json/json_text.hpp"

namespace troupe::session {
namespace {

// What the names and braces of a message take at most, so that splicing its payload allocates once.
constexpr std::size_t kFrameBytes = 128;

std::string begin(std::string_view op, std::size_t payload_bytes = 0) {
  std::string json;
  json.reserve(kFrameBytes + payload_bytes);
  json.append("{\"op\":\"").append(op).append("\"");
  return json;
}

std::string end(std::string json) {
  json += '}';
  return json;
}

void append_entries(std::string& json, std::string_view name, const std::vector<PresenceEntry>& entries) {
  append_name(json, name);
  json += '[';
  for (const PresenceEntry& entry : entries) {
    json += json.back() == '[' ? "{\"session\":" : ",{\"session\":";
    append_string(json, entry.session);
    append_raw_field(json, "present", entry.present.view());
    json += '}';
  }
  json += ']';
}

std::size_t bytes_of(const std::vector<PresenceEntry>& entries) {
  std::size_t bytes = 0;
  for (const PresenceEntry& entry : entries) bytes += entry.session.size() + entry.present.size() + 32;
  return bytes;
}

}  // namespace

std::string render_event(std::string_view topic, const document::Event& event) {
  std::string json = begin("event", topic.size() + event.key.size() + event.from.size() + event.data.size());
  append_field(json, "topic", topic);
  append_field(json, "seq", event.seq);
  append_field(json, "key", event.key);
  append_field(json, "from", event.from);
  append_raw_field(json, "data", event.data.view());
  return end(std::move(json));
}

RenderedEvent rendered(std::string_view topic, const document::Event& event) {
  return {event.seq, std::make_shared<const std::string>(render_event(topic, event))};
}

std::string render_signal(std::string_view topic, std::string_view from, std::string_view data) {
  std::string json = begin("signal", topic.size() + from.size() + data.size());
  append_field(json, "topic", topic);
  append_field(json, "from", from);
  append_raw_field(json, "data", data);
  return end(std::move(json));
}

std::string render_joined(const JoinedMessage& message) {
  const std::size_t snapshot_bytes = message.snapshot ? message.snapshot->size() : 0;
  std::string json = begin("joined", message.topic.size() + bytes_of(message.present) + snapshot_bytes + kFrameBytes);
  if (message.id) append_field(json, "id", *message.id);
  append_field(json, "topic", message.topic);
  append_field(json, "epoch", message.epoch);
  append_field(json, "seq", message.seq);
  append_raw_field(json, "recovered", message.snapshot ? "false" : "true");
  if (message.snapshot) append_raw_field(json, "snapshot", *message.snapshot);
  append_entries(json, "present", message.present);
  append_field(json, "session", message.session);
  append_field(json, "node", message.node);
  if (message.read_only) append_raw_field(json, "read_only", "true");
  return end(std::move(json));
}

std::string render_ack(std::uint64_t id, std::optional<std::uint64_t> seq) {
  std::string json = begin("ack");
  append_field(json, "id", id);
  if (seq) append_field(json, "seq", *seq);
  return end(std::move(json));
}

std::string render_presence(std::string_view topic, const PresenceChange& change) {
  std::string json = begin("present", topic.size() + bytes_of(change.joined));
  append_field(json, "topic", topic);
  append_entries(json, "joined", change.joined);
  append_name(json, "left");
  json += '[';
  for (const std::string& session : change.left) {
    if (json.back() != '[') json += ',';
    append_string(json, session);
  }
  json += ']';
  return end(std::move(json));
}

std::string render_status(std::string_view topic, bool available, std::string_view reason) {
  std::string json = begin("status", topic.size() + reason.size());
  append_field(json, "topic", topic);
  append_raw_field(json, "available", available ? "true" : "false");
  if (!reason.empty()) append_field(json, "reason", reason);
  return end(std::move(json));
}

std::string render_reconnect(std::string_view reason) {
  std::string json = begin("reconnect");
  append_field(json, "reason", reason);
  return end(std::move(json));
}

std::string render_pong(std::uint64_t id) {
  std::string json = begin("pong");
  append_field(json, "id", id);
  return end(std::move(json));
}

std::string render_error(std::optional<std::uint64_t> id, ProtocolError code, std::string_view message) {
  std::string json = begin("error", message.size());
  if (id) append_field(json, "id", *id);
  append_field(json, "code", to_string(code));
  append_field(json, "message", message);
  return end(std::move(json));
}

}  // namespace troupe::session
