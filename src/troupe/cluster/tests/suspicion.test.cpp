#include <gtest/gtest.h>

#include "troupe/cluster/tests/cluster_fixture.test.hpp"

// A node that stands still is suspected, and is trusted again when it goes on.
namespace troupe::cluster {
namespace {

class SuspicionTest : public testing::Test {
 protected:
  SuspicionTest() { advance(wire_, {&ada_, &bob_}, 5s); }

  TopologyMember bob() {
    std::optional<Result<Topology>> answer;
    ada_.world.shard(0).ask(ada_.membership, GetTopology{}, 5s, [&](Result<Topology> got) { answer = std::move(got); });
    settle(wire_, {&ada_});
    return answer->value().members.at(1);
  }
  double metric(const std::string& name) { return ada_.world.metric(name); }

  TestWire wire_;
  ClusterNode ada_{"ada", {"bob:1"}};
  ClusterNode bob_{"bob", {}};
};

TEST_F(SuspicionTest, comes_with_silence_and_goes_with_the_next_heartbeat) {
  EXPECT_EQ(bob().state, overlay::MemberState::kUp);
  EXPECT_LT(bob().suspicion, 1);
  EXPECT_EQ(metric("troupe_cluster_members_suspected"), 0);

  advance(wire_, {&ada_}, 1200ms);
  EXPECT_EQ(bob().state, overlay::MemberState::kSuspected);
  EXPECT_GT(bob().suspicion, 8);
  EXPECT_EQ(metric("troupe_cluster_members_suspected"), 1);
  EXPECT_EQ(metric("troupe_cluster_members_up"), 1) << "it stays a member";
  EXPECT_EQ(bob().links.size(), 1U) << "and its link stays";

  advance(wire_, {&bob_}, 1200ms);
  settle(wire_, {&ada_, &bob_});
  EXPECT_EQ(bob().state, overlay::MemberState::kUp);
  EXPECT_EQ(metric("troupe_cluster_members_suspected"), 0);
  EXPECT_EQ(metric("troupe_cluster_suspicions_total"), 1);
}

TEST_F(SuspicionTest, is_over_when_the_link_is) {
  advance(wire_, {&ada_}, 4s);
  EXPECT_EQ(bob().state, overlay::MemberState::kUnreachable);
  EXPECT_EQ(metric("troupe_cluster_members_suspected"), 0);
}

}  // namespace
}  // namespace troupe::cluster
