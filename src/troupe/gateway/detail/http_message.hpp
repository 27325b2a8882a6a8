#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "troupe/session/action.hpp"
#include "troupe/session/rest.hpp"

namespace troupe::gateway::detail {

/// What of a request matters to those who answer it, as it came. Valid until it is answered.
struct HttpRequest {
  std::string_view method;
  std::string_view target;  ///< Path and query.
  std::optional<std::string_view> origin;
  std::optional<std::string_view> idempotency_key;
  std::optional<std::string_view> write_key;
  std::optional<std::string_view> if_none_match;
  std::optional<std::string_view> authorization;
  std::optional<std::string_view> traceparent;
  std::string client;     ///< For operators' paths: whose the request is, as ClientChannel::client.
  bool is_local = false;  ///< It came over the local socket.
  std::string_view body;

  std::string_view path() const { return target.substr(0, target.find('?')); }
  bool is_read() const { return method == "GET" || method == "HEAD"; }
};

/// A whole answer, but for what belongs to the connection.
struct HttpAnswer {
  unsigned status = 200;
  std::string_view content_type;  ///< Of constant text. Empty: there is no body.
  std::vector<std::pair<std::string_view, std::string>> headers;
  session::Text body;
};

using Respond = std::move_only_function<void(HttpAnswer)>;

HttpAnswer plain_text(unsigned status, std::string text);
HttpAnswer json(session::RestAnswer answer);
/// `{"error":{"code":"bad_request","message":"..."}}` with any status.
HttpAnswer json_error(unsigned status, std::string_view message);

/// How the connection carries an answer.
struct HttpFraming {
  bool keep_alive = true;
  bool http_1_0 = false;
  bool head_only = false;  ///< It answers a HEAD.
};

/// Status line and header fields.
std::string response_head(const HttpAnswer& answer, const HttpFraming& framing, std::string_view date);

/// The path and query of a request's target, which proxies may send with scheme and host before them.
std::string_view origin_form(std::string_view target);

}  // namespace troupe::gateway::detail
