#include "troupe/session/lock/topic_lock.hpp"

#include <gtest/gtest.h>

namespace troupe::session {
namespace {

// Computed with another program: base64url(sha256(key)[0:16]).
constexpr std::string_view kTopic = "canvas/plan~j6Oqsvqpt54KA5jaW1q9Bw";
constexpr std::string_view kOther = "canvas/plan~PT7hHC-_f2prHmqhbDgmMQ";

TEST(TopicLock, an_open_topic_is_open_whatever_is_shown) {
  for (const auto* topic : {"canvas/lobby", "canvas/plan~short", "~", "", "canvas/plan~twenty-two.characters"}) {
    EXPECT_TRUE(opens(topic, std::nullopt)) << topic;
    EXPECT_TRUE(opens(topic, "any key")) << topic;
  }
}

TEST(TopicLock, a_locked_topic_opens_to_its_key_alone) {
  EXPECT_TRUE(opens(kTopic, "a key"));
  EXPECT_TRUE(opens(kOther, "key 3"));
  EXPECT_FALSE(opens(kTopic, std::nullopt));
  for (const auto* key : {"", "A key", "a key ", "j6Oqsvqpt54KA5jaW1q9Bw", "key 3"})
    EXPECT_FALSE(opens(kTopic, key)) << key;
  EXPECT_FALSE(opens(kTopic, std::string_view("a key\0", 6)));
}

TEST(TopicLock, every_character_of_the_lock_counts) {
  for (std::size_t index = kTopic.size() - 22; index < kTopic.size(); ++index) {
    std::string topic(kTopic);
    topic[index] = topic[index] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(opens(topic, "a key")) << topic;
  }
}

TEST(TopicLock, only_the_end_of_the_name_is_a_lock) {
  EXPECT_TRUE(opens(std::string(kTopic) + "/notes", std::nullopt));
  EXPECT_TRUE(opens(std::string(kTopic) + "x", std::nullopt));
  EXPECT_FALSE(opens(kTopic.substr(kTopic.find('~')), std::nullopt));
}

TEST(TopicLock, a_key_has_at_most_128_bytes) { EXPECT_FALSE(opens(kTopic, std::string(kWriteKeyBytesMax + 1, 'x'))); }

}  // namespace
}  // namespace troupe::session
