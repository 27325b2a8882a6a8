#include "troupe/session/server_message.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace troupe::session {
namespace {

TEST(ServerMessage, an_event_splices_its_data_as_it_is) {
  const document::Event event{58, "c7-19", "a-1", Bytes::copy_of(R"({"b":1.10,"a":"\u00e9"})")};
  EXPECT_EQ(
      render_event("canvas/lobby", event),
      R"({"op":"event","topic":"canvas/lobby","seq":58,"key":"c7-19","from":"a-1","data":{"b":1.10,"a":"\u00e9"}})");
  EXPECT_EQ(*rendered("canvas/lobby", event).text, render_event("canvas/lobby", event));
  EXPECT_EQ(rendered("canvas/lobby", event).seq, 58U);
}

TEST(ServerMessage, names_are_escaped_whatever_they_are) {
  const std::string text = render_event("t/a", {1, "k\"\\\n\xff", "f\x01", Bytes::copy_of("null")});
  EXPECT_EQ(text,
            "{\"op\":\"event\",\"topic\":\"t/"
            "a\",\"seq\":1,\"key\":\"k\\\"\\\\\\n\xef\xbf\xbd\",\"from\":\"f\\u0001\",\"data\":null}");
  EXPECT_TRUE(nlohmann::json::accept(text));
}

TEST(ServerMessage, a_signal) {
  EXPECT_EQ(render_signal("t/a", "b-\"1", R"({"x":1})"),
            R"({"op":"signal","topic":"t/a","from":"b-\"1","data":{"x":1}})");
}

TEST(ServerMessage, joined_with_and_without_snapshot) {
  JoinedMessage message{
      .id = 1, .topic = "t/a", .epoch = "e1", .seq = 57, .snapshot = {}, .present = {}, .session = "a-1", .node = "a"};
  EXPECT_EQ(render_joined(message),
            R"({"op":"joined","id":1,"topic":"t/a","epoch":"e1","seq":57,"recovered":true,"present":[],)"
            R"("session":"a-1","node":"a"})");
  message.id.reset();
  message.snapshot = R"({"strokes":[]})";
  message.present = {{"b-1", Bytes::copy_of("{}")}, {"b-2", Bytes::copy_of(R"({"n":1})")}};
  EXPECT_EQ(
      render_joined(message),
      R"({"op":"joined","topic":"t/a","epoch":"e1","seq":57,"recovered":false,"snapshot":{"strokes":[]},)"
      R"("present":[{"session":"b-1","present":{}},{"session":"b-2","present":{"n":1}}],"session":"a-1","node":"a"})");
}

TEST(ServerMessage, presence) {
  EXPECT_EQ(render_presence("t/a", {}), R"({"op":"present","topic":"t/a","joined":[],"left":[]})");
  EXPECT_EQ(render_presence("t/a", {{{"b-1", Bytes::copy_of("{}")}}, {"b-2", "b-3"}}),
            R"({"op":"present","topic":"t/a","joined":[{"session":"b-1","present":{}}],"left":["b-2","b-3"]})");
}

TEST(ServerMessage, the_small_ones) {
  EXPECT_EQ(render_ack(2, 58), R"({"op":"ack","id":2,"seq":58})");
  EXPECT_EQ(render_ack(2, {}), R"({"op":"ack","id":2})");
  EXPECT_EQ(render_pong(9007199254740991), R"({"op":"pong","id":9007199254740991})");
  EXPECT_EQ(render_reconnect("draining"), R"({"op":"reconnect","reason":"draining"})");
  EXPECT_EQ(render_status("t/a", true, ""), R"({"op":"status","topic":"t/a","available":true})");
  EXPECT_EQ(render_status("t/a", false, "no \"b\""),
            R"({"op":"status","topic":"t/a","available":false,"reason":"no \"b\""})");
  EXPECT_EQ(render_error(2, ProtocolError::kTooLarge, "m"),
            R"({"op":"error","id":2,"code":"too_large","message":"m"})");
  EXPECT_EQ(render_error({}, ProtocolError::kBadRequest, "m"), R"({"op":"error","code":"bad_request","message":"m"})");
}

}  // namespace
}  // namespace troupe::session
