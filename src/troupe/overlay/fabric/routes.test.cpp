#include "troupe/overlay/fabric/routes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "troupe/base/random.hpp"

namespace troupe::overlay {
namespace {

/// A map that changes at random, as this node learns of it: records, neighbours, and nodes that come and go.
class Map {
 public:
  explicit Map(std::uint64_t seed) : random_(seed) {
    for (std::size_t i = 0; i < 2 + random_.below(20); ++i)
      members_.push_back({.name = "n" + std::to_string(i), .incarnation = 1});
  }

  void change() {
    const Member& member = members_[1 + random_.below(members_.size() - 1)];
    const std::uint64_t name = member.id().name;
    switch (random_.below(8)) {
      case 0:
        if (table_.find(name) == nullptr) return;
        if (neighbours_.erase(name) == 0) neighbours_.insert(name);
        return routes_.neighbour_changed(name);
      case 1:
        if (const auto* entry = table_.find(name); entry != nullptr && !neighbours_.contains(name)) {
          routes_.record_changed(name, entry->record->links, {});
          table_.erase(name);
        }
        return;
      default: return learn(member);
    }
  }

  /// Compares with a search of the whole graph.
  void check() {
    std::map<std::uint64_t, std::uint64_t> before;
    for (const auto& [name, entry] : table_.entries()) before[name] = entry.way.path;
    const auto changed = routes_.update(self(), [this](std::uint64_t name) { return neighbours_.contains(name); });
    EXPECT_TRUE(routes_.is_current());
    std::map<std::uint64_t, std::size_t> hops;
    std::vector<std::uint64_t> found;
    for (const std::uint64_t name : neighbours_) hops[name] = 1, found.push_back(name);
    for (std::size_t i = 0; i < found.size(); ++i) {
      for (const auto& [name, entry] : table_.entries()) {
        if (name != self() && linked(found[i], name) && hops.try_emplace(name, hops[found[i]] + 1).second)
          found.push_back(name);
      }
    }
    for (const auto& [name, entry] : table_.entries()) {
      EXPECT_EQ(entry.way.hops, hops[name]) << entry.record->member.name;
      if (entry.way.path != before[name]) {
        EXPECT_EQ(std::ranges::count(changed, &entry), 1);
      }
      if (entry.way.hops == 0) continue;
      EXPECT_TRUE(neighbours_.contains(entry.way.next_hop));
      if (entry.way.hops > 1) {
        const auto* via = table_.find(entry.way.via);
        ASSERT_NE(via, nullptr);
        EXPECT_TRUE(linked(entry.way.via, name));
        EXPECT_EQ(via->way.hops + 1, entry.way.hops);
        EXPECT_EQ(via->way.next_hop, entry.way.next_hop);
        EXPECT_EQ(via->record->link_to(name)->made, entry.way.made);
      }
    }
    for (const std::uint64_t name : neighbours_) {
      EXPECT_EQ(routes_.has_way_without(self(), name), is_reached_without(name))
          << table_.find(name)->record->member.name;
    }
    EXPECT_TRUE(std::ranges::is_sorted(changed, {},
                                       [](const auto* each) { return each->way.hops == 0 ? 1'000 : each->way.hops; }));
  }

  Random& random() { return random_; }

 private:
  std::uint64_t self() const { return members_[0].id().name; }

  /// By a search from this node, which does not use its link with that one.
  bool is_reached_without(std::uint64_t neighbour) {
    std::set<std::uint64_t> found = neighbours_;
    found.erase(neighbour);
    for (bool is_growing = true; std::exchange(is_growing, false);) {
      for (const auto& [name, entry] : table_.entries()) {
        const bool is_next =
            name != self() && std::ranges::any_of(found, [&](std::uint64_t each) { return linked(each, name); });
        is_growing |= is_next && found.insert(name).second;
      }
    }
    return found.contains(neighbour);
  }

  void learn(const Member& member) {
    const std::uint64_t name = member.id().name;
    Record record{.member = member, .version = ++version_, .left = random_.chance(0.05), .links = {}};
    for (const Member& other : members_) {
      if (other.name != member.name && random_.chance(0.3))
        record.links.push_back({other.id().name, static_cast<std::uint32_t>(random_.between(1, 2))});
    }
    std::ranges::sort(record.links, {}, &Edge::to);
    const auto* known = table_.find(name);
    const std::vector<Edge> before =
        known == nullptr || known->record->left ? std::vector<Edge>{} : known->record->links;
    const std::vector<Edge> after = record.left ? std::vector<Edge>{} : record.links;
    if (known != nullptr && known->record->left && !record.left) return;  // In this life it does not come back.
    (void)table_.merge(std::move(record), TimePoint{});
    routes_.record_changed(name, before, after);
  }

  bool linked(std::uint64_t a, std::uint64_t b) const {
    const auto* one = table_.find(a);
    const auto* other = table_.find(b);
    if (one == nullptr || other == nullptr || one->record->left || other->record->left) return false;
    return one->record->link_to(b) != nullptr && other->record->link_to(a) != nullptr;
  }

  Random random_;
  std::vector<Member> members_;
  std::set<std::uint64_t> neighbours_;
  MemberTable table_;
  Routes routes_{table_};
  std::uint64_t version_ = 0;
};

TEST(Routes, are_the_shortest_after_any_changes) {
  for (std::uint64_t seed = 1; seed <= 300 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    Map map(seed);
    for (int i = 0; i < 100 && !testing::Test::HasFailure(); ++i) {
      for (auto changes = map.random().between(1, 4); changes > 0; --changes) map.change();
      map.check();
    }
  }
}

}  // namespace
}  // namespace troupe::overlay
