#include "troupe/actor/delivery/causal_order.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <string>

#include "troupe/base/random.hpp"

namespace troupe {
namespace {

const CausalOrder::Line kLine{ActorId::at(0, 1, 1), 7};
using Numbers = std::vector<std::uint64_t>;

TEST(CausalOrder, messages_to_one_recipient_follow_each_other) {
  CausalOrder order;
  EXPECT_TRUE(order.submit(kLine, 1, 100));
  EXPECT_TRUE(order.submit(kLine, 2, 100));
  EXPECT_EQ(order.settle(kLine), Numbers{});
  EXPECT_EQ(order.settle(kLine), Numbers{});
  EXPECT_EQ(order.lines(), 0U);
}

TEST(CausalOrder, one_to_another_recipient_waits_until_all_before_are_settled) {
  CausalOrder order;
  order.submit(kLine, 1, 100);
  order.submit(kLine, 2, 100);
  EXPECT_FALSE(order.submit(kLine, 3, 200));
  EXPECT_FALSE(order.submit(kLine, 4, 200));
  EXPECT_FALSE(order.submit(kLine, 5, 100));  // Not before what waits already.
  EXPECT_EQ(order.settle(kLine), Numbers{});
  EXPECT_EQ(order.settle(kLine), (Numbers{3, 4}));
  EXPECT_EQ(order.settle(kLine), Numbers{});
  EXPECT_EQ(order.settle(kLine), Numbers{5});
}

TEST(CausalOrder, other_senders_and_labels_do_not_wait) {
  CausalOrder order;
  order.submit(kLine, 1, 100);
  EXPECT_TRUE(order.submit({kLine.sender, 8}, 2, 200));
  EXPECT_TRUE(order.submit({ActorId::at(0, 2, 1), kLine.label}, 3, 200));
}

TEST(CausalOrder, one_that_waits_no_more_holds_nobody_up) {
  CausalOrder order;
  order.submit(kLine, 1, 100);
  order.submit(kLine, 2, 200);
  order.submit(kLine, 3, 100);
  EXPECT_EQ(order.withdraw(kLine, 2), Numbers{3});
}

/// Actors that send each other labelled messages over a network that delays each pair's messages as it likes, loses
/// some (their senders learn that they never will arrive), and delays the news of what was delivered. A judge knows
/// every message's past.
class Chaos {
 public:
  explicit Chaos(std::uint64_t seed, bool ordered = true) : random_(seed), ordered_(ordered) {}

  void run() {
    for (int i = 0; i < 300 && failure.empty(); ++i) {
      if (random_.chance(0.4)) send(static_cast<std::uint32_t>(random_.below(kActors)));
      if (random_.chance(0.5)) arrive();
      if (random_.chance(0.5)) hear();
    }
    while (failure.empty() && (!wire_.empty() || !news_.empty())) random_.chance(0.5) ? arrive() : hear();
    if (failure.empty() && order_.lines() != 0) failure = "a message waits for ever";
  }

  std::string failure;

 private:
  static constexpr std::uint32_t kActors = 5;
  using Clock = std::array<std::uint64_t, kActors>;  // Of each sender, how many of its messages.
  struct Message {
    std::uint32_t from = 0;
    std::uint32_t to = 0;
    Clock past{};  ///< With itself.
  };

  static CausalOrder::Line line(std::uint32_t actor) { return {ActorId::at(0, actor + 1, 1), 7}; }

  void send(std::uint32_t from) {
    const auto to = static_cast<std::uint32_t>((from + 1 + random_.below(kActors - 1)) % kActors);
    ++clocks_[from][from];
    messages_.push_back({from, to, clocks_[from]});
    const std::uint64_t id = messages_.size() - 1;
    if (order_.submit(line(from), id, to) || !ordered_) wire_[{from, to}].push_back(id);
  }

  void arrive() {
    if (wire_.empty()) return;
    auto pair = wire_.begin();
    std::advance(pair, static_cast<std::ptrdiff_t>(random_.below(wire_.size())));
    const std::uint64_t id = pair->second.front();
    pair->second.pop_front();
    if (pair->second.empty()) wire_.erase(pair);
    if (random_.chance(0.9)) deliver(messages_[id]);
    news_.push_back(id);
  }

  void deliver(const Message& message) {
    Clock& received = received_[message.to];
    if (received[message.from] >= message.past[message.from])
      failure = fmt::format("{} got a message of {} after one that depends on it", message.to, message.from);
    Clock& known = clocks_[message.to];
    for (std::uint32_t i = 0; i < kActors; ++i) {
      received[i] = std::max(received[i], message.past[i]);
      known[i] = std::max(known[i], message.past[i]);
    }
  }

  void hear() {
    if (news_.empty()) return;
    const auto at = static_cast<std::ptrdiff_t>(random_.below(news_.size()));
    const Message& message = messages_[news_[static_cast<std::size_t>(at)]];
    news_.erase(news_.begin() + at);
    if (!ordered_) return;
    for (const std::uint64_t id : order_.settle(line(message.from)))
      wire_[{messages_[id].from, messages_[id].to}].push_back(id);
  }

  Random random_;
  bool ordered_;
  CausalOrder order_;
  std::vector<Message> messages_;
  std::array<Clock, kActors> clocks_{};    ///< What each actor knows of.
  std::array<Clock, kActors> received_{};  ///< The past of all that each has got.
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::deque<std::uint64_t>> wire_;
  std::deque<std::uint64_t> news_;
};

TEST(CausalOrderChaos, a_recipient_gets_the_past_of_a_message_before_the_message) {
  for (std::uint64_t seed = 1; seed <= 5000; ++seed) {
    Chaos chaos(seed);
    chaos.run();
    ASSERT_EQ(chaos.failure, "") << "seed " << seed;
  }
}

TEST(CausalOrderChaos, the_judge_sees_when_the_order_is_broken) {
  std::size_t broken = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Chaos chaos(seed, false);
    chaos.run();
    broken += chaos.failure.empty() ? 0 : 1;
  }
  EXPECT_GT(broken, 10U);
}

}  // namespace
}  // namespace troupe
