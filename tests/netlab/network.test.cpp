#include "network.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace troupe::netlab {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr std::size_t a = 0;
constexpr std::size_t b = 1;
constexpr std::size_t c = 2;

class NetlabNetwork : public testing::Test {
 protected:
  const Rules& rules(std::size_t from, std::size_t to) { return network_.path(from, to).rules(); }
  void obey(std::string_view line) { EXPECT_EQ(network_.obey(line), "ok\n") << line; }

  Network network_{{"a", "b", "c"}, 1};
};

TEST_F(NetlabNetwork, TwoNamesAreBothDirections) {
  obey("delay a b 10.15ms");
  EXPECT_EQ(rules(a, b).delay, 10'150us);
  EXPECT_EQ(rules(b, a).delay, 10'150us);
  EXPECT_EQ(rules(a, c).delay, 0ms);
}

TEST_F(NetlabNetwork, AnArrowIsOneDirection) {
  obey("cut a>b");
  EXPECT_TRUE(rules(a, b).cut);
  EXPECT_FALSE(rules(b, a).cut);
}

TEST_F(NetlabNetwork, AStarIsEverything) {
  obey("loss * 0.5");
  for (const std::size_t from : {a, b, c}) {
    for (const std::size_t to : {a, b, c}) EXPECT_EQ(rules(from, to).loss, 0.5);
  }
}

TEST_F(NetlabNetwork, ACommandChangesOnlyWhatItNames) {
  obey("delay a b 1ms 200us");
  obey("rate a b 10MB");
  obey("queue a b 256KiB");
  obey("cut a b");
  obey("  delay   a>b 2s ");
  EXPECT_EQ(rules(a, b).delay, 2s);
  EXPECT_EQ(rules(a, b).jitter, 0ms);
  EXPECT_EQ(rules(b, a).jitter, 200us);
  EXPECT_EQ(rules(a, b).bytes_per_second_max, 10e6);
  EXPECT_EQ(rules(a, b).queue_bytes_max, 262'144U);
  EXPECT_TRUE(rules(a, b).cut);
}

TEST_F(NetlabNetwork, HealUndoesCutsAndNothingElse) {
  obey("delay * 1ms");
  obey("cut *");
  obey("heal a b");
  EXPECT_FALSE(rules(a, b).cut);
  EXPECT_TRUE(rules(a, c).cut);
  obey("heal");
  EXPECT_FALSE(rules(a, c).cut);
  EXPECT_EQ(rules(a, b).delay, 1ms);
}

TEST_F(NetlabNetwork, WhatCannotBeUnderstoodChangesNothing) {
  for (const std::string_view wrong : {"",
                                       " ",
                                       "dleay a b 1ms",
                                       "delay",
                                       "delay a",
                                       "delay a b",
                                       "delay a b 1",
                                       "delay a b -1ms",
                                       "delay a b 1ms 1ms 1ms",
                                       "delay a b nan",
                                       "delay a b infms",
                                       "delay a b 1e11s",
                                       "delay a a 1ms",
                                       "delay a z 1ms",
                                       "delay a>z 1ms",
                                       "delay > 1ms",
                                       "loss a b 1.1",
                                       "loss a b -0.1",
                                       "loss a b 1ms",
                                       "rate a b",
                                       "rate a b 1parsec",
                                       "queue a b x",
                                       "cut",
                                       "cut a",
                                       "cut a b c",
                                       "heal a",
                                       "count a"}) {
    EXPECT_THAT(network_.obey(wrong), StartsWith("error ")) << wrong;
    for (const std::size_t to : {b, c}) {
      EXPECT_EQ(rules(a, to).delay, 0ms) << wrong;
      EXPECT_EQ(rules(a, to).loss, 0) << wrong;
      EXPECT_FALSE(rules(a, to).cut) << wrong;
    }
  }
}

TEST_F(NetlabNetwork, CountsWhatHappenedOnEachPath) {
  network_.path(a, b).on_packet(TimePoint(1s), 60);
  obey("cut a b");
  network_.path(a, b).on_packet(TimePoint(1s), 60);
  const std::string counts = network_.obey("count");
  EXPECT_THAT(counts, HasSubstr("count a>b packets=1 bytes=60 lost=0 cut=1 full=0\n"));
  EXPECT_THAT(counts, HasSubstr("count c>b packets=0 bytes=0 lost=0 cut=0 full=0\n"));
  EXPECT_THAT(counts, testing::EndsWith("\nok\n"));
}

}  // namespace
}  // namespace troupe::netlab
