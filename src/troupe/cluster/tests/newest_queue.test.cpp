#include "troupe/cluster/newest_queue.hpp"

#include <gtest/gtest.h>

namespace troupe::cluster {
namespace {

struct Position {
  static constexpr auto wire_name = "test.position";
  int x = 0;
};
struct Name {
  static constexpr auto wire_name = "test.name";
  int x = 0;
};

template <class M>
EnvelopePtr message(std::uint32_t sender, std::uint32_t recipient, M payload, PartitionKey key = {}) {
  EnvelopePtr envelope = Envelope::make_message(EnvelopeKind::kTell, payload, {.channel = {}, .key = key});
  envelope->sender.actor = ActorId::at(0, sender, 1);
  envelope->recipient = ActorId::at(0, recipient, 1);
  return envelope;
}

int next(NewestQueue& queue) {
  const EnvelopePtr envelope = queue.pop();
  if (!envelope) return -1;
  if (const auto* position = envelope->get<Position>()) return position->x;
  return 100 + envelope->get<Name>()->x;
}

TEST(NewestQueue, keeps_the_newest_of_each_key_in_the_place_of_the_first) {
  NewestQueue queue;
  EXPECT_FALSE(queue.push(message(1, 9, Position{1})));
  EXPECT_FALSE(queue.push(message(2, 9, Position{2})));
  EXPECT_TRUE(queue.push(message(1, 9, Position{3})));
  EXPECT_EQ(queue.size(), 2U);
  EXPECT_EQ(next(queue), 3);
  EXPECT_EQ(next(queue), 2);
  EXPECT_EQ(next(queue), -1);
}

TEST(NewestQueue, another_recipient_type_or_key_is_another_message) {
  NewestQueue queue;
  queue.push(message(1, 8, Position{1}));
  queue.push(message(1, 9, Position{2}));
  queue.push(message(1, 9, Name{3}));
  queue.push(message(1, 9, Position{4}, 7));
  EXPECT_EQ(queue.size(), 4U);
  EXPECT_TRUE(queue.push(message(2, 9, Position{5}, 7))) << "with a key, the sender does not matter";
  EXPECT_EQ(next(queue), 1);
  EXPECT_EQ(next(queue), 2);
  EXPECT_EQ(next(queue), 103);
  EXPECT_EQ(next(queue), 5);
}

TEST(NewestQueue, what_was_taken_out_makes_room_for_the_next_of_its_key) {
  NewestQueue queue;
  queue.push(message(1, 9, Position{1}));
  EXPECT_EQ(next(queue), 1);
  EXPECT_FALSE(queue.push(message(1, 9, Position{2})));
  EXPECT_EQ(next(queue), 2);
}

}  // namespace
}  // namespace troupe::cluster
