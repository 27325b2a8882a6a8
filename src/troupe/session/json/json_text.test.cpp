#include "troupe/session/json/json_text.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace troupe::session {
namespace {

using std::string_literals::operator""s;

std::string as_json(std::string_view text) {
  std::string json;
  append_string(json, text);
  return json;
}

TEST(JsonText, plain_text_stands_for_itself) {
  EXPECT_EQ(as_json(""), "\"\"");
  EXPECT_EQ(as_json("canvas/lobby ~{}[]:,'/"), "\"canvas/lobby ~{}[]:,'/\"");
  EXPECT_EQ(as_json("é€😀\x7f"), "\"é€😀\x7f\"");
}

TEST(JsonText, escapes_what_json_demands_and_no_more) {
  EXPECT_EQ(as_json("\"\\\n\r\t\b\f"), R"("\"\\\n\r\t\u0008\u000c")");
  EXPECT_EQ(as_json("a\0b\x1f"s), R"("a\u0000b\u001f")");
}

TEST(JsonText, every_character_comes_back) {
  for (int value = 0; value < 128; ++value) {
    const std::string text = "x"s + static_cast<char>(value) + "y";
    EXPECT_EQ(nlohmann::json::parse(as_json(text)).get<std::string>(), text) << value;
  }
}

TEST(JsonText, bytes_that_are_not_utf8_are_replaced_one_by_one) {
  EXPECT_EQ(as_json("a\xff\xfe"
                    "b"),
            "\"a\xef\xbf\xbd\xef\xbf\xbd"
            "b\"");
  EXPECT_EQ(as_json("\xc3"), "\"\xef\xbf\xbd\"");
  EXPECT_EQ(as_json("\xc3\"\xe2\x82"), "\"\xef\xbf\xbd\\\"\xef\xbf\xbd\xef\xbf\xbd\"");
  for (int first = 128; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text{static_cast<char>(first), static_cast<char>(second)};
      EXPECT_TRUE(nlohmann::json::accept(as_json(text))) << first << " " << second;
    }
  }
}

TEST(JsonText, fields) {
  std::string json;
  append_field(json, "a", "x\"");
  append_field(json, "b", std::uint64_t{18446744073709551615U});
  append_field(json, "c", std::uint64_t{0});
  append_raw_field(json, "d", "[1]");
  EXPECT_EQ(json, R"(,"a":"x\"","b":18446744073709551615,"c":0,"d":[1])");
}

}  // namespace
}  // namespace troupe::session
