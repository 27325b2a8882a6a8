#include "troupe/gateway/gateway_fixture.test.hpp"

// Clients that do not read, do not write, or are not there any more.

namespace troupe::gateway {
namespace {

using testing::StartsWith;

class SlowClientTest : public GatewayTest {
 protected:
  /// Sends events until the metric of slow readers moves.
  void send_events_until_one_is_too_slow(const std::string& data) {
    TestSocket sender(port());
    sender.send(R"({"op":"join","id":0,"topic":"toy/a"})");
    sender.read_op("joined");
    for (int i = 1; metric("troupe_gateway_slow_readers_total") == 0; ++i) {
      ASSERT_LT(i, 20'000);
      const std::string number = std::to_string(i);
      sender.send(R"({"op":"send","id":)" + number + R"(,"topic":"toy/a","key":"k)" + number + R"(","data":")" + data +
                  "\"}");
      sender.read_op("ack");
    }
  }
};

TEST_F(SlowClientTest, closes_with_4001_and_lets_go_of_what_waits) {
  options.queue_bytes_max = 100'000;
  start();
  TestSocket slow(port(), "", 4096);
  slow.send(R"({"op":"join","id":1,"topic":"toy/a"})");
  slow.read_op("joined");
  send_events_until_one_is_too_slow(std::string(20'000, 'x'));
  EXPECT_EQ(metric("troupe_gateway_slow_readers_total"), 1);
  std::string reason;
  EXPECT_EQ(slow.read_close(&reason), 4001) << "after whole messages only";
  EXPECT_EQ(reason, "slow_reader");
  EXPECT_TRUE(slow.connection().read_all().empty());
  wait_for_sockets(0);
}

TEST_F(SlowClientTest, cuts_a_slow_reader_that_does_not_even_read_the_close) {
  options.queue_bytes_max = 100'000;
  options.close_timeout = 100ms;
  start();
  TestSocket slow(port(), "", 4096);
  slow.send(R"({"op":"join","id":1,"topic":"toy/a"})");
  slow.read_op("joined");
  send_events_until_one_is_too_slow(std::string(20'000, 'x'));
  wait_for_sockets(0);
  while (gateway_->connections() != 0) wait_for_sockets(0);
}

TEST_F(SlowClientTest, delivers_a_message_that_is_larger_than_the_queue) {
  options.queue_bytes_max = 10'000;
  start();
  TestSocket client(port());
  client.send(R"({"op":"join","id":1,"topic":"toy/a"})");
  client.read_op("joined");
  client.send(R"({"op":"send","id":2,"topic":"toy/a","key":"k","data":")" + std::string(60'000, 'x') + "\"}");
  EXPECT_GT(client.read_op("event").size(), 60'000U);
}

TEST_F(SlowClientTest, cuts_a_client_that_sends_pings_and_never_reads) {
  options.queue_bytes_max = 50'000;
  start();
  TestSocket client(port(), "", 4096);
  std::string pings;
  for (int i = 0; i < 1000; ++i) pings += frame_bytes(0x89, std::string(125, 'x'));
  for (int i = 0; i < 100'000 && metric("troupe_gateway_slow_readers_total") == 0; ++i) {
    std::string_view rest = pings;  // Whole frames, or the gateway would see another protocol.
    while (!rest.empty() && metric("troupe_gateway_slow_readers_total") == 0)
      rest.remove_prefix(client.connection().send_some(rest));
  }
  wait_for_sockets(0);
}

TEST_F(SlowClientTest, pings_a_silent_client_and_keeps_it_as_long_as_it_answers) {
  options.idle_timeout = 200ms;
  start();
  TestSocket client(port());
  for (int i = 0; i < 4; ++i) {  // Four pings are two timeouts.
    const TestFrame ping = client.read_frame();
    ASSERT_EQ(ping.opcode(), 9);
    client.send_frame(0x8a, ping.payload);
  }
  client.send(R"({"op":"ping","id":1})");
  EXPECT_EQ(client.read(), R"({"op":"pong","id":1})");
}

TEST_F(SlowClientTest, ends_a_socket_that_does_not_answer_pings) {
  options.idle_timeout = 100ms;
  start();
  TestSocket client(port());
  EXPECT_EQ(client.read_frame().opcode(), 9);
  EXPECT_EQ(client.read_frame().close_code(), -1) << "without a word";
  wait_for_sockets(0);
}

TEST_F(SlowClientTest, ends_an_idle_connection) {
  options.idle_timeout = 50ms;
  start();
  TestConnection silent(port());
  EXPECT_EQ(silent.read_all(), "");
  TestConnection once(port());
  once.send(request_text("GET", "/livez"));
  EXPECT_EQ(read_response(once).body, "ok");
  EXPECT_EQ(once.read_all(), "");
}

TEST_F(SlowClientTest, answers_408_when_a_header_or_body_does_not_come) {
  options.request_timeout = 50ms;
  start();
  TestConnection header(port());
  header.send("GET / HTTP/1.1\r\nX-Slow: ");
  EXPECT_THAT(header.read_all(), StartsWith("HTTP/1.1 408 "));
  TestConnection body(port());
  body.send("POST /api/v1/documents/toy/a/events HTTP/1.1\r\nContent-Length: 100\r\n\r\n{");
  EXPECT_THAT(body.read_all(), StartsWith("HTTP/1.1 408 "));
  EXPECT_EQ(metric("troupe_gateway_refused_total", {{"reason", "timeout"}}), 2);
}

TEST_F(SlowClientTest, cuts_a_client_that_does_not_read_its_answer) {
  options.idle_timeout = 100ms;
  options.close_timeout = 100ms;
  start();
  ASSERT_EQ(post("/api/v1/documents/toy/a/events", R"({"data":")" + std::string(60'000, 'x') + "\"}").status, 201);
  TestConnection client(port(), 4096);
  std::string requests;
  for (int i = 0; i < 1000; ++i) requests += request_text("GET", "/api/v1/documents/toy/a/events");
  client.send_some(requests);
  wait_for_metric("troupe_gateway_connections", 0, {{"kind", "http"}});
  EXPECT_LT(metric("troupe_http_requests_total", {{"status", "200"}}), 1000)
      << "not all may be answered before any is read";
}

TEST_F(SlowClientTest, holds_thousands_of_idle_connections_and_serves_others) {
  start();
  std::vector<TestConnection> idle;
  for (int i = 0; i < 400; ++i)
    idle.emplace_back(port());  // A process may have 1024 files open by default: two for each of these.
  EXPECT_EQ(get("/livez").status, 200);
  EXPECT_GE(gateway_->connections(), 400U);
}

}  // namespace
}  // namespace troupe::gateway
