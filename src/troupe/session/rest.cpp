#include "troupe/session/rest.hpp"

#include <algorithm>
#include <charconv>

#include "troupe/document/topic_name.hpp"
#include "troupe/session/client_message.hpp"
#include "troupe/session/json/json_object.hpp"
#include "troupe/session/lock/topic_lock.hpp"

namespace troupe::session {
namespace {

constexpr std::string_view kRoot = "/api/v1/";
constexpr std::string_view kDocuments = "documents/";
constexpr std::string_view kEvents = "/events";
constexpr std::string_view kDigest = "/digest";
constexpr std::uint64_t kLimitMax = 1000;

using Answer = std::unexpected<RestAnswer>;

Answer refuse(ProtocolError code, std::string_view message) { return Answer(rest_error(code, message)); }

// A status that no error code stands for by itself.
Answer refuse_with(unsigned status, std::string_view message) {
  RestAnswer answer = rest_error(ProtocolError::kBadRequest, message);
  answer.status = status;
  return Answer(std::move(answer));
}

Answer wrong_method(std::string_view allowed) {
  auto answer = refuse_with(405, std::string("this resource answers ").append(allowed).append(" only"));
  answer.error().headers.emplace_back("Allow", allowed);
  return answer;
}

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return {};
}

// Percent-decodes a topic in a path. A slash must be written as one: written as %2F, proxies would not agree on what it
// is.
std::expected<std::string, RestAnswer> decode_topic(std::string_view encoded) {
  std::string topic;
  for (std::size_t at = 0; at < encoded.size(); ++at) {
    if (encoded[at] != '%') {
      topic += encoded[at];
      continue;
    }
    const auto high = at + 2 < encoded.size() ? hex_digit(encoded[at + 1]) : std::nullopt;
    const auto low = at + 2 < encoded.size() ? hex_digit(encoded[at + 2]) : std::nullopt;
    if (!high || !low) {
      return refuse(ProtocolError::kBadRequest, "a % in the path must be followed by two hexadecimal digits");
    }
    const auto decoded = static_cast<char>(*high * 16 + *low);
    if (decoded == '/') {
      return refuse(ProtocolError::kBadRequest,
                    "the slashes of a topic stay as they are in the path; do not write %2F");
    }
    topic += decoded;
    at += 2;
  }
  if (const auto well_formed = document::check_topic(topic); !well_formed) {
    return refuse(ProtocolError::kUnknownTopic, well_formed.error().detail);
  }
  return topic;
}

// Digits only, at most `max`.
std::optional<std::uint64_t> number(std::string_view text, std::uint64_t max) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), value);
  if (error != std::errc() || end != text.end() || value > max) return {};
  return value;
}

std::expected<RestCall, RestAnswer> get_events(std::string topic, std::string_view query) {
  std::optional<std::uint64_t> after;
  std::optional<std::uint64_t> limit;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const std::string_view name = pair.substr(0, pair.find('='));
    const std::string_view value = pair.substr(std::min(name.size() + 1, pair.size()));
    if (name != "after" && name != "limit") continue;  // As with unknown fields.
    auto& parameter = name == "after" ? after : limit;
    if (parameter) return refuse(ProtocolError::kBadRequest, "after and limit may be given once each");
    parameter = number(value, name == "after" ? kIntegerMax : kLimitMax);
    if (!parameter && name == "after") {
      return refuse(ProtocolError::kBadRequest, "after must be an integer from 0 to " + std::to_string(kIntegerMax));
    }
    if (!parameter || (name == "limit" && *parameter == 0)) {
      return refuse(ProtocolError::kBadRequest, "limit must be an integer from 1 to " + std::to_string(kLimitMax));
    }
  }
  GetEvents call{.topic = std::move(topic)};
  call.after = after.value_or(call.after);
  call.limit = static_cast<std::uint32_t>(limit.value_or(call.limit));
  return call;
}

std::expected<RestCall, RestAnswer> post_event(std::string topic, const RestRequest& request,
                                               const RestOptions& options) {
  if (request.body.size() > options.message_bytes_max) {
    return refuse(ProtocolError::kTooLarge,
                  "the body is larger than " + std::to_string(options.message_bytes_max) + " bytes; send less");
  }
  if (!opens(topic, request.write_key)) {
    return refuse(ProtocolError::kReadOnly, topic + " is locked: send its key in the header Write-Key");
  }
  PostEvent call{.topic = std::move(topic), .key = {}, .data = {}};
  if (request.idempotency_key) {
    const std::string_view complaint = complaint_about_key(*request.idempotency_key);
    if (!complaint.empty()) {
      return refuse(ProtocolError::kBadRequest, std::string("Idempotency-Key must be ").append(complaint));
    }
    call.key = *request.idempotency_key;
  }
  auto body = JsonObject::parse(request.body);
  if (!body) return refuse(ProtocolError::kBadRequest, "the body: " + body.error());
  call.data = body->value("data");
  if (!body->complaint().empty()) return refuse(ProtocolError::kBadRequest, "the body: " + body->complaint());
  if (call.data.size() > options.data_bytes_max) {
    return refuse(ProtocolError::kTooLarge, "\"data\" has " + std::to_string(call.data.size()) +
                                                " bytes of compact JSON, at most " +
                                                std::to_string(options.data_bytes_max) + " are allowed; send less");
  }
  return call;
}

}  // namespace

bool is_rest_target(std::string_view target) { return target.starts_with(kRoot); }

std::expected<RestCall, RestAnswer> parse_rest(const RestRequest& request, const RestOptions& options) {
  std::string_view path = request.target.substr(0, request.target.find('?'));
  const std::string_view query = request.target.substr(std::min(path.size() + 1, request.target.size()));
  if (request.target.find('#') != std::string_view::npos) {
    return refuse(ProtocolError::kBadRequest, "a target has no fragment; write # as %23");
  }
  const auto nothing_there = [] {
    return refuse_with(404, "there is nothing at this path; see docs/protocol.md, \"REST\"");
  };
  if (!path.starts_with(kRoot)) return nothing_there();
  path.remove_prefix(kRoot.size());
  if (path == "cluster") {
    if (request.method != "GET") return wrong_method("GET");
    return GetCluster{};
  }
  if (!path.starts_with(kDocuments)) return nothing_there();
  path.remove_prefix(kDocuments.size());
  const bool events = path.ends_with(kEvents);
  if (!events && !path.ends_with(kDigest)) return nothing_there();
  path.remove_suffix(events ? kEvents.size() : kDigest.size());
  auto topic = decode_topic(path);
  if (!topic) return Answer(std::move(topic.error()));
  if (!events) {
    if (request.method != "GET") return wrong_method("GET");
    return GetDigest{std::move(*topic)};
  }
  if (request.method == "GET") return get_events(std::move(*topic), query);
  if (request.method == "POST") return post_event(std::move(*topic), request, options);
  return wrong_method("GET, POST");
}

}  // namespace troupe::session
