#include "troupe/session/rest.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace troupe::session {
namespace {

using std::string_literals::operator""s;

std::expected<RestCall, RestAnswer> parse(std::string_view method, std::string_view target, std::string_view body = "",
                                          std::optional<std::string_view> key = {}) {
  return parse_rest({.method = method, .target = target, .idempotency_key = key, .body = body}, RestOptions{});
}

std::expected<RestCall, RestAnswer> get(std::string_view target) { return parse("GET", target); }

constexpr std::string_view kLobbyEvents = "/api/v1/documents/canvas/lobby/events";

std::expected<RestCall, RestAnswer> post(std::string_view body, std::optional<std::string_view> key = {}) {
  return parse("POST", kLobbyEvents, body, key);
}

template <class Call>
Call expect(const std::expected<RestCall, RestAnswer>& result) {
  if (result && std::holds_alternative<Call>(*result)) return std::get<Call>(*result);
  ADD_FAILURE() << (result ? "another call" : result.error().body);
  return {};
}

/// "400 bad_request"
std::string refusal(const std::expected<RestCall, RestAnswer>& result) {
  if (result) return "accepted";
  const auto body = nlohmann::json::parse(result.error().body);
  EXPECT_FALSE(body["error"]["message"].get<std::string>().empty());
  return std::to_string(result.error().status) + " " + body["error"]["code"].get<std::string>();
}

std::string list(const RestAnswer& answer) {
  std::string text = std::to_string(answer.status);
  for (const auto& [name, value] : answer.headers) text.append(" ").append(name).append(":").append(value);
  return text + " " + answer.body;
}

TEST(Rest, knows_its_targets) {
  EXPECT_TRUE(is_rest_target("/api/v1/cluster"));
  EXPECT_FALSE(is_rest_target("/api/v2/cluster"));
  EXPECT_FALSE(is_rest_target("/"));
}

TEST(Rest, reads_events_with_defaults) {
  EXPECT_EQ(expect<GetEvents>(get(kLobbyEvents)), (GetEvents{"canvas/lobby", 0, 100}));
  EXPECT_EQ(expect<GetEvents>(get(std::string(kLobbyEvents) + "?")), (GetEvents{"canvas/lobby", 0, 100}));
}

TEST(Rest, reads_events_with_parameters) {
  const std::string target(kLobbyEvents);
  EXPECT_EQ(expect<GetEvents>(get(target + "?after=7&limit=3")), (GetEvents{"canvas/lobby", 7, 3}));
  EXPECT_EQ(expect<GetEvents>(get(target + "?limit=1000&after=9007199254740991")),
            (GetEvents{"canvas/lobby", 9007199254740991, 1000}));
  EXPECT_EQ(expect<GetEvents>(get(target + "?limit=1&&later=x&=&y")), (GetEvents{"canvas/lobby", 0, 1}));
}

TEST(Rest, refuses_parameters_that_are_no_such_numbers) {
  for (const auto* query : {"after=", "after", "after=-1", "after=+1", "after=1.0", "after= 1", "after=1x", "after=0x1",
                            "after=9007199254740992", "after=99999999999999999999999", "after=%31", "limit=0",
                            "limit=1001", "limit=", "limit=-1", "after=1&after=2", "limit=1&limit=1", "after=1?"}) {
    EXPECT_EQ(refusal(get(std::string(kLobbyEvents) + "?" + query)), "400 bad_request") << query;
  }
}

TEST(Rest, the_last_segment_is_the_resource_and_the_rest_the_topic) {
  EXPECT_EQ(expect<GetEvents>(get("/api/v1/documents/a/events/events")).topic, "a/events");
  EXPECT_EQ(expect<GetEvents>(get("/api/v1/documents/a/b/c/d/events")).topic, "a/b/c/d");
  EXPECT_EQ(expect<GetDigest>(get("/api/v1/documents/a/events/digest")).topic, "a/events");
  EXPECT_EQ(expect<GetEvents>(get("/api/v1/documents/a/digest/events")).topic, "a/digest");
  EXPECT_EQ(expect<GetDigest>(get("/api/v1/documents/a/digest?x=1")).topic, "a");
  EXPECT_EQ(expect<GetCluster>(get("/api/v1/cluster?pretty")), GetCluster());
}

TEST(Rest, percent_decoding_is_strict) {
  EXPECT_EQ(expect<GetDigest>(get("/api/v1/documents/%63anvas/a%7Eb%7eb/digest")).topic, "canvas/a~b~b");
  for (const auto* topic : {"a/%", "a/%4", "a/%zz", "a/%4g", "a/%%41", "a/% 1", "a%2Fb", "a%2fb"}) {
    EXPECT_EQ(refusal(get("/api/v1/documents/"s + topic + "/digest")), "400 bad_request") << topic;
  }
  for (const auto* topic : {"a/%00", "a/%ff", "a/%c3%a9", "a/b%20c", "a/b+c", "a/%2541", "a/\xc3\xa9"}) {
    EXPECT_EQ(refusal(get("/api/v1/documents/"s + topic + "/digest")), "404 unknown_topic") << topic;
  }
}

TEST(Rest, a_topic_must_be_well_formed) {
  for (const auto& topic : {""s, "/"s, "a//b"s, "/a"s, "a/"s, std::string(201, 'a')}) {
    EXPECT_EQ(refusal(get("/api/v1/documents/" + topic + "/events")), "404 unknown_topic") << topic;
  }
  EXPECT_EQ(expect<GetEvents>(get("/api/v1/documents/" + std::string(200, 'a') + "/events")).topic.size(), 200U);
}

TEST(Rest, there_is_nothing_elsewhere) {
  for (const auto* target :
       {"", "/", "*", "/api/v1/", "/api/v1", "/api/v1/clusters", "/api/v1/cluster/", "/api/v1/documents",
        "/api/v1/documents/", "/api/v1/documents/events", "/api/v1/documents/a/b", "/api/v1/documents/a/events/",
        "/api/v1/documents/a/Events", "http://x/api/v1/cluster"}) {
    EXPECT_EQ(refusal(get(target)), "404 bad_request") << target;
  }
  EXPECT_EQ(refusal(get("/api/v1/cluster#x")), "400 bad_request");
}

TEST(Rest, other_methods_are_refused_with_those_that_are_allowed) {
  EXPECT_EQ(refusal(parse("DELETE", kLobbyEvents)), "405 bad_request");
  EXPECT_EQ(refusal(parse("get", kLobbyEvents)), "405 bad_request");
  EXPECT_EQ(list(parse("PUT", kLobbyEvents).error()),
            R"(405 Allow:GET, POST {"error":{"code":"bad_request","message":"this resource answers GET, POST only"}})");
  EXPECT_EQ(list(parse("POST", "/api/v1/cluster").error()),
            R"(405 Allow:GET {"error":{"code":"bad_request","message":"this resource answers GET only"}})");
  EXPECT_EQ(refusal(parse("POST", "/api/v1/documents/a/digest")), "405 bad_request");
}

TEST(Rest, posts_an_event_with_its_data_as_it_was_written) {
  const auto event = expect<PostEvent>(post(R"( {"x":1, "data" : { "b" : 1.10, "a" : "x  y" } } )", "k-1"));
  EXPECT_EQ(event, (PostEvent{"canvas/lobby", "k-1", Bytes::copy_of(R"({"b":1.10,"a":"x  y"})")}));
  EXPECT_EQ(expect<PostEvent>(post(R"({"data":null})")), (PostEvent{"canvas/lobby", {}, Bytes::copy_of("null")}));
}

TEST(Rest, limits_of_the_key) {
  EXPECT_EQ(refusal(post(R"({"data":1})", std::string(128, 'k'))), "accepted");
  EXPECT_EQ(refusal(post(R"({"data":1})", "é")), "accepted");
  for (const auto& key : {""s, std::string(129, 'k'), "\xff"s, "a\0b"s}) {
    EXPECT_EQ(refusal(post(R"({"data":1})", key)), "400 bad_request") << key;
  }
}

TEST(Rest, a_body_that_cannot_be_read_is_refused) {
  for (const auto& body :
       {""s, "{"s, "[]"s, "7"s, "{}"s, R"({"data":1,"data":1})"s, "{\"data\":\"\xff\"}"s, R"({"data":"\ud800"})"s,
        R"({"data":1e999})"s, "{\"data\":1}\0"s, R"({"Data":1})"s, R"({"data":)" + std::string(100'000, '[')}) {
    EXPECT_EQ(refusal(post(body)), "400 bad_request") << body.substr(0, 100);
  }
}

TEST(Rest, limits_of_body_and_data) {
  const auto body_with = [](std::size_t data_bytes) {
    return R"({"data":")" + std::string(data_bytes - 2, 'x') + "\"}";
  };
  EXPECT_EQ(refusal(post(body_with(65536))), "accepted");
  EXPECT_EQ(refusal(post(body_with(65537))), "413 too_large");
  EXPECT_EQ(refusal(post(R"({"data":1})" + std::string((1 << 20) - 10, ' '))), "accepted");
  EXPECT_EQ(refusal(post(R"({"data":1})" + std::string((1 << 20) - 9, ' '))), "413 too_large");
}

TEST(Rest, each_error_code_has_its_status) {
  EXPECT_EQ(list(rest_error(ProtocolError::kBadRequest, "m")), R"(400 {"error":{"code":"bad_request","message":"m"}})");
  EXPECT_EQ(rest_error(ProtocolError::kInvalidEvent, "m").status, 422U);
  EXPECT_EQ(rest_error(ProtocolError::kUnknownTopic, "m").status, 404U);
  EXPECT_EQ(rest_error(ProtocolError::kTooLarge, "m").status, 413U);
  EXPECT_EQ(list(rest_error(ProtocolError::kBusy, "m")),
            R"(429 Retry-After:1 {"error":{"code":"busy","message":"m"}})");
  EXPECT_EQ(list(rest_error(ProtocolError::kUnavailable, "\"\n\xff")),
            "503 Retry-After:1 {\"error\":{\"code\":\"unavailable\",\"message\":\"\\\"\\n\xef\xbf\xbd\"}}");
  const RestAnswer fault = rest_error(Error{ErrorCode::kInputOutput, "/var/lib/secret"});
  EXPECT_EQ(fault.status, 500U);
  EXPECT_EQ(fault.body.find("secret"), std::string::npos);
}

TEST(Rest, renders_a_page_of_events) {
  EventsPage page{"canvas/lobby", "e1", 57, {}, false};
  EXPECT_EQ(list(rest_answer(page)), R"(200 {"topic":"canvas/lobby","epoch":"e1","seq":57,"events":[],"more":false})");
  page.more = true;
  page.events = {{1, "k\"1", "a-1", Bytes::copy_of("{\"x\":1}")}, {2, "k2", "a-2", Bytes::copy_of("null")}};
  EXPECT_EQ(list(rest_answer(page)), R"(200 {"topic":"canvas/lobby","epoch":"e1","seq":57,"events":[)"
                                     R"({"seq":1,"key":"k\"1","from":"a-1","data":{"x":1}},)"
                                     R"({"seq":2,"key":"k2","from":"a-2","data":null}],"more":true})");
}

TEST(Rest, renders_the_other_answers) {
  EXPECT_EQ(list(rest_answer(PostedEvent{"e1", 58, false})), R"(201 {"epoch":"e1","seq":58})");
  EXPECT_EQ(list(rest_answer(PostedEvent{"e1", 58, true})), R"(200 {"epoch":"e1","seq":58})");
  EXPECT_EQ(list(rest_answer(Digest{"canvas/a", "a", "e1", 57, 0xabcU})),
            R"(200 {"topic":"canvas/a","node":"a","epoch":"e1","seq":57,"hash":"0000000000000abc"})");
  EXPECT_EQ(list(rest_answer(ClusterView{"a", {}, {}})), R"(200 {"node":"a","members":[],"configured":[]})");
  EXPECT_EQ(list(rest_answer(ClusterView{"a", {{"a", "h:1", "h:2", 3, "up"}, {"b", "", "", 0, "down"}}, {"a", "b"}})),
            R"(200 {"node":"a","members":[{"name":"a","address":"h:1","http":"h:2","incarnation":3,"state":"up"},)"
            R"({"name":"b","address":"","http":"","incarnation":0,"state":"down"}],"configured":["a","b"]})");
}

TEST(Rest, a_locked_topic_is_written_to_with_its_key_and_read_without) {
  constexpr std::string_view kLocked = "/api/v1/documents/canvas/plan~j6Oqsvqpt54KA5jaW1q9Bw/events";
  const auto post_with = [&](std::optional<std::string_view> key) {
    return parse_rest({.method = "POST", .target = kLocked, .write_key = key, .body = R"({"data":1})"}, RestOptions{});
  };
  EXPECT_EQ(refusal(post_with({})), "403 read_only");
  EXPECT_EQ(refusal(post_with("another key")), "403 read_only");
  EXPECT_EQ(refusal(post_with("a key")), "accepted");
  EXPECT_EQ(refusal(get(kLocked)), "accepted");
}

}  // namespace
}  // namespace troupe::session
