#include "troupe/gateway/gateway_fixture.test.hpp"

// REST over a real node: what session/rest.test.cpp tests purely, end to end.

namespace troupe::gateway {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

constexpr std::string_view kEvents = "/api/v1/documents/toy/a/events";

class RestTest : public GatewayTest {};

TEST_F(RestTest, appends_an_event_once_for_each_key) {
  start();
  const TestResponse first = post(kEvents, R"({ "data" : { "x": 1 } })", "Idempotency-Key: k1\r\n");
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(first.header("content-type"), "application/json");
  EXPECT_THAT(first.body, MatchesRegex(R"(\{"epoch":"[0-9a-f]+","seq":1\})"));
  const TestResponse again = post(kEvents, R"({"data":{"x":1}})", "Idempotency-Key: k1\r\n");
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.body, first.body);
}

TEST_F(RestTest, the_header_with_a_key_opens_a_locked_topic) {
  start();
  constexpr std::string_view kLocked = "/api/v1/documents/toy/plan~j6Oqsvqpt54KA5jaW1q9Bw/events";
  EXPECT_EQ(post(kLocked, R"({"data":1})").status, 403);
  EXPECT_EQ(post(kLocked, R"({"data":1})", "Write-Key: a key\r\n").status, 201);
}

TEST_F(RestTest, makes_up_a_key_where_there_is_none) {
  start();
  EXPECT_EQ(post(kEvents, R"({"data":1})").status, 201);
  EXPECT_EQ(post(kEvents, R"({"data":1})").status, 201);
  EXPECT_THAT(
      get(kEvents).body,
      MatchesRegex(R"re(\{"topic":"toy/a","epoch":"[0-9a-f]+","seq":2,"events":\[)re"
                   R"re(\{"seq":1,"key":"rest-a-[a-z2-7]{4}-1","from":"rest-a","data":1\},)re"
                   R"re(\{"seq":2,"key":"rest-a-[a-z2-7]{4}-2","from":"rest-a","data":1\}\],"more":false\})re"));
}

TEST_F(RestTest, reads_events_in_pages) {
  start();
  for (int i = 1; i <= 3; ++i)
    post(kEvents, R"({"data":)" + std::to_string(i) + "}", "Idempotency-Key: k" + std::to_string(i) + "\r\n");
  const auto page = [&](const std::string& query) { return get(std::string(kEvents) + query).body; };
  EXPECT_THAT(page("?limit=2"),
              HasSubstr(R"("seq":3,"events":[{"seq":1,"key":"k1","from":"rest-a","data":1},{"seq":2,)"));
  EXPECT_THAT(page("?limit=2"), HasSubstr(R"("more":true)"));
  EXPECT_THAT(page("?after=2&limit=2"),
              HasSubstr(R"("events":[{"seq":3,"key":"k3","from":"rest-a","data":3}],"more":false)"));
  EXPECT_THAT(page("?after=3"), HasSubstr(R"("events":[],"more":false)"));
  EXPECT_EQ(get(std::string(kEvents) + "?limit=0").status, 400);
}

TEST_F(RestTest, shows_an_event_to_those_who_have_joined) {
  start();
  TestSocket client(port());
  client.send(R"({"op":"join","id":1,"topic":"toy/a"})");
  client.read_op("joined");
  post(kEvents, R"({"data":"hello"})", "Idempotency-Key: k1\r\n");
  EXPECT_EQ(client.read_op("event"),
            R"({"op":"event","topic":"toy/a","seq":1,"key":"k1","from":"rest-a","data":"hello"})");
}

TEST_F(RestTest, tells_the_digest_of_this_node) {
  start();
  post(kEvents, R"({"data":1})", "Idempotency-Key: k1\r\n");
  const auto digest = [&] { return get("/api/v1/documents/toy/a/digest"); };
  for (int i = 0; i < 1000 && digest().body.find("\"seq\":1") == std::string::npos; ++i) {
  }
  EXPECT_THAT(digest().body,
              MatchesRegex(R"(\{"topic":"toy/a","node":"a","epoch":"[0-9a-f]+","seq":1,"hash":"[0-9a-f]{16}"\})"));
}

TEST_F(RestTest, shows_the_cluster) {
  start();
  EXPECT_EQ(
      get("/api/v1/cluster").body,
      R"({"node":"a","members":[{"name":"a","address":"127.0.0.1:7400","http":"127.0.0.1:8080","incarnation":1,"state":"up"}],)"
      R"("configured":["127.0.0.1:7400"]})");
}

TEST_F(RestTest, says_what_is_wrong) {
  start();
  const auto expect = [](const TestResponse& response, int status, std::string_view code) {
    EXPECT_EQ(response.status, status);
    EXPECT_THAT(response.body, StartsWith("{\"error\":{\"code\":\"" + std::string(code) + "\",\"message\":\""));
    EXPECT_EQ(response.header("content-type"), "application/json");
  };
  expect(post(kEvents, "no json"), 400, "bad_request");
  expect(post(kEvents, R"({"data":{"bad":1}})"), 422, "invalid_event");
  expect(post("/api/v1/documents/unknown/a/events", R"({"data":1})"), 404, "unknown_topic");
  expect(get("/api/v1/documents/toy//events"), 404, "unknown_topic");
  expect(get("/api/v1/documents/unknown/a/digest"), 404, "unknown_topic");
  expect(post(kEvents, R"({"data":")" + std::string(70'000, 'x') + "\"}"), 413, "too_large");
  expect(get("/api/v1/nothing"), 404, "bad_request");
  expect(post("/api/v1/cluster", "{}"), 405, "bad_request");
}

TEST_F(RestTest, says_unavailable_when_the_document_does_not_answer_in_time) {
  options.times.send_timeout = 50ms;
  start();
  post(kEvents, R"({"data":1})");
  journal.hold();
  const TestResponse response = post(kEvents, R"({"data":2})");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.header("retry-after"), "1");
  EXPECT_THAT(response.body, StartsWith(R"({"error":{"code":"unavailable",)"));
  journal.release();
}

}  // namespace
}  // namespace troupe::gateway
