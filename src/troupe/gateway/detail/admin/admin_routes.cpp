#include "troupe/gateway/detail/admin/admin_routes.hpp"

#include <algorithm>
#include <memory>
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

void answer_resource(const std::shared_ptr<ShardPart>& part, std::string_view name, Respond respond) {
  const auto& resources = admin_resources();
  const auto found = std::ranges::find(resources, name, &AdminResource::name);
  if (found == resources.end()) {
    std::string names;
    for (const AdminResource& each : resources) names.append(names.empty() ? "" : ", ").append(each.name);
    return respond(json_error(404, "there is no such resource; there are: " + names));
  }
  found->read(part, [respond = std::move(respond)](Result<std::string> text) mutable {
    if (!text) return respond(json(session::rest_error(text.error())));
    respond({200, "application/json", {}, std::make_shared<const std::string>(*std::move(text))});
  });
}

}  // namespace

const std::vector<AdminResource>& admin_resources() {
  static const std::vector<AdminResource> all{{"lanes", &read_lanes}, {"node", &read_node}};
  return all;
}

bool is_admin_path(std::string_view path) {
  return path == kPage || path == kPageFile || path.starts_with(std::string(kPage) + "/");
}

void answer_admin(const std::shared_ptr<ShardPart>& part, const HttpRequest& request, Respond respond) {
  AdminAccess& access = part->shared->admin;
  if (!access.is_open_for(request)) return respond(not_there());
  respond = privately(std::move(respond));
  const std::string_view path = request.path();
  if (!request.is_read()) {
    HttpAnswer answer = json_error(405, "this resource answers GET and HEAD only");
    answer.headers.emplace_back("Allow", "GET, HEAD");
    return respond(std::move(answer));
  }
  if (path == kPage || path == kPageFile || path == "/admin/") return respond(page(part->shared->files));
  if (!path.starts_with(kApi)) return respond(not_there());
  if (auto refusal = access.refusal(request, part->shard.now())) return respond(*std::move(refusal));
  answer_resource(part, path.substr(kApi.size()), std::move(respond));
}

}  // namespace troupe::gateway::detail
