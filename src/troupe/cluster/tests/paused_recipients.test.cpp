#include "troupe/cluster/paused_recipients.hpp"

#include <gtest/gtest.h>

namespace troupe::cluster {
namespace {

constexpr NodeId kNode{5, 1};
constexpr TimePoint kStart{1s};

Pause pause_of(std::uint32_t slot, bool is_on = true) { return {ActorId::at(0, slot, 1), {}, is_on}; }

TEST(PausedRecipients, a_pause_holds_until_its_end) {
  PausedRecipients paused;
  const Pause pause{ActorId::at(0, 1, 1), ActorId::named("worker"), true};
  paused.set(kNode, pause, kStart);
  EXPECT_TRUE(paused.contains(kNode, ActorId::at(0, 1, 1), kStart));
  EXPECT_TRUE(paused.contains(kNode, ActorId::named("worker"), kStart));
  EXPECT_FALSE(paused.contains(kNode, ActorId::at(0, 2, 1), kStart));
  EXPECT_FALSE(paused.contains({6, 1}, ActorId::at(0, 1, 1), kStart)) << "another node's";
  paused.set(kNode, {pause.actor, pause.name, false}, kStart);
  EXPECT_FALSE(paused.contains(kNode, ActorId::at(0, 1, 1), kStart));
  EXPECT_FALSE(paused.contains(kNode, ActorId::named("worker"), kStart));
}

TEST(PausedRecipients, a_pause_that_is_not_renewed_ends_by_itself) {
  PausedRecipients paused;
  paused.set(kNode, pause_of(1), kStart);
  paused.set(kNode, pause_of(1), kStart + 4s);
  EXPECT_TRUE(paused.contains(kNode, ActorId::at(0, 1, 1), kStart + 8s));
  EXPECT_FALSE(paused.contains(kNode, ActorId::at(0, 1, 1), kStart + 9s));
}

TEST(PausedRecipients, a_node_that_is_gone_takes_its_pauses_along) {
  PausedRecipients paused;
  paused.set(kNode, pause_of(1), kStart);
  paused.set({6, 1}, pause_of(1), kStart);
  paused.forget(kNode);
  EXPECT_FALSE(paused.contains(kNode, ActorId::at(0, 1, 1), kStart));
  EXPECT_TRUE(paused.contains({6, 1}, ActorId::at(0, 1, 1), kStart));
}

TEST(PausedRecipients, a_peer_that_makes_up_too_many_is_not_heeded) {
  PausedRecipients paused;
  for (std::uint32_t slot = 1; slot <= PausedRecipients::kCountMax; ++slot) paused.set(kNode, pause_of(slot), kStart);
  paused.set(kNode, pause_of(PausedRecipients::kCountMax + 1), kStart);
  EXPECT_FALSE(paused.contains(kNode, ActorId::at(0, PausedRecipients::kCountMax + 1, 1), kStart));
  EXPECT_TRUE(paused.contains(kNode, ActorId::at(0, PausedRecipients::kCountMax, 1), kStart));
}

}  // namespace
}  // namespace troupe::cluster
