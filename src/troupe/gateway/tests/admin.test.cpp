#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <latch>
#include <memory>
#include <nlohmann/json.hpp>

#include "troupe/gateway/detail/admin/admin_access.hpp"
#include "troupe/gateway/detail/admin/attempt_limit.hpp"
#include "troupe/gateway/gateway_fixture.test.hpp"
#include "troupe/gateway/http_get.hpp"
#include "troupe/gateway/local_socket.hpp"

// /admin: to whom it is open, and what it says.

namespace troupe::gateway {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::StartsWith;

constexpr auto kToken = "0123456789abcdef0123456789abcdef";

class AdminTest : public GatewayTest {
 protected:
  AdminTest() {
    std::string pattern = (fs::temp_directory_path() / "troupe-admin-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~AdminTest() override { fs::remove_all(folder_); }

  void start_with_token() {
    options.admin.token = kToken;
    start();
  }
  void start_with_socket() {
    options.admin.socket = socket_path();
    start();
  }
  std::string socket_path() const { return folder_ / "admin.socket"; }
  TestResponse get_with(std::string_view token, std::string_view target = "/admin/api/node") {
    return get(target, "Authorization: Bearer " + std::string(token) + "\r\n");
  }
  Result<std::string> get_locally(const std::string& target) {
    return http_get({.address = {}, .socket = socket_path(), .token = {}}, target, 10s);
  }
  double refused(const std::string& reason) const { return metric("troupe_admin_refused_total", {{"reason", reason}}); }

  fs::path folder_;
};

TEST_F(AdminTest, is_not_there_unless_it_is_configured) {
  start();
  const TestResponse nothing = get("/nothing");
  for (const std::string_view path : {"/admin", "/admin/", "/admin.html", "/admin/api/node", "/admin/api/nothing"}) {
    const TestResponse answer = get_with(kToken, path);
    EXPECT_EQ(answer.status, 404) << path;
    EXPECT_EQ(answer.body, nothing.body) << path;
    EXPECT_EQ(answer.headers.size(), nothing.headers.size()) << path;
  }
}

TEST_F(AdminTest, the_socket_does_not_open_the_port) {
  start_with_socket();
  EXPECT_EQ(get("/admin/api/node").status, 404);
  EXPECT_EQ(get("/admin").status, 404);
}

TEST_F(AdminTest, opens_to_the_token_alone) {
  start_with_token();
  EXPECT_EQ(get_with(kToken).status, 200);
  const TestResponse none = get("/admin/api/node");
  EXPECT_EQ(none.status, 401);
  EXPECT_EQ(none.header("www-authenticate"), "Bearer");
  EXPECT_THAT(none.body, HasSubstr("admin.token_file"));
  EXPECT_EQ(get("/admin/api/node", std::string("Authorization: Basic ") + kToken + "\r\n").status, 401);
  EXPECT_EQ(refused("no_token"), 2);
  for (const std::string wrong : {"", "x", "0123456789abcdef0123456789abcdeF", "0123456789abcdef"}) {
    EXPECT_EQ(get_with(wrong).status, 401) << wrong;
  }
  EXPECT_EQ(get_with(std::string(kToken) + kToken).status, 401);
  EXPECT_EQ(get_with(kToken).status, 200);
}

TEST_F(AdminTest, after_some_wrong_tokens_no_more_are_looked_at) {
  options.admin.attempts_max = 3;
  start_with_token();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(get_with("wrong").status, 401);
  const TestResponse refusal = get_with(kToken);
  EXPECT_EQ(refusal.status, 429) << "though this one is right";
  EXPECT_EQ(refusal.header("retry-after"), "60");
  EXPECT_EQ(get("/admin/api/node").status, 401) << "who sends no token is no guesser";
  EXPECT_EQ(refused("wrong_token"), 3);
  EXPECT_EQ(refused("too_many_attempts"), 1);
}

TEST_F(AdminTest, lets_no_page_of_another_origin_read_it_and_no_cache_keep_it) {
  start_with_token();
  const TestResponse answer = get_with(kToken);
  EXPECT_FALSE(answer.headers.contains("access-control-allow-origin"));
  EXPECT_EQ(answer.header("cache-control"), "no-store");
  EXPECT_EQ(fetch(port(), "POST", "/admin/api/node").status, 405);
  EXPECT_EQ(fetch(port(), "OPTIONS", "/admin/api/node").status, 405);
}

TEST_F(AdminTest, serves_its_page_to_all_once_it_is_open) {
  fs::create_directories(folder_ / "web");
  std::ofstream(folder_ / "web/index.html") << "front";
  std::ofstream(folder_ / "web/admin.html") << "operators";
  options.web_root = folder_ / "web";
  start_with_token();
  for (const std::string_view path : {"/admin", "/admin/", "/admin.html"}) {
    const TestResponse page = get(path);
    EXPECT_EQ(page.status, 200) << path;
    EXPECT_EQ(page.body, "operators") << path;
    EXPECT_THAT(page.header("content-security-policy"), HasSubstr("frame-ancestors 'none'"));
  }
  EXPECT_EQ(get("/admin/nothing").status, 404);
  EXPECT_EQ(get("/administration").status, 404);
}

TEST_F(AdminTest, says_how_to_build_the_page_that_is_not_there) {
  start_with_token();
  EXPECT_THAT(get("/admin").body, HasSubstr("npm run build"));
}

TEST_F(AdminTest, tells_of_the_node) {
  start_with_token();
  const auto node = nlohmann::json::parse(get_with(kToken).body);
  EXPECT_EQ(node["name"], "a");
  EXPECT_EQ(node["incarnation"], 1);
  EXPECT_EQ(node["shards"], 2);
  EXPECT_EQ(node["members_up"], 1);
  EXPECT_GT(node["actors"], 10);
  EXPECT_GT(node["memory_bytes"], 1U << 20U);
  EXPECT_GE(node["uptime_seconds"], 0);
  EXPECT_TRUE(node["dead_letters"].is_object());
}

TEST_F(AdminTest, tells_of_lanes_also_where_there_are_none) {
  start_with_token();
  const TestResponse answer = get_with(kToken, "/admin/api/lanes");
  EXPECT_EQ(answer.header("content-type"), "application/json");
  EXPECT_EQ(answer.body, R"({"lanes":[],"node":"a","silent_shards":[]})");
}

TEST_F(AdminTest, a_shard_that_is_busy_is_named_after_a_second) {
  start_with_token();
  const auto release = std::make_shared<std::latch>(1);  // The shard may look at it once more than this test.
  const TestResponse first = get_with(kToken, "/admin/api/lanes");
  ASSERT_EQ(first.status, 200);
  // Connections go to the shards in turn: the next but one is the first one's.
  TestConnection other(port());
  ASSERT_TRUE(runtime_->post(1, [release](Shard&) { release->wait(); }));
  const TestResponse answer = get_with(kToken, "/admin/api/lanes");
  release->count_down();
  EXPECT_THAT(answer.body, HasSubstr(R"("silent_shards":[1])"));
}

TEST_F(AdminTest, names_the_resources_that_there_are) {
  start_with_token();
  const TestResponse answer = get_with(kToken, "/admin/api/secrets");
  EXPECT_EQ(answer.status, 404);
  EXPECT_THAT(answer.body, HasSubstr("there are: lanes, links, members, node, placement, trees, down, join, leave"));
}

TEST_F(AdminTest, tells_of_members_links_and_trees) {
  start_with_token();
  const auto read = [&](const char* target) { return nlohmann::json::parse(get_with(kToken, target).body); };
  const auto members = read("/admin/api/members");
  EXPECT_EQ(members["overlay"], "full_mesh");
  ASSERT_EQ(members["members"].size(), 1U);
  EXPECT_EQ(members["members"][0]["name"], "a");
  EXPECT_EQ(members["members"][0]["state"], "up");
  EXPECT_EQ(members["members"][0]["role"], "server");
  EXPECT_EQ(read("/admin/api/links")["links"].size(), 0U);
  const auto tree = read("/admin/api/trees?root=%61");
  EXPECT_EQ(tree["root"], "a");
  EXPECT_EQ(tree["nodes"].size(), 1U);
  EXPECT_EQ(tree["silent"].size(), 0U);
  const TestResponse nobody = get_with(kToken, "/admin/api/trees?root=z");
  EXPECT_EQ(nobody.status, 400);
  EXPECT_THAT(nobody.body, HasSubstr("there is no member 'z'"));
}

TEST_F(AdminTest, acts_on_a_post_alone_and_says_what_is_wrong) {
  start_with_socket();
  const HttpServer server{.address = {}, .socket = socket_path(), .token = {}};
  const auto refusal_of = [&](const std::string& action, const std::string& json) {
    const auto answer = http_post(server, "/admin/api/" + action, json, 10s);
    return answer ? "" : answer.error().detail;
  };
  EXPECT_THAT(get_locally("/admin/api/down").error().detail, StartsWith("405"));
  EXPECT_THAT(refusal_of("members", "{}"), StartsWith("405"));
  EXPECT_THAT(refusal_of("down", "no json"), AllOf(StartsWith("400"), HasSubstr("the text 'name'")));
  EXPECT_THAT(refusal_of("down", R"({"name":"z"})"), HasSubstr("there is no member 'z'"));
  EXPECT_THAT(refusal_of("down", R"({"name":"a"})"), HasSubstr("this node is 'a' itself"));
  EXPECT_THAT(refusal_of("join", R"({"address":"nowhere"})"), HasSubstr("'nowhere' is not the host:port"));
  EXPECT_THAT(refusal_of("leave", "{}"), StartsWith("409")) << "nobody said how";
}

TEST_F(AdminTest, its_socket_needs_no_token_but_its_owner) {
  start_with_socket();
  struct stat status{};
  ASSERT_EQ(::lstat(socket_path().c_str(), &status), 0);
  EXPECT_TRUE(S_ISSOCK(status.st_mode));
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  const auto node = get_locally("/admin/api/node");
  ASSERT_TRUE(node) << node.error().to_string();
  EXPECT_THAT(*node, HasSubstr(R"("name":"a")"));
  EXPECT_EQ(get_locally("/livez"), "ok") << "it serves what the port does";
}

TEST_F(AdminTest, its_socket_is_open_when_the_port_is_full) {
  options.connections_max = 1;
  start_with_socket();
  TestConnection one(port());
  one.send(request_text("GET", "/livez"));
  EXPECT_EQ(read_response(one).status, 200);
  EXPECT_EQ(get("/livez").status, 503);
  EXPECT_TRUE(get_locally("/admin/api/lanes"));
}

TEST_F(AdminTest, works_without_a_port_for_clients) {
  options.listen.clear();
  start_with_socket();
  EXPECT_EQ(gateway_->address(), "");
  EXPECT_TRUE(get_locally("/admin/api/node"));
}

TEST_F(AdminTest, removes_its_socket_and_replaces_one_that_was_left) {
  {
    const int left = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    socket_path().copy(address.sun_path, sizeof(address.sun_path) - 1);
    ASSERT_EQ(::bind(left, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    ::close(left);
  }
  start_with_socket();
  EXPECT_TRUE(get_locally("/livez"));
  gateway_->stop();
  EXPECT_FALSE(fs::exists(socket_path()));
}

TEST_F(AdminTest, leaves_alone_what_is_not_its_own) {
  start_with_socket();
  const auto error_at = [&](const std::string& path) {
    GatewayOptions others = options;
    others.listen.clear();
    others.admin.socket = path;
    Gateway other(others, GatewayWorld{*runtime_, metrics, log, {}});
    const auto opened = other.listen();
    return opened ? "" : opened.error().detail;
  };
  EXPECT_THAT(error_at(socket_path()), HasSubstr("another process listens there"));
  std::ofstream(folder_ / "file") << "kept";
  EXPECT_THAT(error_at(folder_ / "file"), HasSubstr("something else than a socket"));
  EXPECT_TRUE(fs::exists(folder_ / "file"));
  EXPECT_THAT(error_at(folder_ / std::string(108, 'x')), HasSubstr("at most 107 bytes"));
  EXPECT_THAT(error_at(folder_ / "no/folder"), StartsWith("cannot listen on"));
  EXPECT_TRUE(get_locally("/livez"));
}

/// With a folder for sockets of its own.
class LocalSocketTest : public AdminTest {
 protected:
  LocalSocketTest() {
    ::unsetenv("RUNTIME_DIRECTORY");
    ::setenv("XDG_RUNTIME_DIR", folder_.c_str(), 1);
    options.admin.socket = "auto";
  }
  ~LocalSocketTest() override { ::unsetenv("XDG_RUNTIME_DIR"); }
  /// The nodes in the folder of this test.
  std::vector<LocalNode> found() const {
    std::vector<LocalNode> nodes = find_local_nodes();
    std::erase_if(nodes, [this](const LocalNode& node) { return !node.socket.starts_with(folder_.string()); });
    return nodes;
  }
};

TEST_F(LocalSocketTest, is_found_by_name) {
  start();
  ASSERT_EQ(found().size(), 1U);
  EXPECT_EQ(found()[0].name, "a");
  EXPECT_EQ(found()[0].process, ::getpid());
  EXPECT_EQ(found()[0].socket, (folder_ / "troupe/a.").string() + std::to_string(::getpid()) + ".socket");
  EXPECT_TRUE(http_get({.address = {}, .socket = found()[0].socket, .token = {}}, "/admin/api/node", 10s));
}

TEST_F(LocalSocketTest, a_folder_of_its_own_hides_the_others) {
  start();
  ASSERT_EQ(found().size(), 1U);
  fs::create_directories(folder_ / "own");
  ::setenv("TROUPE_RUNTIME_DIR", (folder_ / "own").c_str(), 1);
  EXPECT_TRUE(find_local_nodes().empty());
  EXPECT_THAT(local_socket_path("b"), StartsWith((folder_ / "own/b.").string()));
  ::unsetenv("TROUPE_RUNTIME_DIR");
  EXPECT_EQ(found().size(), 1U);
}

TEST_F(LocalSocketTest, a_name_that_is_no_file_name_becomes_one) {
  EXPECT_THAT(local_socket_path("../" + std::string(200, 'x')), StartsWith((folder_ / "troupe/___xxx").string()));
  EXPECT_LT(local_socket_path(std::string(200, 'x')).size(), folder_.string().size() + 70);
}

TEST_F(LocalSocketTest, what_dead_processes_left_is_removed_and_not_found) {
  fs::create_directories(folder_ / "troupe");
  fs::permissions(folder_ / "troupe", fs::perms::owner_all);
  const fs::path left = folder_ / "troupe/b.4194305.socket";  // Above the largest number of a process.
  std::ofstream(left) << "";
  std::ofstream(folder_ / "troupe/notes.txt") << "";
  EXPECT_TRUE(found().empty());
  start();
  EXPECT_FALSE(fs::exists(left));
  EXPECT_TRUE(fs::exists(folder_ / "troupe/notes.txt"));
}

TEST_F(LocalSocketTest, a_folder_that_others_may_change_is_not_used) {
  fs::create_directories(folder_ / "troupe");
  fs::permissions(folder_ / "troupe", fs::perms::all);
  start();
  EXPECT_THAT(log.text(), HasSubstr("is not one that only this user may change"));
  EXPECT_TRUE(found().empty());
  EXPECT_EQ(get("/livez").status, 200) << "the node runs all the same";
}

// Parts of their own.

TEST(AttemptLimit, opens_again_when_the_minute_is_over) {
  const TimePoint start = TimePoint(1h);
  detail::AttemptLimit limit(2);
  limit.on_failure("x", start);
  EXPECT_TRUE(limit.may_try("x", start + 30s));
  limit.on_failure("x", start + 30s);
  EXPECT_FALSE(limit.may_try("x", start + 59s));
  EXPECT_TRUE(limit.may_try("y", start + 59s));
  EXPECT_TRUE(limit.may_try("x", start + 60s));
  limit.on_failure("x", start + 60s);
  EXPECT_TRUE(limit.may_try("x", start + 61s)) << "a new minute has begun";
}

TEST(AttemptLimit, remembers_a_bounded_number_of_guessers) {
  const TimePoint start = TimePoint(1h);
  detail::AttemptLimit limit(1);
  for (std::size_t i = 0; i < detail::AttemptLimit::kGuessersMax + 1; ++i) {
    limit.on_failure(std::to_string(i), start + Duration(static_cast<Duration::rep>(i)));
  }
  EXPECT_TRUE(limit.may_try("0", start + 1s)) << "forgotten for the last one";
  EXPECT_FALSE(limit.may_try("1", start + 1s));
  EXPECT_FALSE(limit.may_try(std::to_string(detail::AttemptLimit::kGuessersMax), start + 1s));
}

TEST(AdminAccess, compares_whole_texts) {
  EXPECT_TRUE(detail::equal_in_constant_time("token", "token"));
  EXPECT_FALSE(detail::equal_in_constant_time("Token", "token"));
  EXPECT_FALSE(detail::equal_in_constant_time("toke", "token"));
  EXPECT_FALSE(detail::equal_in_constant_time("tokentoken", "token"));
  EXPECT_FALSE(detail::equal_in_constant_time("", "token"));
  EXPECT_FALSE(detail::equal_in_constant_time("token", ""));
}

}  // namespace
}  // namespace troupe::gateway
