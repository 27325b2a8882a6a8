#include <filesystem>
#include <fstream>

#include "troupe/gateway/gateway_fixture.test.hpp"

namespace troupe::gateway {
namespace {

namespace fs = std::filesystem;

/// A web root in a folder that goes with the test, and a secret beside it.
class StaticFilesTest : public GatewayTest {
 protected:
  StaticFilesTest() {
    std::string pattern = (fs::temp_directory_path() / "troupe-gateway-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    options.web_root = folder_ / "web";
    fs::create_directories(folder_ / "web/assets");
    write("secret.txt", "secret");
    write("web/index.html", "<title>Canvas</title>");
    write("web/favicon.svg", "<svg/>");
    write("web/a file.txt", "spaces");
    write("web/assets/index-1a2b3c4d.js", "let x");
    write("web/assets/index-1a2b3c4d.css", "a{}");
    fs::create_symlink(folder_ / "secret.txt", folder_ / "web/link.txt");
  }
  ~StaticFilesTest() override { fs::remove_all(folder_); }

  void write(const fs::path& path, std::string_view content) {
    std::ofstream(folder_ / path, std::ios::binary) << content;
  }

  fs::path folder_;
};

TEST_F(StaticFilesTest, serves_the_application_at_the_front_and_for_each_room) {
  start();
  for (const std::string_view path :
       {"/", "/index.html", "/canvas", "/canvas/lobby", "/canvas/a/b?x=1", "/canvas/%C3%A9"}) {
    const TestResponse page = get(path);
    EXPECT_EQ(page.status, 200) << path;
    EXPECT_EQ(page.body, "<title>Canvas</title>") << path;
    EXPECT_EQ(page.header("content-type"), "text/html; charset=utf-8");
    EXPECT_EQ(page.header("cache-control"), "no-cache");
    EXPECT_EQ(page.header("x-content-type-options"), "nosniff");
  }
}

TEST_F(StaticFilesTest, serves_files_by_their_type) {
  start();
  EXPECT_EQ(get("/assets/index-1a2b3c4d.js").header("content-type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(get("/assets/index-1a2b3c4d.js").header("cache-control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(get("/assets/index-1a2b3c4d.css").header("content-type"), "text/css; charset=utf-8");
  EXPECT_EQ(get("/favicon.svg").header("content-type"), "image/svg+xml");
  EXPECT_EQ(get("/favicon.svg").header("cache-control"), "no-cache");
  EXPECT_EQ(get("/a%20file.txt").body, "spaces");
  EXPECT_EQ(get("/assets/").status, 404);
  EXPECT_EQ(get("/assets/missing.js").status, 404);
}

TEST_F(StaticFilesTest, does_not_send_again_what_the_client_has) {
  start();
  const std::string etag = get("/").header("etag");
  ASSERT_EQ(etag.size(), 18U);
  TestConnection connection(port());
  connection.send(request_text("GET", "/", "If-None-Match: W/\"x\", " + etag + "\r\n") +
                  request_text("GET", "/", "If-None-Match: \"x\"\r\n"));
  const TestResponse same = read_response(connection);
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.header("etag"), etag);
  EXPECT_FALSE(same.headers.contains("content-length"));
  EXPECT_EQ(read_response(connection).status, 200);
}

TEST_F(StaticFilesTest, lets_no_path_lead_out_of_its_folder) {
  start();
  for (const std::string_view path :
       {"/../secret.txt", "/assets/../../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt",
        "/assets/..%2f..%2fsecret.txt", "//secret.txt", "/./index.html", "/link.txt", "/index.html%00.js", "/%", "/%zz",
        "/..\\secret.txt"}) {
    const TestResponse refused = get(path);
    EXPECT_EQ(refused.status, 404) << path;
    EXPECT_EQ(refused.body.find("secret\n"), std::string::npos) << path;
  }
  EXPECT_EQ(get("/canvas/../../secret.txt").body, "<title>Canvas</title>") << "a room of a strange name";
}

}  // namespace
}  // namespace troupe::gateway
