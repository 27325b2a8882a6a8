#include "troupe/session/json/json_object.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "troupe/base/random.hpp"

namespace troupe::session {
namespace {

using std::string_literals::operator""s;

JsonObject object(std::string_view text) {
  auto parsed = JsonObject::parse(text);
  if (parsed) return *parsed;
  ADD_FAILURE() << parsed.error();
  return {};
}

std::string complaint(std::string_view text) {
  const auto parsed = JsonObject::parse(text);
  return parsed ? "none" : parsed.error();
}

std::string value(std::string_view text) { return std::string(object(text).value("x").view()); }

std::string nested(std::size_t depth, char open = '[', char close = ']') {
  return R"({"x":)" + std::string(depth - 1, open) + std::string(depth - 1, close) + "}";
}

TEST(JsonObject, reads_fields_of_each_kind) {
  JsonObject read = object(R"( { "text" : "a\u00e9\"b" , "number" : 12 ,"inner":{"y":1},"empty":{} } )");
  EXPECT_EQ(read.string("text"), "aé\"b");
  EXPECT_EQ(read.integer("number"), 12U);
  EXPECT_EQ(read.object("inner").integer("y"), 1U);
  EXPECT_FALSE(read.object("empty").has("y"));
  EXPECT_EQ(read.object_value("inner").view(), R"({"y":1})");
  EXPECT_EQ(read.complaint(), "");
}

TEST(JsonObject, values_lose_white_space_between_tokens_and_nothing_else) {
  EXPECT_EQ(value(R"({"x":1.10})"), "1.10");
  EXPECT_EQ(value("{\"x\" :\t[ 1 ,\r\n -0 , 1E+2 , true ] }"), "[1,-0,1E+2,true]");
  EXPECT_EQ(value(R"({"x":{"b":" { } [ ] , : ","a":"\\\" "}})"), R"({"b":" { } [ ] , : ","a":"\\\" "})");
  EXPECT_EQ(value(R"({"x":"\\"})"), R"("\\")");
  EXPECT_EQ(value(R"({"x":"\ud83d\ude00\/"})"), R"("\ud83d\ude00\/")");
  EXPECT_EQ(value("{\"x\":null\n}"), "null");
  EXPECT_EQ(value(R"({"y":[{"x":1}],"x": { } })"), "{}");
  EXPECT_EQ(value(R"({"x":123456789012345678901234567890})"), "123456789012345678901234567890");
}

TEST(JsonObject, tells_a_field_that_is_null_from_one_that_is_there) {
  const JsonObject read = object(R"({"a":null,"b":0})");
  EXPECT_TRUE(read.has("a"));
  EXPECT_FALSE(read.has_value("a"));
  EXPECT_TRUE(read.has_value("b"));
  EXPECT_FALSE(read.has_value("c"));
}

TEST(JsonObject, the_first_complaint_stays) {
  JsonObject read = object(R"({"a":1})");
  EXPECT_EQ(read.string("a"), "");
  EXPECT_EQ(read.integer("missing"), 0U);
  read.complain("a third one");
  EXPECT_EQ(read.complaint(), "the field \"a\" must be a string");
}

TEST(JsonObject, wrong_types) {
  const auto after = [](auto read) {
    JsonObject fields = object(R"({"s":"x","n":1,"l":[],"o":{},"null":null,"t":true})");
    read(fields);
    return fields.complaint();
  };
  for (const auto* name : {"n", "l", "o", "null", "t"}) {
    EXPECT_NE(after([&](JsonObject& it) { it.string(name); }), "") << name;
  }
  for (const auto* name : {"s", "l", "o", "null", "t"}) {
    EXPECT_NE(after([&](JsonObject& it) { it.integer(name); }), "") << name;
  }
  for (const auto* name : {"s", "n", "l", "null", "t"}) {
    EXPECT_NE(after([&](JsonObject& it) { it.object(name); }), "") << name;
    EXPECT_NE(after([&](JsonObject& it) { it.object_value(name); }), "") << name;
    EXPECT_EQ(after([&](JsonObject& it) { it.value(name); }), "") << name;
  }
}

TEST(JsonObject, integers_are_digits_up_to_2_to_the_53) {
  EXPECT_EQ(object(R"({"x":9007199254740991})").integer("x"), kIntegerMax);
  for (const auto* number : {"9007199254740992", "18446744073709551616", "1e400", "-1", "-0", "1.0", "1e2", "0.5"}) {
    const std::string text = R"({"x":)"s + number + "}";
    const auto parsed = JsonObject::parse(text);
    if (!parsed) continue;  // Beyond a double.
    JsonObject read = *parsed;
    EXPECT_EQ(read.integer("x"), 0U);
    EXPECT_NE(read.complaint(), "") << number;
  }
}

TEST(JsonObject, a_field_that_is_there_twice_is_a_complaint_only_if_it_is_read) {
  JsonObject read = object(R"({"a":1,"\u0061":2,"b":3})");
  EXPECT_EQ(read.integer("b"), 3U);
  EXPECT_EQ(read.complaint(), "");
  read.integer("a");
  EXPECT_EQ(read.complaint(), "the field \"a\" is there more than once");
}

TEST(JsonObject, nesting_up_to_64_counts_the_outermost) {
  EXPECT_EQ(complaint(nested(64)), "none");
  EXPECT_EQ(complaint(nested(65)), "this is nested deeper than 64 objects and lists");
  EXPECT_EQ(complaint(R"({"x":[)" + std::string(100, ' ') + nested(63) + "]}"),
            "this is nested deeper than 64 objects and lists");
  std::string wide = R"({"x":[[])";
  for (int i = 0; i < 1000; ++i) wide += ",[]";
  EXPECT_EQ(complaint(wide + "]}"), "none") << "lists beside each other are not nested";
}

TEST(JsonObject, hostile_nesting_does_not_overflow_the_stack) {
  EXPECT_EQ(complaint(nested(500'000)), "this is nested deeper than 64 objects and lists");
  std::string objects;
  for (int i = 0; i < 200'000; ++i) objects += R"({"a":)";
  EXPECT_EQ(complaint(objects), "this is nested deeper than 64 objects and lists");
  EXPECT_EQ(complaint(std::string(1'000'000, '{')), "this is not JSON, from about byte 2");
}

TEST(JsonObject, what_is_not_json_is_refused) {
  for (const std::string& text : {""s,
                                  " "s,
                                  "{"s,
                                  "}"s,
                                  "{\"a\"}"s,
                                  "{\"a\":}"s,
                                  "{\"a\":1,}"s,
                                  "{,}"s,
                                  "{a:1}"s,
                                  "{'a':1}"s,
                                  "{\"a\":1}}"s,
                                  "{\"a\":1}{\"a\":1}"s,
                                  "{\"a\":+1}"s,
                                  "{\"a\":.5}"s,
                                  "{\"a\":1.}"s,
                                  "{\"a\":0x1}"s,
                                  "{\"a\":Infinity}"s,
                                  "{\"a\":\"\t\"}"s,
                                  "{\"a\":\"\x01\"}"s,
                                  "{\"a\":\"\\u12\"}"s,
                                  "{\"a\":\"\\q\"}"s,
                                  "{\"a\":\"x}"s,
                                  "/**/{\"a\":1}"s,
                                  "{\"a\":1}//"s,
                                  "\xff\xfe{\0}\0"s,
                                  "{\"a\":\"\\ud800\"}"s,
                                  "{\"a\":\"\\ud800x\"}"s,
                                  "{\"a\":\"\\udc00\"}"s,
                                  "{\"\\ud800\":1}"s}) {
    EXPECT_FALSE(JsonObject::parse(text)) << text;
  }
}

TEST(JsonObject, zero_bytes_and_byte_order_marks_are_refused_though_the_parser_would_not) {
  EXPECT_EQ(complaint("{\"a\":1}\0"s), "this is not JSON: it holds a zero byte");
  EXPECT_EQ(complaint("{\"a\":1}\0{\"b\":2}"s), "this is not JSON: it holds a zero byte");
  EXPECT_EQ(complaint("{\"a\":\"\0\"}"s), "this is not JSON: it holds a zero byte");
  EXPECT_EQ(complaint("\xef\xbb\xbf{\"a\":1}"), "this is not JSON: it begins with a byte order mark");
  EXPECT_EQ(object(R"({"a":"\u0000"})").string("a"), "\0"s);
}

TEST(JsonObject, text_that_is_not_utf8_is_refused) {
  for (const auto* bytes : {"\xff", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80"}) {
    EXPECT_FALSE(JsonObject::parse("{\"a\":\""s + bytes + "\"}")) << bytes;
    EXPECT_FALSE(JsonObject::parse("{\""s + bytes + "\":1}")) << bytes;
  }
  EXPECT_TRUE(JsonObject::parse("{\"a\":\"\xf4\x8f\xbf\xbf \xed\x9f\xbf é\"}"));
}

TEST(JsonObject, other_json_is_not_an_object) {
  for (const auto* text : {"[]", "[{}]", "7", "-7.5", "\"{}\"", "true", "null", " [1]"}) {
    EXPECT_EQ(complaint(text), "this is JSON, but not an object {...}") << text;
  }
}

// A random value, written with random white space: the compact text must mean the same, and have no white space left.
void append_value(std::string& json, Random& random, int depth) {
  const auto space = [&] {
    while (random.chance(0.3)) json += " \n\r\t"[random.below(4)];
  };
  space();
  switch (random.below(depth > 0 ? 6 : 4)) {
    case 0: json += std::to_string(random.between(-1000, 1000)); break;
    case 1: json += std::to_string(random.fraction()) + "e-2"; break;
    case 2: json += R"("a \" \\ [ { , \u00e9")"; break;
    case 3: json += random.chance(0.5) ? "null" : "true"; break;
    default:
      const bool list = random.chance(0.5);
      json += list ? '[' : '{';
      for (std::uint64_t i = 0, count = random.below(4); i < count; ++i) {
        if (i > 0) json += ',';
        space();
        if (!list) json += '"' + std::to_string(i) + "\" :";
        append_value(json, random, depth - 1);
      }
      space();
      json += list ? ']' : '}';
  }
  space();
}

TEST(JsonObject, compact_text_means_the_same) {
  Random random(11);
  for (int round = 0; round < 2000; ++round) {
    std::string text = "{\"x\":";
    append_value(text, random, 5);
    text += "}";
    const std::string compact = value(text);
    const auto expected = nlohmann::json::parse(text)["x"];
    ASSERT_EQ(nlohmann::json::parse(compact), expected) << text;
    ASSERT_EQ(value("{\"x\":" + compact + "}"), compact);
    ASSERT_EQ(compact.find_first_of("\n\r\t"), std::string::npos);
  }
}

}  // namespace
}  // namespace troupe::session
