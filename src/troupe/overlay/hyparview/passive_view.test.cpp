#include "troupe/overlay/hyparview/passive_view.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

namespace troupe::overlay::hyparview {
namespace {

class Membership final : public View {
 public:
  explicit Membership(int count) {
    for (int i = 0; i < count; ++i) add("n" + std::to_string(i), 1);
  }
  NodeId add(const std::string& name, std::uint64_t incarnation) {
    const Member member{.name = name, .incarnation = incarnation, .address = name + ":1"};
    alive_[member.id().name] = member;
    return member.id();
  }
  void remove(NodeId node) { alive_.erase(node.name); }
  static NodeId node(int number) { return {hash64("n" + std::to_string(number)), 1}; }

  TimePoint now() const override { return {}; }
  const Member& self() const override { return self_; }
  std::vector<const Member*> members() const override { return {}; }
  const Member* find(std::uint64_t name) const override {
    const auto entry = alive_.find(name);
    return entry == alive_.end() ? nullptr : &entry->second;
  }
  bool is_suspected(std::uint64_t) const override { return false; }
  bool has_other_way(NodeId) const override { return true; }
  std::vector<NodeId> neighbours() const override { return {}; }
  bool is_neighbour(NodeId) const override { return false; }
  std::optional<Duration> round_trip(NodeId) const override { return std::nullopt; }

 private:
  Member self_{.name = "self", .incarnation = 1};
  std::map<std::uint64_t, Member> alive_;
};

TEST(PassiveView, holds_nobody_twice_and_not_itself) {
  Membership membership(3);
  PassiveView passive(5);
  Random random(1);
  for (int i = 0; i < 6; ++i) passive.insert(Membership::node(i % 3), membership, {}, random);
  passive.insert(membership.add("self", 1), membership, {}, random);
  EXPECT_EQ(passive.nodes().size(), 3U);
}

TEST(PassiveView, when_full_lets_go_whom_a_shuffle_gave_away_and_else_anybody) {
  const Membership membership(9);
  Random random(1);
  std::set<NodeId> replaced;
  for (int round = 0; round < 100; ++round) {
    PassiveView passive(3);
    for (int i = 0; i < 3; ++i) passive.insert(Membership::node(i), membership, {}, random);
    passive.insert(Membership::node(7), membership, {Membership::node(8), Membership::node(1)}, random);
    EXPECT_FALSE(passive.contains(Membership::node(1).name));
    EXPECT_EQ(passive.nodes().size(), 3U);

    passive.insert(Membership::node(4), membership, {}, random);
    EXPECT_EQ(passive.nodes().size(), 3U);
    for (const int old : {0, 2, 7}) {
      if (!passive.contains(Membership::node(old).name)) replaced.insert(Membership::node(old));
    }
  }
  EXPECT_EQ(replaced.size(), 3U);
}

TEST(PassiveView, keeps_to_the_membership) {
  Membership membership(2);
  PassiveView passive(5);
  Random random(1);
  passive.insert(Membership::node(0), membership, {}, random);
  passive.insert(Membership::node(1), membership, {}, random);
  passive.insert({123, 1}, membership, {}, random);
  EXPECT_EQ(passive.nodes().size(), 2U) << "nobody that the membership does not know";

  const NodeId again = membership.add("n0", 2);
  membership.remove(Membership::node(1));
  passive.follow(membership);
  EXPECT_EQ(passive.nodes(), std::vector{again});

  passive.insert(Membership::node(0), membership, {}, random);
  EXPECT_EQ(passive.nodes(), std::vector{again}) << "news of an older life";
  passive.insert({again.name, 3}, membership, {}, random);
  EXPECT_EQ(passive.nodes(), std::vector{again}) << "a life of which the membership does not know yet";
}

TEST(RandomSample, is_of_different_elements_and_not_more_than_there_are) {
  Random random(1);
  std::set<int> seen;
  for (int round = 0; round < 200; ++round) {
    const std::vector<int> sample = random_sample(std::vector{1, 2, 3, 4, 5}, 3, random);
    EXPECT_EQ(std::set(sample.begin(), sample.end()).size(), 3U);
    seen.insert(sample.begin(), sample.end());
  }
  EXPECT_EQ(seen.size(), 5U);
  EXPECT_EQ(random_sample(std::vector{1, 2}, 3, random).size(), 2U);
  EXPECT_TRUE(random_sample(std::vector<int>{}, 3, random).empty());
}

}  // namespace
}  // namespace troupe::overlay::hyparview
