#include "troupe/document/topic_name.hpp"

#include <gtest/gtest.h>

#include <string>

namespace troupe::document {
namespace {

using std::string_literals::operator""s;

TEST(TopicName, accepts_every_allowed_character_and_several_segments) {
  EXPECT_TRUE(check_topic("a"));
  EXPECT_TRUE(check_topic("canvas/lobby"));
  EXPECT_TRUE(check_topic("AZaz09._~-/AZaz09._~-/x"));
}

TEST(TopicName, accepts_200_bytes_and_refuses_201) {
  EXPECT_TRUE(check_topic("c/" + std::string(kTopicBytesMax - 2, 'x')));
  const auto refused = check_topic("c/" + std::string(kTopicBytesMax - 1, 'x'));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnknownTopic);
  EXPECT_NE(refused.error().detail.find("201 bytes"), std::string::npos);
}

TEST(TopicName, refuses_empty_segments) {
  for (const char* topic : {"", "/", "/canvas", "canvas/", "canvas//lobby", "a/b//", "//"}) {
    EXPECT_FALSE(check_topic(topic)) << topic;
  }
}

TEST(TopicName, allows_exactly_the_documented_characters) {
  const std::string allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~-/";
  for (int value = 0; value < 256; ++value) {
    const auto character = static_cast<char>(value);
    const bool expected = allowed.find(character) != std::string::npos;
    EXPECT_EQ(check_topic("a"s + character + "b").has_value(), expected) << value;
  }
}

TEST(TopicName, a_refusal_is_short_ascii_whatever_the_input) {
  for (const std::string& topic : {"canvas/\xff\xfe"s, "a\0b"s, "canvas/\r\nx: y"s, std::string(100000, '\xc3')}) {
    const auto refused = check_topic(topic);
    ASSERT_FALSE(refused);
    EXPECT_LT(refused.error().detail.size(), 200U);
    for (const char c : refused.error().detail) EXPECT_TRUE(c >= ' ' && c <= '~');
  }
  EXPECT_EQ(check_topic("canvas/\xff").error().detail.substr(0, 29), "byte 8 of the topic is 0xff, ");
}

TEST(TopicName, the_prefix_is_the_first_segment_with_its_slash) {
  EXPECT_EQ(topic_prefix("canvas/lobby"), "canvas/");
  EXPECT_EQ(topic_prefix("canvas/a/b"), "canvas/");
  EXPECT_EQ(topic_prefix("canvas"), "");
  EXPECT_EQ(topic_prefix(""), "");
}

TEST(TopicName, a_prefix_is_one_segment_and_a_slash) {
  EXPECT_TRUE(check_prefix("canvas/"));
  EXPECT_TRUE(check_prefix(std::string(kTopicBytesMax - 2, 'x') + "/"));
  for (const std::string& prefix :
       {""s, "/"s, "canvas"s, "canvas/a/"s, "canvas//"s, "can vas/"s, std::string(kTopicBytesMax - 1, 'x') + "/"}) {
    const auto refused = check_prefix(prefix);
    ASSERT_FALSE(refused) << prefix;
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace troupe::document
