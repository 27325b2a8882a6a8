#include "troupe/overlay/fabric/dial_list.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace troupe::overlay {
namespace {

constexpr TimePoint kStart{};
const NodeId kNode{7, 1};

bool always(const std::string&, const DialList::Target&) { return true; }
bool never(const std::string&, const DialList::Target&) { return false; }

using Addresses = std::vector<std::string>;

TEST(Backoff, doubles_up_to_the_longest_wait) {
  const Backoff backoff{.jitter = 0};
  Random random(1);
  EXPECT_EQ(backoff.wait(0, random), 100ms);
  EXPECT_EQ(backoff.wait(1, random), 200ms);
  EXPECT_EQ(backoff.wait(5, random), 3'200ms);
  EXPECT_EQ(backoff.wait(6, random), 5s);
  EXPECT_EQ(backoff.wait(4'000'000'000U, random), 5s);
}

TEST(Backoff, takes_off_a_random_share) {
  const Backoff backoff{.jitter = 0.5};
  Random random(1);
  Duration least = 1h;
  Duration most{};
  for (int i = 0; i < 1'000; ++i) {
    const Duration wait = backoff.wait(1, random);
    least = std::min(least, wait);
    most = std::max(most, wait);
  }
  EXPECT_GE(least, 100ms);
  EXPECT_LT(least, 105ms);
  EXPECT_GT(most, 195ms);
  EXPECT_LE(most, 200ms);
}

TEST(DialList, tries_a_configured_address_for_ever) {
  DialList list({.jitter = 0}, 10);
  Random random(1);
  list.configure("a:1", kStart);
  TimePoint now = kStart;
  std::vector<Duration> waits;
  for (int i = 0; i < 9; ++i) {
    EXPECT_EQ(list.take_due(now, always), Addresses{"a:1"});
    EXPECT_EQ(list.take_due(now, always), Addresses{}) << "one dial at a time";
    EXPECT_EQ(list.next_due(), std::nullopt);
    list.failed("a:1", now, random);
    waits.push_back(*list.next_due() - now);
    now = *list.next_due();
  }
  EXPECT_EQ(waits, (std::vector<Duration>{100ms, 200ms, 400ms, 800ms, 1'600ms, 3'200ms, 5s, 5s, 5s}));
  EXPECT_EQ(list.take_due(now + 24h, always), Addresses{"a:1"});
}

TEST(DialList, gives_up_what_was_learned_at_its_expiry) {
  DialList list({}, 10);
  Random random(1);
  list.learn("b:1", kNode, kStart, kStart + 10s);
  EXPECT_EQ(list.take_due(kStart, always), Addresses{"b:1"});
  list.failed("b:1", kStart, random);
  list.learn("b:1", kNode, kStart, kStart + 20s);  // Heard again: tried for longer, but not sooner.
  EXPECT_EQ(list.take_due(kStart, always), Addresses{});
  EXPECT_EQ(list.take_due(kStart + 19s, always), Addresses{"b:1"});
  list.failed("b:1", kStart + 19s, random);
  EXPECT_EQ(list.take_due(kStart + 25s, always), Addresses{});
  EXPECT_EQ(list.size(), 0U);
}

TEST(DialList, starts_anew_for_a_newer_incarnation) {
  DialList list({.jitter = 0}, 10);
  Random random(1);
  list.learn("b:1", kNode, kStart, kStart + 1h);
  for (int i = 0; i < 10; ++i) {
    (void)list.take_due(*list.next_due(), always);
    list.failed("b:1", kStart, random);
  }
  EXPECT_EQ(*list.next_due(), kStart + 5s);
  list.learn("b:1", {kNode.name, 0}, kStart, kStart + 1h);
  EXPECT_EQ(*list.next_due(), kStart + 5s) << "an older life is no news";
  list.learn("b:1", {kNode.name, 2}, kStart, kStart + 1h);
  EXPECT_EQ(list.take_due(kStart, always), Addresses{"b:1"});
  list.failed("b:1", kStart, random);
  EXPECT_EQ(*list.next_due(), kStart + 100ms);
}

TEST(DialList, looks_again_at_what_is_not_wanted_only_if_it_is_configured) {
  DialList list({}, 10);
  list.configure("a:1", kStart);
  list.learn("b:1", kNode, kStart, kStart + 1h);
  EXPECT_EQ(list.take_due(kStart, never), Addresses{});
  EXPECT_EQ(list.size(), 1U);
  EXPECT_EQ(list.next_due(), kStart + 5s);
  EXPECT_EQ(list.take_due(kStart + 5s, always), Addresses{"a:1"});
}

TEST(DialList, hurries) {
  DialList list({.jitter = 0}, 10);
  Random random(1);
  list.configure("a:1", kStart);
  EXPECT_EQ(list.take_due(kStart, always), Addresses{"a:1"});
  list.hurry("a:1", kStart);
  EXPECT_EQ(list.take_due(kStart, always), Addresses{}) << "its dial is in flight";
  list.failed("a:1", kStart, random);
  EXPECT_EQ(list.next_due(), kStart + 100ms);
  list.hurry("a:1", kStart + 10ms);
  EXPECT_EQ(list.next_due(), kStart + 10ms);
  list.hurry("nobody:1", kStart);
  EXPECT_EQ(list.size(), 1U);
}

TEST(DialList, seeks_at_once_what_it_would_wait_for_and_only_once_in_a_search) {
  DialList list({.jitter = 0}, 1);
  Random random(1);
  list.configure("a:1", kStart);
  EXPECT_EQ(list.take_due(kStart, always), Addresses{"a:1"});
  list.succeeded("a:1", kNode, kStart);
  const TimePoint lost = kStart + 1s;
  EXPECT_TRUE(list.seek("a:1", kNode, lost, lost + 2s));
  EXPECT_EQ(list.take_due(lost, always), Addresses{"a:1"}) << "and not when it would be looked at again";
  list.failed("a:1", lost, random);
  EXPECT_TRUE(list.seek("a:1", kNode, lost, lost + 2s));
  EXPECT_EQ(list.next_due(), lost + 100ms) << "the second who asks does not hurry it";
  list.failed("a:1", lost, random);
  EXPECT_TRUE(list.seek("a:1", kNode, lost + 2s, lost + 4s));
  EXPECT_EQ(list.take_due(lost + 2s, always), Addresses{"a:1"}) << "another search";
  list.succeeded("a:1", kNode, lost + 2s);
  EXPECT_TRUE(list.seek("a:1", kNode, lost + 3s, lost + 5s));
  EXPECT_EQ(list.next_due(), lost + 3s) << "the one before has found it";

  EXPECT_TRUE(list.seek("b:1", {8, 1}, lost + 9s, lost + 10s));
  EXPECT_FALSE(list.seek("c:1", {9, 1}, lost + 9s, lost + 10s)) << "there is no room";
}

TEST(DialList, keeps_to_its_bound) {
  DialList list({}, 2);
  list.configure("a:1", kStart);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(list.learn("b:" + std::to_string(i), kNode, kStart, kStart + 1h), i < 2) << i;
  EXPECT_EQ(list.size(), 3U);
  list.configure("b:0", kStart);  // No longer counted as learned.
  list.learn("c:1", kNode, kStart, kStart + 1h);
  list.learn("c:2", kNode, kStart, kStart + 1h);
  EXPECT_EQ(list.size(), 4U);
}

TEST(DialList, waits_for_the_answer_of_what_it_drops) {
  DialList list({}, 10);
  Random random(1);
  list.learn("b:1", kNode, kStart, kStart + 1h);
  EXPECT_EQ(list.take_due(kStart, always), Addresses{"b:1"});
  list.drop_learned(kNode);
  EXPECT_EQ(list.take_due(kStart, always), Addresses{});
  list.failed("b:1", kStart, random);
  EXPECT_EQ(list.take_due(kStart + 1s, always), Addresses{});
  EXPECT_EQ(list.size(), 0U);

  list.learn("b:1", kNode, kStart, kStart + 1h);
  EXPECT_EQ(list.take_due(kStart, always), Addresses{"b:1"});
  list.drop_learned(kNode);
  list.learn("b:1", {kNode.name, 2}, kStart, kStart + 1h);  // Its next life is heard of before the answer is there.
  EXPECT_EQ(list.take_due(kStart, always), Addresses{});
  list.failed("b:1", kStart, random);
  EXPECT_EQ(list.take_due(kStart + 1s, always), Addresses{"b:1"});
}

TEST(DialList, releases_what_is_configured_no_more) {
  DialList list({}, 1);
  Random random(1);
  list.configure("a:1", kStart);
  list.configure("b:1", kStart);
  list.release("a:1");
  list.release("nobody:1");
  EXPECT_EQ(list.take_due(kStart, always), Addresses{"b:1"});
  list.release("b:1");
  EXPECT_EQ(list.size(), 1U) << "its answer is awaited";
  list.failed("b:1", kStart, random);
  EXPECT_EQ(list.take_due(kStart + 1h, always), Addresses{});
  EXPECT_EQ(list.size(), 0U);

  list.learn("c:1", kNode, kStart, kStart + 1h);
  list.release("c:1");
  EXPECT_EQ(list.size(), 1U) << "it never was configured";
}

TEST(DialList, drops_what_it_is_told_to_drop) {
  DialList list({}, 10);
  list.configure("a:1", kStart);
  list.learn("b:1", kNode, kStart, kStart + 1h);
  list.learn("b:2", {kNode.name, 2}, kStart, kStart + 1h);
  list.drop_learned(kNode);
  EXPECT_EQ(list.take_due(kStart, always), (Addresses{"a:1", "b:2"})) << "the newer incarnation stays";
  list.drop("a:1");
  Random random(1);
  list.failed("a:1", kStart, random);  // The answer of a dial that is no longer wanted.
  list.succeeded("a:1", kNode, kStart);
  EXPECT_EQ(list.size(), 1U);
  list.clear();
  EXPECT_EQ(list.next_due(), std::nullopt);
}

}  // namespace
}  // namespace troupe::overlay
