#include <filesystem>
#include <fstream>

#include "troupe/gateway/gateway_fixture.test.hpp"

// HTTP itself: connections, limits, what is malformed; and what is served beside REST.

namespace troupe::gateway {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class HttpTest : public GatewayTest {
 protected:
  /// What comes back until the gateway closes.
  std::string answer_to(std::string_view bytes) {
    TestConnection connection(port());
    connection.send(bytes);
    return connection.read_all();
  }
};

TEST_F(HttpTest, says_how_the_node_is) {
  start();
  const TestResponse live = get("/livez");
  EXPECT_EQ(live.status, 200);
  EXPECT_EQ(live.body, "ok");
  EXPECT_EQ(live.header("content-type"), "text/plain; charset=utf-8");
  EXPECT_EQ(get("/readyz").status, 200);
  unready = "the journal is being opened";
  EXPECT_EQ(get("/readyz").status, 503);
  EXPECT_EQ(get("/readyz").body, "the journal is being opened");
  EXPECT_EQ(get("/livez").status, 200);
}

TEST_F(HttpTest, shows_its_metrics) {
  start();
  get("/livez");
  const TestResponse shown = get("/metrics");
  EXPECT_EQ(shown.status, 200);
  EXPECT_EQ(shown.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(shown.body,
              HasSubstr("# TYPE troupe_http_requests_total counter\ntroupe_http_requests_total{status=\"200\"} 1\n"));
  EXPECT_THAT(shown.body, HasSubstr("# TYPE troupe_gateway_connections gauge\n"));
  EXPECT_THAT(shown.body, HasSubstr("troupe_gateway_connections{kind=\"websocket\"} 0\n"));
}

TEST_F(HttpTest, answers_one_request_after_the_other_on_a_connection) {
  start();
  TestConnection connection(port());
  for (int i = 0; i < 3; ++i) {
    connection.send(request_text("GET", "/livez"));
    const TestResponse response = read_response(connection);
    EXPECT_EQ(response.body, "ok");
    EXPECT_FALSE(response.headers.contains("connection"));
    EXPECT_THAT(response.header("date"), EndsWith(" GMT"));
  }
  connection.send(request_text("GET", "/livez", "Connection: close\r\n"));
  EXPECT_EQ(read_response(connection).header("connection"), "close");
  EXPECT_EQ(connection.read_all(), "");
}

TEST_F(HttpTest, answers_pipelined_requests_in_order) {
  start();
  std::string requests;
  for (int i = 0; i < 100; ++i) {
    requests += request_text("POST", "/api/v1/documents/toy/a/events", "", R"({"data":)" + std::to_string(i) + "}");
    requests += request_text("GET", "/livez");
  }
  TestConnection connection(port());
  connection.send(requests);
  for (int i = 0; i < 100; ++i) {
    ASSERT_THAT(read_response(connection).body, HasSubstr("\"seq\":" + std::to_string(i + 1) + "}"));
    ASSERT_EQ(read_response(connection).body, "ok");
  }
}

TEST_F(HttpTest, answers_a_client_that_has_closed_its_sending_side) {
  start();
  TestConnection connection(port());
  connection.send(request_text("GET", "/livez"));
  connection.shut();
  EXPECT_THAT(connection.read_all(), EndsWith("\r\n\r\nok"));
}

TEST_F(HttpTest, speaks_to_clients_of_http_1_0) {
  start();
  EXPECT_THAT(answer_to("GET /livez HTTP/1.0\r\n\r\n"), HasSubstr("\r\nConnection: close\r\n"));
  TestConnection connection(port());
  connection.send("GET /livez HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(read_response(connection).header("connection"), "keep-alive");
}

TEST_F(HttpTest, takes_targets_with_a_scheme_and_host) {
  start();
  EXPECT_EQ(get("http://node:80/livez").body, "ok");
  EXPECT_EQ(get("http://node:80").status, 200);
}

TEST_F(HttpTest, leaves_out_the_body_for_head) {
  start();
  TestConnection connection(port());
  connection.send(request_text("HEAD", "/livez") + request_text("HEAD", "/api/v1/cluster") +
                  request_text("GET", "/livez"));
  EXPECT_EQ(read_response(connection, true).header("content-length"), "2");
  EXPECT_EQ(read_response(connection, true).status, 200);
  EXPECT_EQ(read_response(connection).body, "ok");
}

TEST_F(HttpTest, says_what_is_not_there_and_what_cannot_be_done) {
  start();
  const TestResponse missing = get("/nothing/here");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.header("content-type"), "application/json");
  EXPECT_THAT(missing.body, StartsWith(R"({"error":{"code":"bad_request",)"));
  for (const std::string_view path : {"/livez", "/", "/assets/a.js", "/metrics"}) {
    const TestResponse refused = fetch(port(), "DELETE", path);
    EXPECT_EQ(refused.status, 405) << path;
    EXPECT_EQ(refused.header("allow"), "GET, HEAD") << path;
  }
  EXPECT_EQ(fetch(port(), "PUT", "/api/v1/cluster").status, 405);
  EXPECT_EQ(fetch(port(), "BREW", "/livez").status, 405);
}

TEST_F(HttpTest, takes_a_body_of_the_largest_size_and_refuses_one_byte_more) {
  options.rest.message_bytes_max = 1000;
  start();
  std::string body = R"({"data":")";
  body += std::string(1000 - body.size() - 2, 'x') + "\"}";
  EXPECT_EQ(post("/api/v1/documents/toy/a/events", body).status, 201);
  const TestResponse larger = post("/api/v1/documents/toy/a/events", body + " ");
  EXPECT_EQ(larger.status, 413);
  EXPECT_EQ(larger.header("connection"), "close");
  EXPECT_THAT(larger.body, StartsWith(R"({"error":{"code":"too_large",)"));
  EXPECT_THAT(answer_to("POST /api/v1/documents/toy/a/events HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" +
                        body + " \r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 413 "));
  EXPECT_EQ(metric("troupe_gateway_refused_total", {{"reason", "body_too_large"}}), 2);
}

TEST_F(HttpTest, lets_a_client_know_early_whether_it_may_send_its_body) {
  options.rest.message_bytes_max = 1000;
  start();
  TestConnection connection(port());
  const std::string begin = "POST /api/v1/documents/toy/a/events HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: ";
  connection.send(begin + "12\r\n\r\n");
  EXPECT_EQ(connection.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  connection.send(R"({"data":"x"})");
  EXPECT_EQ(read_response(connection).status, 201);
  connection.send(begin + "1001\r\n\r\n");
  EXPECT_EQ(read_response(connection).status, 413);
}

TEST_F(HttpTest, refuses_a_header_that_is_too_large) {
  options.header_bytes_max = 2000;
  start();
  const auto status_with = [&](std::size_t size) {
    return get("/livez", "X-Long: " + std::string(size, 'x') + "\r\n").status;
  };
  EXPECT_EQ(status_with(1900), 200);
  EXPECT_EQ(status_with(2000), 431);
  EXPECT_THAT(answer_to("GET /" + std::string(100'000, 'x')), StartsWith("HTTP/1.1 431 "));
  EXPECT_EQ(metric("troupe_gateway_refused_total", {{"reason", "header_too_large"}}), 2);
}

TEST_F(HttpTest, answers_400_to_what_is_not_http) {
  start();
  const std::string tls_hello("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00\x01\x02\x03\x04\r\n\r\n", 20);
  for (const std::string& bytes :
       {std::string("nonsense\r\n\r\n"), tls_hello, std::string("GET /livez HTTP/3.0\r\n\r\n"),
        std::string("GET /livez HTTP/1.1\r\nno colon here\r\n\r\n"), std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        std::string("POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n"),
        std::string("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nmany\r\n")}) {
    EXPECT_THAT(answer_to(bytes), StartsWith("HTTP/1.1 400 ")) << bytes;
  }
  EXPECT_EQ(metric("troupe_gateway_refused_total", {{"reason", "malformed"}}), 7);
  EXPECT_EQ(get("/livez").status, 200);
}

TEST_F(HttpTest, survives_clients_that_go_in_the_middle) {
  start();
  for (const std::string_view part :
       {"G", "GET /livez HTTP/1.1\r\n", "POST /x HTTP/1.1\r\nContent-Length: 10\r\n\r\n123"}) {
    TestConnection connection(port());
    connection.send(part);
  }
  wait_for_metric("troupe_gateway_connections", 0, {{"kind", "http"}});
  EXPECT_EQ(get("/livez").status, 200);
}

TEST_F(HttpTest, refuses_one_connection_more_than_it_takes) {
  options.connections_max = 2;
  start();
  TestSocket one(port());
  TestConnection two(port());
  two.send(request_text("GET", "/livez"));
  EXPECT_EQ(read_response(two).status, 200);
  const TestResponse refused = get("/livez");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.header("retry-after"), "1");
  EXPECT_THAT(refused.body, StartsWith(R"({"error":{"code":"unavailable",)"));
  EXPECT_EQ(metric("troupe_gateway_refused_total", {{"reason", "connections_max"}}), 1);
  two.shut();
  EXPECT_EQ(two.read_all(), "");
  TestConnection three(port());  // The place is free again, though the refused one may still be closing.
  three.send(request_text("GET", "/livez"));
  EXPECT_THAT(three.read_some(), StartsWith("HTTP/1.1 "));
}

TEST_F(HttpTest, lets_scripts_of_any_page_read_answers) {
  start();
  const TestResponse preflight = fetch(port(), "OPTIONS", "/api/v1/documents/toy/a/events",
                                       "Origin: https://page.example\r\nAccess-Control-Request-Method: POST\r\n");
  EXPECT_EQ(preflight.status, 204);
  EXPECT_EQ(preflight.header("access-control-allow-origin"), "*");
  EXPECT_EQ(preflight.header("access-control-allow-methods"), "GET, HEAD, POST");
  EXPECT_EQ(preflight.header("access-control-allow-headers"), "Content-Type, Idempotency-Key, Write-Key, traceparent");
  EXPECT_FALSE(preflight.headers.contains("content-length"));
  EXPECT_EQ(get("/api/v1/cluster").header("access-control-allow-origin"), "*");
  EXPECT_EQ(get("/api/v1/documents/toy/a/nothing").header("access-control-allow-origin"), "*");
}

TEST_F(HttpTest, lets_scripts_of_other_pages_read_nothing_if_told_so) {
  options.allowed_origins = {"https://home.example"};
  start();
  const TestResponse home = get("/api/v1/cluster", "Origin: https://home.example\r\n");
  EXPECT_EQ(home.header("access-control-allow-origin"), "https://home.example");
  EXPECT_EQ(home.header("vary"), "Origin");
  EXPECT_FALSE(
      get("/api/v1/cluster", "Origin: https://page.example\r\n").headers.contains("access-control-allow-origin"));
}

TEST_F(HttpTest, says_how_to_build_the_application_that_is_not_there) {
  start();
  for (const std::string_view path : {"/", "/canvas/lobby"}) {
    const TestResponse page = get(path);
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(page.header("content-type"), "text/plain; charset=utf-8");
    EXPECT_THAT(page.body, HasSubstr("npm run build"));
  }
}

TEST_F(HttpTest, fails_to_listen_where_it_cannot) {
  start();
  const auto error_of = [&](const std::string& address) {
    GatewayOptions others = options;
    others.listen = address;
    Gateway other(others, GatewayWorld{*runtime_, metrics, log, {}});
    const auto bound = other.listen();
    return bound ? ErrorCode::kUnknown : bound.error().code;
  };
  EXPECT_EQ(error_of("no port"), ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of("127.0.0.1:" + std::to_string(port())), ErrorCode::kInputOutput);
  EXPECT_EQ(gateway_->address(), "127.0.0.1:" + std::to_string(port()));
}

}  // namespace
}  // namespace troupe::gateway
