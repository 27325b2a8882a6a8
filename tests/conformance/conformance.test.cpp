// What an application may rely on, whatever the overlay: the same in the simulator and on real processes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "cluster.hpp"
#include "troupe/overlay/overlay_choice.hpp"

namespace troupe::conformance {
namespace {

struct Place {
  std::string overlay;
  std::uint64_t seed = 0;  ///< 0: real processes.
};

class Conformance : public testing::TestWithParam<Place> {
 protected:
  /// All five start at once, and find each other.
  Conformance()
      : cluster_(GetParam().seed == 0 ? make_process_cluster(GetParam().overlay)
                                      : make_simulated_cluster(GetParam().overlay, GetParam().seed)) {
    for (unsigned node = 0; node < kNodes; ++node) cluster_->start(node);
    for (unsigned node = 0; node < kNodes; ++node) {
      for (unsigned other = 0; other < kNodes; ++other) {
        if (other != node) expect(node, "member " + node_name(other) + " up");
      }
    }
  }

  /// The node hears this in the end.
  void expect(unsigned node, const std::string& line, Duration within = 20s) {
    EXPECT_TRUE(cluster_->run_until([&] { return times(node, line) > 0; }, within))
        << node_name(node) << " should hear '" << line << "', and heard "
        << testing::PrintToString(cluster_->heard(node));
  }
  void expect_of_all_but(unsigned node, const std::string& line) {
    for (unsigned other = 0; other < kNodes; ++other) {
      if (other != node) expect(other, line);
    }
  }
  std::ptrdiff_t times(unsigned node, const std::string& line) {
    return std::ranges::count(cluster_->heard(node), line);
  }
  /// Those that begin so, in the order in which they were heard.
  std::vector<std::string> lines(unsigned node, const std::string& beginning) {
    std::vector<std::string> lines;
    std::ranges::copy_if(cluster_->heard(node), std::back_inserter(lines),
                         [&](const std::string& line) { return line.starts_with(beginning); });
    return lines;
  }
  /// Asks until there is an answer.
  void expect_answer(unsigned node, unsigned from) {
    const std::string answer = "answer " + node_name(from);
    const auto before = times(node, answer);
    for (int tries = 0; tries < 40 && times(node, answer) == before; ++tries) {
      cluster_->say(node, "ask " + node_name(from));
      cluster_->run_until([&] { return times(node, answer) > before; }, 500ms);
    }
    EXPECT_GT(times(node, answer), before) << node_name(node) << " gets no answer from " << node_name(from);
  }

  std::unique_ptr<Cluster> cluster_;
};

constexpr unsigned kFirst = 0;
constexpr unsigned kLast =
    kNodes - 1;  // In a static overlay and a ring not the first one's neighbour; a client of both servers.

TEST_P(Conformance, every_member_answers_every_other) {
  for (unsigned node = 0; node < kNodes; ++node) {
    for (unsigned other = 0; other < kNodes; ++other) {
      if (other != node) expect_answer(node, other);
    }
  }
}

TEST_P(Conformance, what_one_sends_to_another_arrives_in_order) {
  constexpr int kCount = 500;
  cluster_->say(kFirst, "flood n4 " + std::to_string(kCount));
  cluster_->say(kLast, "flood n2 " + std::to_string(kCount));
  expect(kLast, "said n0 " + std::to_string(kCount));
  expect(2, "said n4 " + std::to_string(kCount));
  std::vector<std::string> to_last;
  std::vector<std::string> to_middle;
  for (int i = 1; i <= kCount; ++i) {
    to_last.push_back("said n0 " + std::to_string(i));
    to_middle.push_back("said n4 " + std::to_string(i));
  }
  EXPECT_EQ(lines(kLast, "said n0"), to_last);
  EXPECT_EQ(lines(2, "said n4"), to_middle);
}

TEST_P(Conformance, a_broadcast_reaches_all_once) {
  for (unsigned node = 0; node < kNodes; ++node) cluster_->say(node, "broadcast hello");
  for (unsigned node = 0; node < kNodes; ++node) {
    for (unsigned root = 0; root < kNodes; ++root) expect(node, "spread " + node_name(root) + " hello");
  }
  cluster_->run_until([] { return false; }, 1s);
  for (unsigned node = 0; node < kNodes; ++node) EXPECT_EQ(lines(node, "spread").size(), kNodes);
}

TEST_P(Conformance, a_topic_reaches_those_who_want_it) {
  for (const unsigned node : {1U, kLast}) {
    cluster_->say(node, "subscribe news");
    expect(node, "subscribed news");
  }
  // Interest travels: a publisher that has not heard of it yet sends nothing.
  const auto is_heard = [this] { return times(1, "heard news first") > 0 && times(kLast, "heard news first") > 0; };
  for (int tries = 0; tries < 40 && !is_heard(); ++tries) {
    cluster_->say(kFirst, "publish news first");
    cluster_->run_until(is_heard, 500ms);
  }
  for (const std::string word : {"one", "two", "three"}) cluster_->say(kFirst, "publish news " + word);
  for (const unsigned node : {1U, kLast}) {
    expect(node, "heard news three");
    auto heard = lines(node, "heard");
    std::erase(heard, "heard news first");
    EXPECT_EQ(heard, (std::vector<std::string>{"heard news one", "heard news two", "heard news three"}));
  }
  EXPECT_TRUE(lines(2, "heard").empty());
}

TEST_P(Conformance, the_end_of_an_actor_is_told_to_who_monitors_it) {
  cluster_->say(kFirst, "monitor n4");
  cluster_->say(2, "monitor n4");
  expect_answer(kFirst, kLast);
  expect_answer(2, kLast);
  cluster_->say(kLast, "stop");
  expect(kFirst, "down n4");
  expect(2, "down n4");
  EXPECT_EQ(times(kFirst, "member n4 down"), 0) << "its node goes on";
}

TEST_P(Conformance, the_death_of_a_node_is_told_to_all_and_so_is_its_return) {
  cluster_->say(kFirst, "monitor n4");
  expect_answer(kFirst, kLast);
  cluster_->kill(kLast);
  expect_of_all_but(kLast, "member n4 down");
  expect(kFirst, "down n4");
  cluster_->say(kFirst, "ask n4");
  expect(kFirst, "no answer n4 unreachable");

  const auto returns = times(kFirst, "member n4 up");
  cluster_->start(kLast);
  EXPECT_TRUE(cluster_->run_until([&] { return times(kFirst, "member n4 up") > returns; }, 20s));
  expect_answer(kFirst, kLast);
  expect_answer(kLast, kFirst);
  EXPECT_EQ(times(kFirst, "down n4"), 1) << "a monitor fires once";
}

TEST_P(Conformance, who_leaves_is_not_missed_and_may_come_back) {
  cluster_->leave(kLast);
  expect_of_all_but(kLast, "member n4 left");
  for (unsigned node = 0; node < kLast; ++node) EXPECT_EQ(times(node, "member n4 down"), 0);
  cluster_->start(kLast);
  for (unsigned node = 0; node < kLast; ++node) expect_answer(node, kLast);
}

TEST_P(Conformance, a_node_that_comes_back_at_once_is_the_newer_one_for_all) {
  for (int lives = 0; lives < 3; ++lives) {
    cluster_->kill(kLast);
    cluster_->start(kLast);
  }
  for (unsigned node = 0; node < kLast; ++node) {
    expect(kLast, "member " + node_name(node) + " up");
    expect_answer(node, kLast);
    expect_answer(kLast, node);
  }
}

std::vector<Place> places() {
  std::vector<Place> places;
  for (const std::string& overlay : overlay::overlay_names()) {
    for (std::uint64_t seed = 0; seed <= 5; ++seed) places.push_back({overlay, seed});
  }
  return places;
}

INSTANTIATE_TEST_SUITE_P(Overlays, Conformance, testing::ValuesIn(places()), [](const auto& place) {
  return place.param.overlay + (place.param.seed == 0 ? "_processes" : "_seed_" + std::to_string(place.param.seed));
});

}  // namespace
}  // namespace troupe::conformance
