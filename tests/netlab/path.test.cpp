#include "path.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace troupe::netlab {
namespace {

constexpr TimePoint kStart{1h};

/// A path, and what happened to the packets that were sent on it.
struct Line {
  explicit Line(const Rules& rules, std::uint64_t seed = 1) : path(seed) { path.set_rules(rules); }

  Path::Fate send(TimePoint now, std::size_t size = 100) {
    const auto [fate, due] = path.on_packet(now, size);
    if (fate == Path::Fate::kHold) path.hold({.size = size, .due = due});
    return fate;
  }

  /// When each of the packets on their way is due, after the start.
  std::vector<Duration> drain() {
    std::vector<Duration> dues;
    while (!path.is_idle()) dues.push_back(path.release().due - kStart);
    return dues;
  }

  Path path;
};

TEST(Path, DeliversAtOnceWithoutRules) {
  Line line({});
  EXPECT_EQ(line.send(kStart), Path::Fate::kDeliver);
  EXPECT_TRUE(line.path.is_idle());
  EXPECT_EQ(line.path.counters().packets, 1U);
  EXPECT_EQ(line.path.counters().bytes, 100U);
}

TEST(Path, HoldsEachPacketForTheDelay) {
  Line line({.delay = 10ms});
  EXPECT_EQ(line.send(kStart), Path::Fate::kHold);
  EXPECT_EQ(line.send(kStart + 3ms), Path::Fate::kHold);
  EXPECT_EQ(line.path.next_due(), kStart + 10ms);
  EXPECT_EQ(line.drain(), (std::vector<Duration>{10ms, 13ms}));
}

TEST(Path, APacketDoesNotOvertakeWhenTheDelayBecomesShorter) {
  Line line({.delay = 10ms});
  line.send(kStart);
  line.path.set_rules({});
  EXPECT_EQ(line.send(kStart + 1ms), Path::Fate::kHold);
  EXPECT_EQ(line.drain(), (std::vector<Duration>{10ms, 10ms}));
  EXPECT_EQ(line.send(kStart + 2ms), Path::Fate::kDeliver);
}

TEST(Path, JitterIsWithinItsLimitAndKeepsTheOrder) {
  Line line({.delay = 10ms, .jitter = 5ms});
  for (int i = 0; i < 100; ++i) line.send(kStart + i * 1ms);
  Duration last{};
  for (int i = 0; const Duration due : line.drain()) {
    EXPECT_GE(due, last);
    EXPECT_GE(due, 10ms + i * 1ms);
    EXPECT_LE(due, 15ms + i * 1ms);
    last = due;
    ++i;
  }
}

TEST(Path, ARateSpacesPacketsByTheirSize) {
  Line line({.delay = 1ms, .bytes_per_second_max = 100'000});  // 100 bytes take 1 ms.
  for (int i = 0; i < 3; ++i) line.send(kStart);
  EXPECT_EQ(line.drain(), (std::vector<Duration>{2ms, 3ms, 4ms}));
  line.send(kStart + 1s);
  EXPECT_EQ(line.drain(), (std::vector<Duration>{1002ms}));  // What was not used is not saved up.
}

TEST(Path, DropsWhatFindsNoRoom) {
  Line line({.delay = 10ms, .queue_bytes_max = 250});
  EXPECT_EQ(line.send(kStart), Path::Fate::kHold);
  EXPECT_EQ(line.send(kStart), Path::Fate::kHold);
  EXPECT_EQ(line.send(kStart), Path::Fate::kDrop);
  EXPECT_EQ(line.send(kStart, 50), Path::Fate::kHold);
  EXPECT_EQ(line.path.counters().dropped_by_full_queue, 1U);
  line.drain();
  EXPECT_EQ(line.send(kStart), Path::Fate::kHold);
}

TEST(Path, LosesTheSharePutDownAndTheSamePacketsForTheSameSeed) {
  Line line({.loss = 0.25}, 3);
  Line same({.loss = 0.25}, 3);
  Line other({.loss = 0.25}, 4);
  int different = 0;
  for (int i = 0; i < 10'000; ++i) {
    const Path::Fate fate = line.send(kStart);
    EXPECT_EQ(fate, same.send(kStart));
    if (fate != other.send(kStart)) ++different;
  }
  EXPECT_NEAR(static_cast<double>(line.path.counters().dropped_by_loss), 2'500, 200);
  EXPECT_GT(different, 1'000);
}

TEST(Path, ACutDropsAlsoWhatIsOnItsWay) {
  Line line({.delay = 10ms});
  line.send(kStart);
  line.path.set_rules({.delay = 10ms, .cut = true});
  EXPECT_EQ(line.send(kStart), Path::Fate::kDrop);
  EXPECT_EQ(line.path.release().size, 0U);
  EXPECT_EQ(line.path.counters().dropped_by_cut, 2U);
  line.path.set_rules({.delay = 10ms});
  EXPECT_EQ(line.send(kStart), Path::Fate::kHold);
  EXPECT_EQ(line.path.release().size, 100U);
}

}  // namespace
}  // namespace troupe::netlab
