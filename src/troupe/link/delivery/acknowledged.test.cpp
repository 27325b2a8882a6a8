#include "troupe/link/delivery/acknowledged.hpp"

#include <gtest/gtest.h>

namespace troupe::link {
namespace {

using Source = AcknowledgedReceiver::Source;
using Verdict = AcknowledgedReceiver::Verdict;

constexpr TimePoint kStart{};
constexpr Duration kFirstRetry = 250ms;  // With all of its jitter.

/// A sender, and what it last wanted done.
struct Sending {
  explicit Sending(AcknowledgedOptions options = {}) : sender(options, Random(1)) {}

  bool submit(std::uint64_t number, std::uint64_t flow = 1, Duration within = 10s, bool insist = false) {
    actions = {};
    return sender.submit(now, {number, flow, now + within, insist}, actions);
  }
  void answer(std::uint64_t number, Fate fate = Fate::kDelivered, ErrorCode why = ErrorCode::kUnknown) {
    actions = {};
    sender.on_answer(now, 0, number, fate, why, actions);
  }
  void not_sent(std::uint64_t number, ErrorCode why) {
    actions = {};
    sender.on_not_sent(number, why, now, actions);
  }
  void wait(Duration duration) {
    now += duration;
    actions = {};
    sender.on_tick(now, actions);
  }
  std::vector<std::uint64_t> sent() const {
    std::vector<std::uint64_t> numbers;
    for (const auto& each : actions.transmits) numbers.push_back(each.number);
    return numbers;
  }
  using Numbers = std::vector<std::uint64_t>;

  TimePoint now = kStart;
  AcknowledgedSender sender;
  AcknowledgedActions actions;
};
using Numbers = Sending::Numbers;

TEST(AcknowledgedSender, sends_at_once_and_hears_that_it_was_delivered) {
  Sending world;
  ASSERT_TRUE(world.submit(1));
  EXPECT_EQ(world.sent(), Numbers{1});
  world.answer(1);
  ASSERT_EQ(world.actions.outcomes.size(), 1U);
  EXPECT_EQ(world.actions.outcomes[0].fate, Fate::kDelivered);
  EXPECT_EQ(world.actions.forgotten, Numbers{1});
  world.answer(1);  // A second answer says nothing new.
  EXPECT_TRUE(world.actions.outcomes.empty());
}

TEST(AcknowledgedSender, names_the_one_before_of_its_flow_while_that_has_no_outcome) {
  Sending world;
  world.submit(1);
  world.submit(2, 2);
  EXPECT_EQ(world.actions.transmits[0].stamp.previous, 0U);
  world.submit(3);
  EXPECT_EQ(world.actions.transmits[0].stamp.previous, 1U);
  EXPECT_EQ(world.actions.transmits[0].stamp.low, 1U);
  world.answer(1);
  world.answer(3);
  world.submit(4);
  EXPECT_EQ(world.actions.transmits[0].stamp.previous, 0U);
  EXPECT_EQ(world.actions.transmits[0].stamp.low, 2U);
}

TEST(AcknowledgedSender, tries_the_first_of_a_flow_again_and_the_rest_after_its_answer) {
  Sending world;
  world.submit(1);
  world.submit(2);
  world.wait(kFirstRetry);
  EXPECT_EQ(world.sent(), Numbers{1});
  world.submit(3);  // Waits for the first, too.
  EXPECT_EQ(world.sent(), Numbers{});
  world.answer(1);
  EXPECT_EQ(world.sent(), (Numbers{2, 3}));
  EXPECT_EQ(world.actions.transmits[1].stamp.previous, 2U);
  EXPECT_EQ(world.sender.retransmissions(), 2U);
}

TEST(AcknowledgedSender, waits_twice_as_long_after_each_attempt_up_to_a_bound) {
  Sending world({.retry_min = 100ms, .retry_max = 400ms, .retry_jitter = 0});
  world.submit(1, 1, 1h);
  for (const Duration pause : {100ms, 200ms, 400ms, 400ms}) {
    EXPECT_EQ(world.sender.next_tick(), world.now + pause);
    world.wait(pause);
    EXPECT_EQ(world.sent(), Numbers{1});
  }
}

TEST(AcknowledgedSender, jitter_lengthens_a_pause_by_at_most_its_fraction) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    AcknowledgedSender sender({.retry_min = 100ms, .retry_jitter = 0.5}, Random(seed));
    AcknowledgedActions actions;
    sender.submit(kStart, {1, 1, kStart + 1h}, actions);
    EXPECT_GE(sender.next_tick(), kStart + 100ms);
    EXPECT_LE(sender.next_tick(), kStart + 150ms);
  }
}

TEST(AcknowledgedSender, does_not_know_what_became_of_a_message_that_was_sent_when_the_deadline_passes) {
  Sending world;
  world.submit(1, 1, 1s);
  world.wait(999ms);
  EXPECT_TRUE(world.actions.outcomes.empty());
  world.wait(1ms);
  ASSERT_EQ(world.actions.outcomes.size(), 1U);
  EXPECT_EQ(world.actions.outcomes[0].fate, Fate::kUnknown);
  EXPECT_EQ(world.actions.outcomes[0].why, ErrorCode::kTimeout);
  EXPECT_EQ(world.sender.size(), 0U);
}

TEST(AcknowledgedSender, gives_up_after_so_many_attempts) {
  Sending world({.retry_min = 1ms, .retry_max = 1ms, .attempts_max = 3});
  world.submit(1, 1, 1h);
  world.wait(2ms);
  world.wait(2ms);
  EXPECT_TRUE(world.actions.outcomes.empty());
  world.wait(2ms);
  ASSERT_EQ(world.actions.outcomes.size(), 1U);
  EXPECT_EQ(world.actions.outcomes[0].fate, Fate::kUnknown);
}

TEST(AcknowledgedSender, what_never_left_was_refused_and_says_why) {
  Sending world;
  world.submit(1, 1, 1s);
  world.not_sent(1, ErrorCode::kUnreachable);
  EXPECT_TRUE(world.actions.outcomes.empty());  // The way may come back.
  world.wait(kFirstRetry);
  EXPECT_EQ(world.sent(), Numbers{1});
  world.not_sent(1, ErrorCode::kQueueFull);
  world.wait(750ms);
  ASSERT_EQ(world.actions.outcomes.size(), 1U);
  EXPECT_EQ(world.actions.outcomes[0].fate, Fate::kRefused);
  EXPECT_EQ(world.actions.outcomes[0].why, ErrorCode::kQueueFull);
}

TEST(AcknowledgedSender, a_message_too_large_for_the_peer_is_refused_at_once) {
  Sending world;
  world.submit(1);
  world.not_sent(1, ErrorCode::kTooLarge);
  ASSERT_EQ(world.actions.outcomes.size(), 1U);
  EXPECT_EQ(world.actions.outcomes[0].fate, Fate::kRefused);
  EXPECT_EQ(world.actions.outcomes[0].why, ErrorCode::kTooLarge);
}

TEST(AcknowledgedSender, takes_no_more_than_the_bound_from_the_oldest_on) {
  Sending world({.messages_max = 2});
  EXPECT_TRUE(world.submit(1, 1));
  EXPECT_TRUE(world.submit(2, 2));
  EXPECT_FALSE(world.submit(3, 3));
  world.answer(2);  // The peer still has to remember it.
  EXPECT_FALSE(world.submit(3, 3));
  world.answer(1);
  EXPECT_TRUE(world.submit(3, 3));
}

TEST(AcknowledgedSender, begins_again_with_the_first_of_each_flow_when_the_connection_is_back) {
  Sending world;
  world.submit(1, 1);
  world.submit(2, 2);
  world.submit(3, 1);
  world.actions = {};
  world.sender.on_reconnected(world.now, world.actions);
  EXPECT_EQ(world.sent(), (Numbers{1, 2}));
}

TEST(AcknowledgedSender, when_the_peer_is_gone_what_was_sent_is_unknown_and_what_was_not_is_refused) {
  Sending world;
  world.submit(1);
  world.submit(2, 2);
  world.not_sent(2, ErrorCode::kUnreachable);
  world.sender.on_peer_gone(world.actions);
  ASSERT_EQ(world.actions.outcomes.size(), 2U);
  EXPECT_EQ(world.actions.outcomes[0].fate, Fate::kUnknown);
  EXPECT_EQ(world.actions.outcomes[1].fate, Fate::kRefused);
  EXPECT_TRUE(world.sender.is_idle());
}

TEST(AcknowledgedSender, one_that_insists_has_a_late_message_cancelled_before_it_forgets_it) {
  Sending world;
  world.submit(1, 1, 1s, true);
  world.wait(1s);
  ASSERT_EQ(world.actions.outcomes.size(), 1U);
  EXPECT_EQ(world.actions.outcomes[0].fate, Fate::kUnknown);
  EXPECT_TRUE(world.actions.forgotten.empty());
  ASSERT_EQ(world.sent(), Numbers{1});
  EXPECT_TRUE(world.actions.transmits[0].stamp.cancel);
  world.wait(10s);
  EXPECT_EQ(world.sent(), Numbers{1});  // Until there is an answer.
  world.answer(1, Fate::kRefused, ErrorCode::kCancelled);
  EXPECT_TRUE(world.actions.outcomes.empty());
  EXPECT_EQ(world.actions.forgotten, Numbers{1});
}

TEST(AcknowledgedSender, tells_the_peer_how_far_it_is_when_it_has_nothing_more_to_send) {
  Sending world;
  world.submit(1);
  world.answer(1);
  EXPECT_FALSE(world.sender.is_idle());
  world.wait(1s);
  ASSERT_EQ(world.actions.notices.size(), 1U);
  EXPECT_EQ(world.actions.notices[0].low, 2U);
  EXPECT_TRUE(world.sender.is_idle());
}

// The receiver.

const Source kAda{{1, 1}, 0};

wire::DeliveryStamp stamp(std::uint64_t number, std::uint64_t previous = 0, std::uint64_t low = 1,
                          std::uint64_t flow = 1) {
  return {.number = number, .low = low, .previous = previous, .flow = flow, .remaining = 1s};
}

TEST(AcknowledgedReceiver, delivers_once_and_answers_each_copy) {
  AcknowledgedReceiver receiver({});
  EXPECT_EQ(receiver.on_message(kAda, stamp(1), true), Verdict::kDeliver);
  EXPECT_EQ(receiver.on_message(kAda, stamp(1), true), Verdict::kDuplicate);
  EXPECT_FALSE(receiver.has_answers());  // It is not known yet what becomes of it.
  receiver.on_outcome(kAda, 1, {});
  EXPECT_EQ(receiver.take_answers().at(0).second.delivered, (Numbers{1}));
  EXPECT_EQ(receiver.on_message(kAda, stamp(1), true), Verdict::kDuplicate);
  EXPECT_EQ(receiver.take_answers().at(0).second.delivered, (Numbers{1}));
}

TEST(AcknowledgedReceiver, says_why_a_message_was_refused) {
  AcknowledgedReceiver receiver({});
  receiver.on_message(kAda, stamp(1), true);
  receiver.on_outcome(kAda, 1, fail(ErrorCode::kNoSuchActor, ""));
  const auto answers = receiver.take_answers();
  ASSERT_EQ(answers.at(0).second.refused.size(), 1U);
  EXPECT_EQ(answers[0].second.refused[0], std::pair(std::uint64_t{1}, ErrorCode::kNoSuchActor));
}

TEST(AcknowledgedReceiver, does_not_deliver_before_the_one_before) {
  AcknowledgedReceiver receiver({});
  EXPECT_EQ(receiver.on_message(kAda, stamp(2, 1), true), Verdict::kEarly);
  EXPECT_EQ(receiver.on_message(kAda, stamp(1), true), Verdict::kDeliver);
  EXPECT_EQ(receiver.on_message(kAda, stamp(2, 1), true), Verdict::kDeliver);
}

TEST(AcknowledgedReceiver, the_sender_may_have_the_outcome_of_the_one_before) {
  AcknowledgedReceiver receiver({});
  EXPECT_EQ(receiver.on_message(kAda, stamp(8, 7, 8), true), Verdict::kDeliver);
}

TEST(AcknowledgedReceiver, what_was_given_up_does_not_come_after_a_later_one_of_its_flow) {
  AcknowledgedReceiver receiver({});
  EXPECT_EQ(receiver.on_message(kAda, stamp(3, 0, 1, 9), true), Verdict::kDeliver);
  EXPECT_EQ(receiver.on_message(kAda, stamp(2, 0, 1, 9), true), Verdict::kLate);
  EXPECT_EQ(receiver.on_message(kAda, stamp(1, 0, 1, 5), true), Verdict::kDeliver);  // Another flow.
}

TEST(AcknowledgedReceiver, forgets_what_its_sender_knows) {
  AcknowledgedReceiver receiver({});
  for (std::uint64_t number = 1; number <= 10; ++number) receiver.on_message(kAda, stamp(number), true);
  EXPECT_EQ(receiver.remembered(), 10U);
  receiver.on_low(kAda, 8);
  EXPECT_EQ(receiver.remembered(), 3U);
  EXPECT_EQ(receiver.on_message(kAda, stamp(7), true), Verdict::kDuplicate);
  EXPECT_FALSE(receiver.has_answers());  // Nobody waits for one.
}

TEST(AcknowledgedReceiver, remembers_no_more_than_its_bound) {
  AcknowledgedReceiver receiver({.remembered_max = 2});
  EXPECT_EQ(receiver.on_message(kAda, stamp(1), true), Verdict::kDeliver);
  EXPECT_EQ(receiver.on_message(kAda, stamp(2), true), Verdict::kDeliver);
  EXPECT_EQ(receiver.on_message(kAda, stamp(3), true), Verdict::kNoRoom);
  EXPECT_EQ(receiver.on_message(kAda, stamp(3, 0, 2), true), Verdict::kDeliver);
}

TEST(AcknowledgedReceiver, what_found_no_room_may_come_again) {
  AcknowledgedReceiver receiver({});
  EXPECT_EQ(receiver.on_message(kAda, stamp(1), false), Verdict::kNoRoom);
  EXPECT_EQ(receiver.on_message(kAda, stamp(1), true), Verdict::kDeliver);
}

TEST(AcknowledgedReceiver, a_cancelled_message_is_not_delivered_any_more) {
  AcknowledgedReceiver receiver({});
  wire::DeliveryStamp cancel = stamp(1);
  cancel.cancel = true;
  EXPECT_EQ(receiver.on_message(kAda, cancel, true), Verdict::kCancelled);
  EXPECT_EQ(receiver.on_message(kAda, stamp(1), true), Verdict::kDuplicate);
  EXPECT_EQ(receiver.take_answers().at(0).second.refused.size(), 2U);
}

TEST(AcknowledgedReceiver, a_delivered_message_cannot_be_cancelled) {
  AcknowledgedReceiver receiver({});
  receiver.on_message(kAda, stamp(1), true);
  receiver.on_outcome(kAda, 1, {});
  receiver.take_answers();
  wire::DeliveryStamp cancel = stamp(1);
  cancel.cancel = true;
  EXPECT_EQ(receiver.on_message(kAda, cancel, true), Verdict::kDuplicate);
  EXPECT_EQ(receiver.take_answers().at(0).second.delivered, (Numbers{1}));
}

TEST(AcknowledgedReceiver, a_new_life_of_a_node_numbers_anew_and_the_old_one_is_over) {
  AcknowledgedReceiver receiver({});
  const Source reborn{{1, 2}, 0};
  receiver.on_message(kAda, stamp(1), true);
  EXPECT_EQ(receiver.on_message(reborn, stamp(1), true), Verdict::kDeliver);
  EXPECT_EQ(receiver.remembered(), 1U);
  EXPECT_EQ(receiver.on_message(kAda, stamp(2), true), Verdict::kLate);
}

TEST(AcknowledgedReceiver, a_new_life_ends_what_every_shard_of_the_old_one_had_sent) {
  AcknowledgedReceiver receiver({});
  for (std::uint32_t shard = 0; shard < 4; ++shard) receiver.on_message({kAda.node, shard}, stamp(1), true);
  EXPECT_EQ(receiver.remembered(), 4U);
  receiver.on_message({{1, 2}, 1}, stamp(1), true);
  EXPECT_EQ(receiver.remembered(), 1U);
}

TEST(AcknowledgedReceiver, a_node_that_is_gone_is_forgotten_when_its_deadlines_have_passed) {
  AcknowledgedReceiver receiver({});
  receiver.on_message(kAda, stamp(1), true);
  receiver.on_node_gone(kStart, kAda.node);
  receiver.forget_gone(kStart + 1h - 1ns, 1h);
  EXPECT_EQ(receiver.on_message(kAda, stamp(1), true), Verdict::kDuplicate);  // It came back.
  receiver.forget_gone(kStart + 2h, 1h);
  EXPECT_EQ(receiver.remembered(), 1U);
  receiver.on_node_gone(kStart + 2h, kAda.node);
  receiver.forget_gone(kStart + 3h, 1h);
  EXPECT_EQ(receiver.remembered(), 0U);
}

}  // namespace
}  // namespace troupe::link
