// The answers of REST as JSON; the other half of rest.hpp is rest.cpp.
#include <array>

#include "troupe/session/json/json_text.hpp"
#include "troupe/session/rest.hpp"

namespace troupe::session {
namespace {

// How long a client shall pause, in seconds.
constexpr std::string_view kRetryAfter = "1";

// The first field has a comma too many before it, which becomes the opening brace.
std::string object(std::string fields) {
  fields.front() = '{';
  fields += '}';
  return fields;
}

std::string hexadecimal(std::uint64_t number) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(16, '0');
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit, number >>= 4U) *digit = kDigits[number & 15U];
  return text;
}

// Appends `,"name":[...]` of what `render` makes of each item.
template <class Items, class Render>
void append_list(std::string& json, std::string_view name, const Items& items, Render render) {
  append_name(json, name);
  json += '[';
  bool first = true;
  for (const auto& item : items) {
    if (!std::exchange(first, false)) json += ',';
    json += render(item);
  }
  json += ']';
}

std::string event_object(const document::Event& event) {
  std::string json;
  json.reserve(event.key.size() + event.from.size() + event.data.size() + 64);
  append_field(json, "seq", event.seq);
  append_field(json, "key", event.key);
  append_field(json, "from", event.from);
  append_raw_field(json, "data", event.data.view());
  return object(std::move(json));
}

std::string member_object(const ClusterMember& member) {
  std::string json;
  append_field(json, "name", member.name);
  append_field(json, "address", member.address);
  append_field(json, "http", member.http);
  append_field(json, "incarnation", member.incarnation);
  append_field(json, "state", member.state);
  return object(std::move(json));
}

std::string string_value(const std::string& text) {
  std::string json;
  append_string(json, text);
  return json;
}

RestAnswer answer(unsigned status, std::string fields) { return {status, {}, object(std::move(fields))}; }

}  // namespace

RestAnswer rest_error(ProtocolError code, std::string_view message) {
  std::string error;
  append_field(error, "code", to_string(code));
  append_field(error, "message", message);
  std::string json;
  append_raw_field(json, "error", object(std::move(error)));
  RestAnswer result = answer(http_status(code), std::move(json));
  if (code == ProtocolError::kUnavailable || code == ProtocolError::kBusy) {
    result.headers.emplace_back("Retry-After", kRetryAfter);
  }
  return result;
}

RestAnswer rest_error(const Error& error) { return rest_error(protocol_error(error.code), public_message(error)); }

RestAnswer rest_answer(const EventsPage& page) {
  std::string json;
  append_field(json, "topic", page.topic);
  append_field(json, "epoch", page.epoch);
  append_field(json, "seq", page.seq);
  append_list(json, "events", page.events, event_object);
  append_raw_field(json, "more", page.more ? "true" : "false");
  return answer(200, std::move(json));
}

RestAnswer rest_answer(const PostedEvent& posted) {
  std::string json;
  append_field(json, "epoch", posted.epoch);
  append_field(json, "seq", posted.seq);
  return answer(posted.repeated ? 200 : 201, std::move(json));
}

RestAnswer rest_answer(const Digest& digest) {
  std::string json;
  append_field(json, "topic", digest.topic);
  append_field(json, "node", digest.node);
  append_field(json, "epoch", digest.epoch);
  append_field(json, "seq", digest.seq);
  append_field(json, "hash", hexadecimal(digest.hash));
  return answer(200, std::move(json));
}

RestAnswer rest_answer(const ClusterView& view) {
  std::string json;
  append_field(json, "node", view.node);
  append_list(json, "members", view.members, member_object);
  append_list(json, "configured", view.configured, string_value);
  return answer(200, std::move(json));
}

}  // namespace troupe::session
