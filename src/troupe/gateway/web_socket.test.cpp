#include "troupe/gateway/gateway_fixture.test.hpp"

// What a WebSocket client meets, from the handshake to the close: docs/protocol.md over a real socket.

namespace troupe::gateway {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

constexpr std::string_view kJoin = R"({"op":"join","id":1,"topic":"toy/a"})";

std::string send_text(int id, const std::string& data) {
  const std::string number = std::to_string(id);
  return R"({"op":"send","id":)" + number + R"(,"topic":"toy/a","key":"k)" + number + R"(","data":)" + data + "}";
}

class WebSocketTest : public GatewayTest {
 protected:
  TestResponse shake_hands(const std::string& header_lines) {
    return fetch(port(), "GET", "/api/v1/socket", TestSocket::kHandshakeHeaders + header_lines);
  }
};

TEST_F(WebSocketTest, lets_a_client_join_and_send_and_see_its_event) {
  start();
  TestSocket client(port());
  client.send(kJoin);
  EXPECT_THAT(client.read_op("joined"),
              MatchesRegex(R"(\{"op":"joined","id":1,"topic":"toy/a","epoch":"[0-9a-f]+","seq":0,"recovered":false,)"
                           R"("snapshot":\{"last":null\},"present":\[\],"session":"a-[a-z2-7]{4}-1","node":"a"\})"));
  client.send(send_text(2, R"({ "x" : 1 })"));
  EXPECT_THAT(
      client.read_op("event"),
      MatchesRegex(
          R"re(\{"op":"event","topic":"toy/a","seq":1,"key":"k2","from":"a-[a-z2-7]{4}-1","data":\{"x":1\}\})re"));
}

TEST_F(WebSocketTest, carries_events_between_clients_on_different_shards) {
  start();
  TestSocket one(port());
  TestSocket other(port());
  for (TestSocket* client : {&one, &other}) {
    client->send(kJoin);
    client->read_op("joined");
  }
  one.send(send_text(2, "\"from one\""));
  EXPECT_THAT(other.read_op("event"), HasSubstr(R"("seq":1,"key":"k2")"));
  EXPECT_EQ(one.read_op("ack"), R"({"op":"ack","id":2,"seq":1})");
  other.send(R"({"op":"signal","topic":"toy/a","data":{"cursor":7}})");
  EXPECT_THAT(one.read_op("signal"), HasSubstr(R"("data":{"cursor":7})"));
}

TEST_F(WebSocketTest, answers_with_the_subprotocol_only_if_it_was_offered) {
  start();
  const TestResponse offered = shake_hands("Sec-WebSocket-Protocol: other, troupe.v1.json\r\n");
  EXPECT_EQ(offered.status, 101);
  EXPECT_EQ(offered.header("sec-websocket-protocol"), "troupe.v1.json");
  EXPECT_EQ(offered.header("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  const TestResponse second_line =
      shake_hands("Sec-WebSocket-Protocol: other\r\nSec-WebSocket-Protocol: troupe.v1.json\r\n");
  EXPECT_EQ(second_line.status, 101);
  const TestResponse none = shake_hands("");
  EXPECT_EQ(none.status, 101);
  EXPECT_FALSE(none.headers.contains("sec-websocket-protocol"));
  const TestResponse others = shake_hands("Sec-WebSocket-Protocol: mqtt, troupe.v2.json\r\n");
  EXPECT_EQ(others.status, 400);
  EXPECT_THAT(others.body, HasSubstr(R"("code":"bad_request")"));
}

TEST_F(WebSocketTest, refuses_what_is_no_handshake) {
  start();
  EXPECT_EQ(get("/api/v1/socket").status, 426);
  EXPECT_EQ(get("/api/v1/socket").header("upgrade"), "websocket");
  EXPECT_EQ(post("/api/v1/socket", "{}").status, 405);
  EXPECT_EQ(get("/api/v1/socket", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n").status,
            400);
  const TestResponse old = get("/api/v1/socket",
                               "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: "
                               "8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
  EXPECT_EQ(old.status, 426);
  EXPECT_EQ(old.header("sec-websocket-version"), "13");
}

TEST_F(WebSocketTest, lets_pages_of_any_origin_in_unless_told_otherwise) {
  start();
  EXPECT_EQ(shake_hands("Origin: https://anywhere.example\r\n").status, 101);
}

TEST_F(WebSocketTest, refuses_pages_of_other_origins_if_told_so) {
  options.allowed_origins = {"https://home.example"};
  start();
  EXPECT_EQ(shake_hands("Origin: https://anywhere.example\r\n").status, 403);
  EXPECT_EQ(shake_hands("Origin: https://home.example\r\n").status, 101);
  EXPECT_EQ(shake_hands("").status, 101);
}

TEST_F(WebSocketTest, reads_frames_that_came_with_the_handshake) {
  start();
  TestConnection connection(port());
  connection.send(request_text("GET", "/api/v1/socket", TestSocket::kHandshakeHeaders) +
                  frame_bytes(0x81, R"({"op":"ping","id":9})"));
  EXPECT_EQ(read_response(connection, true).status, 101);
  EXPECT_EQ(connection.read_exactly(22), frame_bytes(0x81, R"({"op":"pong","id":9})", false));
}

TEST_F(WebSocketTest, takes_a_message_of_the_largest_size_and_closes_at_one_byte_more) {
  options.session.message_bytes_max = 1000;
  start();
  TestSocket client(port());
  std::string text = R"({"op":"ping","id":4,"padding":")";
  text += std::string(1000 - text.size() - 2, 'x') + "\"}";
  client.send(text);
  EXPECT_EQ(client.read(), R"({"op":"pong","id":4})");
  client.send_frame(0x01, text.substr(0, 500));  // Fragmented, it is as large.
  client.send_frame(0x80, text.substr(500));
  EXPECT_EQ(client.read(), R"({"op":"pong","id":4})");
  client.send(text + " ");
  EXPECT_EQ(client.read_close(), 1009);
  EXPECT_TRUE(client.connection().read_all().empty());
  wait_for_metric("troupe_gateway_refused_total", 1, {{"reason", "message_too_large"}});
  TestSocket fragmenting(port());
  fragmenting.send_frame(0x01, text);
  fragmenting.send_frame(0x80, " ");
  EXPECT_EQ(fragmenting.read_close(), 1009);
}

TEST_F(WebSocketTest, closes_with_1003_at_a_binary_message) {
  start();
  TestSocket client(port());
  client.send_frame(0x82, "\x01\x02");
  EXPECT_EQ(client.read_close(), 1003);
  wait_for_sockets(0);
}

TEST_F(WebSocketTest, closes_with_1007_at_text_that_is_not_utf_8) {
  start();
  TestSocket client(port());
  client.send("{\"op\":\"ping\",\"id\":1,\"x\":\"\xc3\x28\"}");
  EXPECT_EQ(client.read_close(), 1007);
  wait_for_sockets(0);
}

TEST_F(WebSocketTest, closes_with_1002_at_frames_that_break_the_protocol) {
  start();
  const auto code_after = [&](std::uint8_t first, std::string_view payload, bool masked) {
    TestSocket client(port());
    client.send_frame(first, payload, masked);
    return client.read_close();
  };
  EXPECT_EQ(code_after(0x81, "{}", false), 1002) << "not masked";
  EXPECT_EQ(code_after(0xc1, "{}", true), 1002) << "a bit of an extension that was not agreed on";
  EXPECT_EQ(code_after(0x83, "{}", true), 1002) << "an opcode that does not exist";
  EXPECT_EQ(code_after(0x80, "{}", true), 1002) << "a continuation of nothing";
  EXPECT_EQ(code_after(0x89, std::string(126, 'x'), true), 1002) << "a ping that is too long";
  EXPECT_EQ(code_after(0x09, "x", true), 1002) << "a ping in fragments";
  wait_for_metric("troupe_gateway_refused_total", 6, {{"reason", "websocket_protocol"}});
  wait_for_sockets(0);
}

TEST_F(WebSocketTest, answers_pings_and_keeps_the_order_of_what_it_says) {
  start();
  TestSocket client(port());
  client.send_frame(0x89, "are you there");
  const TestFrame pong = client.read_frame();
  EXPECT_EQ(pong.first, 0x8a);
  EXPECT_EQ(pong.payload, "are you there");
}

TEST_F(WebSocketTest, says_goodbye_to_a_client_that_does) {
  start();
  TestSocket client(port());
  client.send(kJoin);
  client.read_op("joined");
  client.send_frame(0x88, std::string("\x03\xe8", 2) + "bye");
  EXPECT_EQ(client.read_close(), 1000);
  EXPECT_TRUE(client.connection().read_all().empty());
  wait_for_sockets(0);
}

TEST_F(WebSocketTest, ends_the_session_of_a_client_that_just_goes) {
  start();
  TestSocket watcher(port());
  watcher.send(kJoin);
  watcher.read_op("joined");
  {
    TestSocket client(port());
    client.send(R"({"op":"join","id":1,"topic":"toy/a","present":{"name":"Ada"}})");
    client.read_op("joined");
    EXPECT_THAT(watcher.read_op("present"), HasSubstr(R"("present":{"name":"Ada"})"));
  }
  EXPECT_THAT(watcher.read_op("present"), HasSubstr(R"("joined":[],"left":["a-)"));
  wait_for_sockets(1);
}

TEST_F(WebSocketTest, stops_reading_a_client_that_sends_faster_than_it_is_heard) {
  options.unhandled_messages_max = 2;
  options.unhandled_bytes_max = 100;
  start();
  TestSocket client(port());
  std::string burst;
  for (int i = 0; i < 3000; ++i) burst += frame_bytes(0x81, R"({"op":"ping","id":)" + std::to_string(i) + "}");
  client.connection().send(burst);
  for (int i = 0; i < 3000; ++i) ASSERT_EQ(client.read(), R"({"op":"pong","id":)" + std::to_string(i) + "}");
}

TEST_F(WebSocketTest, closes_with_1011_when_the_session_fails) {
  start();
  TestSocket client(port());
  client.send(R"({"op":"ping","id":1})");
  client.read();
  // A Published whose topic is none of a session's makes it throw; the session is an actor of either shard.
  for (std::uint32_t i = 0; i < 2; ++i) {
    runtime_->run_on(i, [i](Shard& shard) {
      for (std::uint32_t slot = 1; slot <= shard.actor_count(); ++slot) {
        shard.send(Envelope::make(EnvelopeKind::kTell, pubsub::Published{"x", {}}),
                   {shard.node(), ActorId::at(i, slot, 1)});
      }
    });
  }
  EXPECT_EQ(client.read_close(), 1011);
  EXPECT_EQ(metric("troupe_gateway_session_failures_total"), 1);
  wait_for_sockets(0);
}

TEST_F(WebSocketTest, compresses_only_if_told_so) {
  start();
  EXPECT_FALSE(
      shake_hands("Sec-WebSocket-Extensions: permessage-deflate\r\n").headers.contains("sec-websocket-extensions"));
}

TEST_F(WebSocketTest, compresses_messages_if_told_so) {
  options.permessage_deflate = true;
  start();
  TestSocket client(port(), "Sec-WebSocket-Extensions: permessage-deflate\r\n");
  EXPECT_THAT(client.handshake().header("sec-websocket-extensions"), StartsWith("permessage-deflate"));
  client.send(R"({"op":"ping","id":1})");
  client.send(R"({"op":"ping","id":2})");
  EXPECT_EQ(client.read_frame().first, 0xc1);
  EXPECT_EQ(client.read_frame().first, 0xc1);
}

}  // namespace
}  // namespace troupe::gateway
