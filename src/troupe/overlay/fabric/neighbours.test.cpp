#include "troupe/overlay/fabric/neighbours.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace troupe::overlay {
namespace {

using testing::IsEmpty;

constexpr Duration kWindow = 5s;
constexpr bool kDialedByUs = true;
constexpr bool kDialedByPeer = false;

Member member(const std::string& name) { return {.name = name, .incarnation = 1, .address = name + ":1"}; }

TimePoint at(Duration since_start) { return TimePoint(since_start); }

/// What a link is closed with that is not needed.
CloseLink closed(LinkId link, const std::string& by) { return {link, "another link to node '" + by + "' is in use"}; }

struct Links {
  explicit Links(const std::string& self) : neighbours(self, kWindow) {}

  Actions add(Duration now, LinkId link, const std::string& peer, bool dialed_by_us) {
    Actions actions;
    neighbours.add(at(now), link, member(peer), dialed_by_us, actions);
    return actions;
  }
  Actions remove(LinkId link) {
    Actions actions;
    was_last = neighbours.remove(link, actions);
    return actions;
  }

  Neighbours neighbours;
  bool was_last = false;
};

TEST(Neighbours, a_first_link_is_used) {
  Links a("a");
  EXPECT_EQ(a.add(0s, 1, "b", kDialedByUs), (Actions{LinkChosen{member("b").id(), 1}}));
  ASSERT_NE(a.neighbours.find(hash64("b")), nullptr);
  EXPECT_EQ(a.neighbours.find(hash64("b"))->member, member("b"));
  EXPECT_EQ(a.neighbours.owner(1), a.neighbours.find(hash64("b")));
  EXPECT_EQ(a.neighbours.owner(2), nullptr);
  EXPECT_EQ(a.neighbours.find(hash64("c")), nullptr);
}

TEST(Neighbours, a_last_link_that_is_lost_leaves_no_neighbour) {
  Links a("a");
  (void)a.add(0s, 1, "b", kDialedByUs);
  EXPECT_THAT(a.remove(1), IsEmpty());
  EXPECT_TRUE(a.was_last);
  EXPECT_TRUE(a.neighbours.all().empty());
  EXPECT_EQ(a.neighbours.owner(1), nullptr);
}

TEST(Neighbours, of_two_crossing_dials_both_ends_keep_that_of_the_smaller_name_in_whatever_order_they_come) {
  for (const bool first_is_of_a : {true, false}) {
    SCOPED_TRACE(first_is_of_a);
    const LinkId of_a = 1;
    const LinkId of_b = 2;
    Links a("a");
    Links b("b");
    Actions actions_of_a;
    for (const LinkId link : {first_is_of_a ? of_a : of_b, first_is_of_a ? of_b : of_a}) {
      actions_of_a = a.add(1s, link, "b", link == of_a ? kDialedByUs : kDialedByPeer);
      const Actions actions_of_b = b.add(1s, link, "a", link == of_b ? kDialedByUs : kDialedByPeer);
      for (const Action& action : actions_of_b)
        EXPECT_FALSE(std::holds_alternative<CloseLink>(action)) << "the name that comes later waits for the one before";
    }
    EXPECT_EQ(actions_of_a.back(), Action(closed(of_b, "a")));
    EXPECT_EQ(a.neighbours.find(hash64("b"))->links.front().id, of_a);
    EXPECT_EQ(b.neighbours.find(hash64("a"))->links.front().id, of_a);
  }
}

TEST(Neighbours, a_link_that_the_other_end_keeps_takes_over_when_ours_is_closed) {
  Links b("b");
  (void)b.add(0s, 1, "a", kDialedByPeer);
  EXPECT_THAT(b.add(0s, 2, "a", kDialedByUs), IsEmpty()) << "in reserve";
  EXPECT_EQ(b.remove(1), (Actions{LinkChosen{member("a").id(), 2}}));
  EXPECT_FALSE(b.was_last);
}

TEST(Neighbours, the_end_of_a_link_in_reserve_is_no_news) {
  Links b("b");
  (void)b.add(0s, 1, "a", kDialedByPeer);
  (void)b.add(0s, 2, "a", kDialedByUs);
  EXPECT_THAT(b.remove(2), IsEmpty());
  EXPECT_FALSE(b.was_last);
}

TEST(Neighbours, after_the_window_the_newer_link_is_used_whoever_dialed) {
  Links a("a");
  (void)a.add(0s, 1, "b", kDialedByUs);
  EXPECT_EQ(a.add(kWindow + 1ms, 2, "b", kDialedByPeer), (Actions{LinkChosen{member("b").id(), 2}, closed(1, "a")}));
}

TEST(Neighbours, long_after_the_window_the_greater_name_closes_what_is_dead_for_the_peer) {
  Links b("b");
  (void)b.add(0s, 1, "a", kDialedByUs);
  EXPECT_EQ(b.add(2 * kWindow + 1ms, 2, "a", kDialedByPeer),
            (Actions{LinkChosen{member("a").id(), 2}, closed(1, "b")}));
  const Duration later = 4 * kWindow;
  EXPECT_EQ(b.add(later, 3, "a", kDialedByPeer), (Actions{LinkChosen{member("a").id(), 3}}))
      << "soon after it the two ends may disagree about the age";
}

TEST(Neighbours, a_peer_cannot_make_us_keep_many_links) {
  Links b("b");
  std::size_t closed = 0;
  for (LinkId link = 1; link <= 100; ++link) {
    for (const Action& action : b.add(0s, link, "a", kDialedByPeer))
      closed += std::holds_alternative<CloseLink>(action) ? 1 : 0;
  }
  EXPECT_EQ(b.neighbours.find(hash64("a"))->links.size(), 4U);
  EXPECT_EQ(closed, 96U);
}

TEST(Neighbours, all_links_to_a_node_are_closed_together) {
  Links b("b");
  (void)b.add(0s, 1, "a", kDialedByPeer);
  (void)b.add(0s, 2, "a", kDialedByUs);
  (void)b.add(0s, 3, "c", kDialedByUs);
  Actions actions;
  b.neighbours.close(hash64("a"), "enough", actions);
  EXPECT_EQ(actions, (Actions{CloseLink{1, "enough"}, CloseLink{2, "enough"}}));
  EXPECT_EQ(b.neighbours.owner(1), nullptr);
  EXPECT_EQ(b.neighbours.owner(2), nullptr);
  EXPECT_EQ(b.neighbours.all().size(), 1U);
  b.neighbours.close(hash64("a"), "again", actions);
  EXPECT_EQ(actions.size(), 2U);
}

}  // namespace
}  // namespace troupe::overlay
