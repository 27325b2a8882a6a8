#include "troupe/gateway/detail/admin/admin_routes.hpp"

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "troupe/gateway/detail/admin/admin_resources.hpp"

namespace troupe::gateway::detail {

namespace {

constexpr std::string_view kPage = "/admin";
constexpr std::string_view kPageFile = "/admin.html";
constexpr std::string_view kApi = "/admin/api/";

constexpr std::string_view kNoPage =
    "The page for operators is not here: build it with `npm ci && npm run build` in the folder web/ of the source "
    "tree\n"
    "(./run does it), and give that folder's dist/ to the node as http.web_root. `troupe ctl` shows the same.\n";

HttpAnswer not_there() { return json_error(404, "there is nothing at this path"); }

HttpAnswer page(const StaticFiles& files) {
  const StaticFiles::File* file = files.find(kPageFile);
  if (file == nullptr) return plain_text(200, std::string(kNoPage));
  HttpAnswer answer{200, file->content_type, {}, file->content};
  answer.headers.emplace_back("Content-Security-Policy",
                              "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
                              "frame-ancestors 'none'; base-uri 'none'; form-action 'none'");
  answer.headers.emplace_back("Referrer-Policy", "no-referrer");
  return answer;
}

/// What the node says of itself is nobody's but the asker's.
Respond privately(Respond respond) {
  return [respond = std::move(respond)](HttpAnswer answer) mutable {
    answer.headers.emplace_back("Cache-Control", "no-store");
    answer.headers.emplace_back("X-Content-Type-Options", "nosniff");
    respond(std::move(answer));
  };
}

/// What went wrong, in words that an operator can use.
HttpAnswer refusal(const Error& error) {
  if (error.code == ErrorCode::kInvalidArgument) return json_error(400, error.detail);
  if (error.code == ErrorCode::kRefused) return json_error(409, error.detail);
  return json(session::rest_error(error));
}

HttpAnswer wrong_method(std::string_view allowed) {
  HttpAnswer answer = json_error(405, std::string("this resource answers ").append(allowed).append(" only"));
  answer.headers.emplace_back("Allow", std::string(allowed));
  return answer;
}

const AdminResource* find_resource(std::string_view name) {
  const auto& resources = admin_resources();
  const auto found = std::ranges::find(resources, name, &AdminResource::name);
  return found == resources.end() ? nullptr : &*found;
}

void answer_resource(const std::shared_ptr<ShardPart>& part, const HttpRequest& request, const AdminResource* resource,
                     Respond respond) {
  if (resource == nullptr) {
    std::string names;
    for (const AdminResource& each : admin_resources()) names.append(names.empty() ? "" : ", ").append(each.name);
    return respond(json_error(404, "there is no such resource; there are: " + names));
  }
  const std::size_t question = std::min(request.target.find('?'), request.target.size() - 1);
  const AdminRequest asked{std::string(request.target.substr(question + 1)), std::string(request.body)};
  resource->answer(part, asked, [respond = std::move(respond)](Result<std::string> text) mutable {
    if (!text) return respond(refusal(text.error()));
    respond({200, "application/json", {}, std::make_shared<const std::string>(*std::move(text))});
  });
}

/// The two digits behind a '%'; nothing if there are none.
std::optional<char> decode_escape(std::string_view digits) {
  if (digits.size() < 2) return std::nullopt;
  const std::string_view both = digits.substr(0, 2);
  unsigned value = 0;
  const auto [end, error] = std::from_chars(both.data(), both.data() + both.size(), value, 16);
  return error == std::errc() && end == both.end() ? std::optional(static_cast<char>(value)) : std::nullopt;
}

}  // namespace

const std::vector<AdminResource>& admin_resources() {
  static const std::vector<AdminResource> all{
      {"lanes", &read_lanes},    {"links", &read_links},         {"members", &read_members},
      {"node", &read_node},      {"placement", &read_placement}, {"trees", &read_trees},
      {"down", &act_down, true}, {"join", &act_join, true},      {"leave", &act_leave, true}};
  return all;
}

std::string query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || pair.substr(0, equals) != name) continue;
    std::string value;
    for (std::string_view rest = pair.substr(equals + 1); !rest.empty(); rest.remove_prefix(1)) {
      const auto escaped = rest.front() == '%' ? decode_escape(rest.substr(1)) : std::nullopt;
      if (escaped) rest.remove_prefix(2);
      value += escaped.value_or(rest.front());
    }
    return value;
  }
  return {};
}

bool is_admin_path(std::string_view path) {
  return path == kPage || path == kPageFile || path.starts_with(std::string(kPage) + "/");
}

void answer_admin(const std::shared_ptr<ShardPart>& part, const HttpRequest& request, Respond respond) {
  AdminAccess& access = part->shared->admin;
  if (!access.is_open_for(request)) return respond(not_there());
  respond = privately(std::move(respond));
  const std::string_view path = request.path();
  const AdminResource* resource = path.starts_with(kApi) ? find_resource(path.substr(kApi.size())) : nullptr;
  const bool acts = resource != nullptr && resource->acts;
  if (!acts && !request.is_read()) return respond(wrong_method("GET, HEAD"));
  if (acts && request.method != "POST") return respond(wrong_method("POST"));
  if (path == kPage || path == kPageFile || path == "/admin/") return respond(page(part->shared->files));
  if (!path.starts_with(kApi)) return respond(not_there());
  if (auto refusal = access.refusal(request, part->shard.now())) return respond(*std::move(refusal));
  answer_resource(part, request, resource, std::move(respond));
}

}  // namespace troupe::gateway::detail
