#include "troupe/gateway/gateway_fixture.test.hpp"

// How a gateway ends.

namespace troupe::gateway {
namespace {

using testing::HasSubstr;

class DrainTest : public GatewayTest {
 protected:
  void drain(Duration within) {
    gateway_->drain(within, [this] { drained.happen(); });
  }
  Happening drained;
};

TEST_F(DrainTest, is_over_at_once_when_nobody_is_there) {
  start();
  drain(1h);
  drained.wait();
  EXPECT_THROW(TestConnection{port()}, std::runtime_error) << "nobody listens";
}

TEST_F(DrainTest, tells_clients_to_go_elsewhere) {
  start();
  TestSocket one(port());
  TestSocket other(port());
  for (TestSocket* client : {&one, &other}) {
    client->send(R"({"op":"ping","id":1})");
    client->read();
  }
  drain(1h);
  for (TestSocket* client : {&one, &other}) {
    EXPECT_EQ(client->read(), R"({"op":"reconnect","reason":"draining"})");
    EXPECT_EQ(client->read_close(), 1012);
    EXPECT_EQ(client->connection().read_all(), "");
  }
  drained.wait();
}

TEST_F(DrainTest, answers_the_sends_that_are_under_way) {
  start();
  TestSocket client(port());
  client.send(R"({"op":"join","id":1,"topic":"toy/a"})");
  client.read_op("joined");
  journal.hold();
  client.send(R"({"op":"send","id":2,"topic":"toy/a","key":"k","data":1})");
  client.send(R"({"op":"ping","id":3})");
  client.read_op("pong");  // So the send has been taken.
  drain(1h);
  EXPECT_EQ(client.read_op("reconnect"), R"({"op":"reconnect","reason":"draining"})");
  EXPECT_FALSE(drained.has_happened());
  journal.release();
  EXPECT_THAT(client.read_op("ack"), HasSubstr(R"("id":2,"seq":1)"));
  EXPECT_EQ(client.read_close(), 1012);
  drained.wait();
}

TEST_F(DrainTest, closes_idle_connections_and_ends_busy_ones_with_their_answer) {
  start();
  TestConnection idle(port());
  idle.send(request_text("GET", "/livez"));
  read_response(idle);
  ASSERT_EQ(post("/api/v1/documents/toy/a/events", R"({"data":1})").status, 201);
  journal.hold();
  TestConnection busy(port());
  busy.send(request_text("POST", "/api/v1/documents/toy/a/events", "", R"({"data":2})"));
  journal.wait_for_held(1);
  drain(1h);
  EXPECT_EQ(idle.read_all(), "");
  journal.release();
  const TestResponse response = read_response(busy);
  EXPECT_THAT(response.body, HasSubstr("\"seq\":2"));
  EXPECT_EQ(response.header("connection"), "close");
  EXPECT_EQ(busy.read_all(), "");
  idle.shut();
  drained.wait();
}

TEST_F(DrainTest, still_says_how_the_node_is_but_takes_no_new_client) {
  start();
  TestSocket client(port());
  client.send(R"({"op":"join","id":1,"topic":"toy/a"})");
  client.read_op("joined");
  journal.hold();
  client.send(R"({"op":"send","id":2,"topic":"toy/a","key":"k","data":1})");
  client.send(R"({"op":"ping","id":3})");
  client.read_op("pong");
  drain(1h);
  EXPECT_EQ(get("/readyz").status, 503);
  EXPECT_EQ(get("/readyz").body, "draining");
  EXPECT_EQ(get("/livez").status, 200);
  EXPECT_EQ(get("/livez").header("connection"), "close");
  EXPECT_EQ(get("/metrics").status, 200);
  EXPECT_EQ(get("/api/v1/cluster").status, 503);
  EXPECT_EQ(get("/api/v1/socket", TestSocket::kHandshakeHeaders).status, 503);
  TestConnection late(port());  // A drain does not wait for those who come while it lasts.
  journal.release();
  EXPECT_EQ(client.read_close(), 1012);
  drained.wait();
}

TEST_F(DrainTest, cuts_at_the_deadline_what_is_left) {
  start();
  TestSocket client(port());
  client.send(R"({"op":"join","id":1,"topic":"toy/a"})");
  client.read_op("joined");
  journal.hold();
  client.send(R"({"op":"send","id":2,"topic":"toy/a","key":"k","data":1})");
  client.send(R"({"op":"ping","id":3})");
  client.read_op("pong");
  drain(50ms);
  EXPECT_EQ(client.read_close(), -1);
  drained.wait();
  wait_for_sockets(0);
}

TEST_F(DrainTest, ends_sooner_if_it_is_told_again) {
  start();
  TestSocket client(port());
  client.send(R"({"op":"join","id":1,"topic":"toy/a"})");
  client.read_op("joined");
  journal.hold();
  client.send(R"({"op":"send","id":2,"topic":"toy/a","key":"k","data":1})");
  client.send(R"({"op":"ping","id":3})");
  client.read_op("pong");
  drain(1h);
  Happening again;
  gateway_->drain(0ms, [&] { again.happen(); });
  drained.wait();
  again.wait();
}

TEST_F(DrainTest, stops_with_clients_that_are_still_there) {
  start();
  TestSocket socket(port());
  TestConnection idle(port());
  idle.send(request_text("GET", "/livez"));
  read_response(idle);
  gateway_->stop();
  EXPECT_EQ(socket.read_close(), -1);
  EXPECT_EQ(idle.read_all(), "");
  EXPECT_EQ(gateway_->connections(), 0U);
}

TEST_F(DrainTest, stops_after_the_runtime_has) {
  start();
  TestSocket socket(port());
  TestConnection idle(port());
  runtime_->stop();
  gateway_->stop();
  EXPECT_EQ(socket.read_close(), -1);
}

TEST_F(DrainTest, drains_and_stops_at_once) {
  start();
  TestSocket socket(port());
  drain(1h);
  gateway_->stop();
  drained.wait();
}

}  // namespace
}  // namespace troupe::gateway
