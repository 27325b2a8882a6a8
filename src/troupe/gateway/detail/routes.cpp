#include "troupe/gateway/detail/routes.hpp"

#include <algorithm>
#include <utility>

#include "troupe/gateway/detail/admin/admin_routes.hpp"
#include "troupe/gateway/detail/metrics_text.hpp"
#include "troupe/gateway/detail/rest_calls.hpp"

namespace troupe::gateway::detail {

namespace {

constexpr std::string_view kAllowedMethods = "GET, HEAD, POST, OPTIONS";

constexpr std::string_view kNoApplication =
    "This is a Troupe node. The web application is not here: build it with `npm ci && npm run build` in the folder "
    "web/ of\n"
    "the source tree (./run does it), and give that folder's dist/ to the node as http.web_root.\n"
    "\n"
    "The API works: GET /api/v1/cluster, WebSocket at /api/v1/socket; docs/protocol.md describes it.\n";

/// Lets scripts of allowed pages read the answer (https://fetch.spec.whatwg.org/#http-cors-protocol).
void add_cors(const GatewayOptions& options, const HttpRequest& request, HttpAnswer& answer) {
  if (options.allowed_origins.empty()) {
    answer.headers.emplace_back("Access-Control-Allow-Origin", "*");
  } else {
    answer.headers.emplace_back("Vary", "Origin");
    if (!request.origin || !is_origin_allowed(options, request.origin)) return;
    answer.headers.emplace_back("Access-Control-Allow-Origin", std::string(*request.origin));
  }
  answer.headers.emplace_back("Access-Control-Expose-Headers", "Retry-After, traceparent");
}

HttpAnswer preflight() {
  HttpAnswer answer{204, {}, {}, nullptr};
  answer.headers.emplace_back("Access-Control-Allow-Methods", "GET, HEAD, POST");
  answer.headers.emplace_back("Access-Control-Allow-Headers", "Content-Type, Idempotency-Key, Write-Key, traceparent");
  answer.headers.emplace_back("Access-Control-Max-Age", "86400");
  return answer;
}

HttpAnswer readiness(const ShardPart& part) {
  if (part.draining) return plain_text(503, "draining");
  const std::string reason = part.shared->world.readiness ? part.shared->world.readiness() : "";
  return reason.empty() ? plain_text(200, "ok") : plain_text(503, reason);
}

/// The paths that a drain leaves open: for those who watch the node.
std::optional<HttpAnswer> answer_for_operators(const ShardPart& part, std::string_view path) {
  std::optional<HttpAnswer> answer;
  if (path == "/livez") answer = plain_text(200, "ok");
  if (path == "/readyz") answer = readiness(part);
  if (path == "/metrics") {
    answer = plain_text(200, metrics_text(part.shared->world.metrics.samples()));
    answer->content_type = kMetricsContentType;
  }
  if (answer) answer->headers.emplace_back("Cache-Control", "no-store");
  return answer;
}

HttpAnswer wrong_method() {
  HttpAnswer answer = json_error(405, "this resource answers GET and HEAD only");
  answer.headers.emplace_back("Allow", "GET, HEAD");
  return answer;
}

bool has_etag(std::string_view if_none_match, std::string_view etag) {
  return if_none_match == "*" || if_none_match.find(etag) != std::string_view::npos;
}

HttpAnswer answer_static(const StaticFiles& files, const HttpRequest& request) {
  const StaticFiles::File* file = files.find(request.path());
  if (file == nullptr) {
    const bool is_front_page = request.path() == "/" || request.path().starts_with("/canvas");
    if (is_front_page && !files.has_application()) return plain_text(200, std::string(kNoApplication));
    return json_error(404, "there is nothing at this path");
  }
  HttpAnswer answer{200, file->content_type, {}, file->content};
  if (request.if_none_match && has_etag(*request.if_none_match, file->etag)) answer = {304, {}, {}, nullptr};
  answer.headers.emplace_back("ETag", file->etag);
  answer.headers.emplace_back("Cache-Control", file->cache_control);
  answer.headers.emplace_back("X-Content-Type-Options", "nosniff");
  return answer;
}

}  // namespace

bool is_origin_allowed(const GatewayOptions& options, const std::optional<std::string_view>& origin) {
  return !origin || options.allowed_origins.empty() ||
         std::ranges::find(options.allowed_origins, *origin) != options.allowed_origins.end();
}

void answer_request(const std::shared_ptr<ShardPart>& part, const HttpRequest& request, Respond respond) {
  const std::string_view path = request.path();
  if (auto answer = answer_for_operators(*part, path))
    return respond(request.is_read() ? std::move(*answer) : wrong_method());
  if (is_admin_path(path)) return answer_admin(part, request, std::move(respond));
  if (part->draining) {
    part->metrics.refused("draining");
    return respond(json(session::rest_error(Error{ErrorCode::kStopping, ""})));
  }
  if (request.method == "OPTIONS" && request.target == "*") {
    return respond({204, {}, {{"Allow", std::string(kAllowedMethods)}}, nullptr});
  }
  if (!path.starts_with(kApi)) {
    return respond(request.is_read() ? answer_static(part->shared->files, request) : wrong_method());
  }
  // The header fields are gone when the answer comes, so what CORS adds is made now.
  HttpAnswer cors;
  add_cors(part->options, request, cors);
  auto respond_with_cors = [respond = std::move(respond),
                            headers = std::move(cors.headers)](HttpAnswer answer) mutable {
    std::ranges::move(headers, std::back_inserter(answer.headers));
    respond(std::move(answer));
  };
  if (request.method == "OPTIONS") return respond_with_cors(preflight());
  answer_rest(part, request, std::move(respond_with_cors));
}

}  // namespace troupe::gateway::detail
