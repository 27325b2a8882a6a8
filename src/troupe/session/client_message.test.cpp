#include "troupe/session/client_message.hpp"

#include <gtest/gtest.h>

// What each field may be is in testdata/malformed.txt; here are the limits and what comes out of a message that is
// read.
namespace troupe::session {
namespace {

using std::string_literals::operator""s;

constexpr std::size_t kDataBytesMax = 65536;

template <class Message>
Message read(std::string_view text) {
  const auto message = parse_client_message(text, kDataBytesMax);
  if (message && std::holds_alternative<Message>(*message)) return std::get<Message>(*message);
  ADD_FAILURE() << (message ? "another message" : message.error().message);
  return {};
}

/// "bad_request 7: ..."
std::string refusal(std::string_view text) {
  const auto message = parse_client_message(text, kDataBytesMax);
  if (message) return "accepted";
  const BadMessage& bad = message.error();
  return std::string(to_string(bad.code)) + (bad.id ? " " + std::to_string(*bad.id) : "") + ": " + bad.message;
}

std::string send(const std::string& key, const std::string& data) {
  return R"({"op":"send","id":7,"topic":"canvas/a","key":")" + key + R"(","data":)" + data + "}";
}

TEST(ClientMessage, reads_each_kind) {
  const auto join = read<JoinRequest>(
      R"({"op":"join","id":1,"topic":"t/a","after":{"seq":41,"epoch":"e","x":1},"present":{"name": "é"}})");
  EXPECT_EQ(join.head.id, 1U);
  EXPECT_EQ(join.head.topic, "t/a");
  EXPECT_EQ(join.after, (After{"e", 41}));
  EXPECT_EQ(join.present->view(), R"({"name":"é"})");

  const auto send_request = read<SendRequest>(send("c7-19", R"([1, 2])"));
  EXPECT_EQ(send_request.key, "c7-19");
  EXPECT_EQ(send_request.data.view(), "[1,2]");

  EXPECT_EQ(read<SignalRequest>(R"({"op":"signal","topic":"t/a","data":0})").head.id, std::nullopt);
  EXPECT_EQ(read<SignalRequest>(R"({"op":"signal","id":2,"topic":"t/a","data":0})").head.id, 2U);
  EXPECT_EQ(read<PresentRequest>(R"({"op":"present","id":2,"topic":"t/a","present":{}})").present->view(), "{}");
  EXPECT_FALSE(read<PresentRequest>(R"({"op":"present","id":2,"topic":"t/a","present":null})").present);
  EXPECT_EQ(read<LeaveRequest>(R"({"op":"leave","id":3,"topic":"t/a"})").head.topic, "t/a");
  EXPECT_EQ(read<PingRequest>(R"({"op":"ping","id":4})").id, 4U);
}

TEST(ClientMessage, limits_of_the_key_count_bytes_after_unescaping) {
  EXPECT_EQ(refusal(send(std::string(128, 'k'), "1")), "accepted");
  EXPECT_EQ(refusal(send(std::string(129, 'k'), "1")),
            "bad_request 7: the field \"key\" must be 1 to 128 bytes, and it is longer");
  std::string escaped;
  for (int i = 0; i < 64; ++i) escaped += R"(\u00e9)";
  EXPECT_EQ(refusal(send(escaped, "1")), "accepted");
  EXPECT_EQ(read<SendRequest>(send(escaped, "1")).key.size(), 128U);
  EXPECT_NE(refusal(send(escaped + "k", "1")), "accepted");
}

TEST(ClientMessage, limits_of_the_data_count_bytes_of_compact_text) {
  EXPECT_EQ(refusal(send("k", '"' + std::string(kDataBytesMax - 2, 'x') + '"')), "accepted");
  EXPECT_TRUE(refusal(send("k", '"' + std::string(kDataBytesMax - 1, 'x') + '"')).starts_with("too_large 7: \"data\""));
  EXPECT_EQ(refusal(send("k", "[1," + std::string(kDataBytesMax, ' ') + "2]")), "accepted");
}

TEST(ClientMessage, a_message_that_is_wrong_in_two_ways_is_a_bad_request) {
  const std::string large = '"' + std::string(kDataBytesMax, 'x') + '"';
  EXPECT_TRUE(
      refusal(R"({"op":"send","id":7,"topic":"canvas/a","data":)" + large + "}").starts_with("bad_request 7: "));
}

TEST(ClientMessage, nesting_counts_the_message_itself) {
  EXPECT_EQ(refusal(send("k", std::string(63, '[') + std::string(63, ']'))), "accepted");
  EXPECT_EQ(refusal(send("k", std::string(64, '[') + std::string(64, ']'))),
            "bad_request: this is nested deeper than 64 objects and lists");
  EXPECT_EQ(refusal(send("k", std::string(900'000, '['))),
            "bad_request: this is nested deeper than 64 objects and lists");
}

TEST(ClientMessage, what_is_not_utf8_or_holds_a_zero_byte_is_refused_everywhere) {
  for (const std::string& bad : {"\xff"s, "\xc0\x80"s, "\xed\xa0\x80"s, "\0"s, R"(\ud800)"s, R"(\udfff\ud800)"s}) {
    EXPECT_TRUE(refusal(send(bad, "1")).starts_with("bad_request: this is not JSON")) << bad;
    EXPECT_TRUE(refusal(send("k", '"' + bad + '"')).starts_with("bad_request: this is not JSON")) << bad;
    EXPECT_TRUE(refusal(send("k", "{\"" + bad + "\":1}")).starts_with("bad_request: this is not JSON")) << bad;
  }
}

TEST(ClientMessage, many_fields_are_no_trouble) {
  std::string text = R"({"op":"ping")";
  for (int i = 0; i < 100'000; ++i) text += R"(,"x":1)";
  EXPECT_EQ(read<PingRequest>(text + R"(,"id":5})").id, 5U);
}

TEST(ClientMessage, keys_from_elsewhere_are_held_to_the_same_rule) {
  EXPECT_EQ(complaint_about_key("c7-19"), "");
  EXPECT_EQ(complaint_about_key("é"), "");
  EXPECT_NE(complaint_about_key(""), "");
  EXPECT_NE(complaint_about_key(std::string(129, 'k')), "");
  EXPECT_NE(complaint_about_key("a\0b"s), "");
  EXPECT_NE(complaint_about_key("\xff"), "");
}

}  // namespace
}  // namespace troupe::session
