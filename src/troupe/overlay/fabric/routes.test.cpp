#include "troupe/overlay/fabric/routes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

namespace troupe::overlay {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// The map of the links as node "me" knows it: what each node says of its own.
class Map {
 public:
  /// "b": with whom this node says that it is linked; "b*2": for the second time.
  void says(const std::string& name, const std::vector<std::string>& links, bool left = false) {
    Record record{.member = {.name = name, .incarnation = 1, .address = name + ":1"},
                  .version = ++version_,
                  .left = left,
                  .links = edges(links)};
    (void)table_.merge(std::move(record), {});
  }

  /// The names of those to whom the way is another one now, in the order in which they are told.
  std::vector<std::string> find(const std::vector<std::string>& links) {
    std::vector<std::string> changed;
    for (const MemberTable::Entry* entry : find_ways(table_, hash64("me"), edges(links), ++search_))
      changed.push_back(entry->record->member.name);
    return changed;
  }

  Way way(const std::string& name) const { return table_.find(hash64(name))->way; }
  /// "b 2": through b, with two hops; "none".
  std::string way_text(const std::string& name) const {
    const Way found = way(name);
    if (found.hops == 0) return "none";
    for (const auto& [hash, entry] : table_.entries()) {
      if (hash == found.next_hop) return entry.record->member.name + " " + std::to_string(found.hops);
    }
    return "through a stranger";
  }

 private:
  static std::vector<Edge> edges(const std::vector<std::string>& links) {
    std::vector<Edge> all;
    for (const std::string& link : links) {
      const auto star = link.find('*');
      const auto made = star == std::string::npos ? 1 : std::stoul(link.substr(star + 1));
      all.push_back({hash64(link.substr(0, star)), static_cast<std::uint32_t>(made)});
    }
    std::ranges::sort(all, {}, &Edge::to);
    return all;
  }

  MemberTable table_;
  std::uint64_t version_ = 0;
  std::uint32_t search_ = 0;
};

TEST(Routes, lead_along_a_line) {
  Map map;
  map.says("a", {"me", "b"});
  map.says("b", {"a", "c"});
  map.says("c", {"b"});
  EXPECT_THAT(map.find({"a"}), ElementsAre("a", "b", "c")) << "nearer ones first";
  EXPECT_EQ(map.way_text("a"), "a 1");
  EXPECT_EQ(map.way_text("b"), "a 2");
  EXPECT_EQ(map.way_text("c"), "a 3");
}

TEST(Routes, are_the_shortest) {
  Map map;
  map.says("a", {"me", "b"});
  map.says("b", {"a", "c"});
  map.says("c", {"b", "d"});
  map.says("d", {"me", "c"});
  (void)map.find({"a", "d"});
  EXPECT_EQ(map.way_text("c"), "d 2");
  EXPECT_EQ(map.way_text("b"), "a 2");
}

TEST(Routes, use_a_link_only_if_both_its_ends_tell_of_it) {
  Map map;
  map.says("a", {"me", "b"});
  map.says("b", {});
  EXPECT_THAT(map.find({"a"}), ElementsAre("a"));
  EXPECT_EQ(map.way_text("b"), "none");
  map.says("b", {"a"});
  EXPECT_THAT(map.find({"a"}), ElementsAre("b"));
  map.says("a", {"me"});
  EXPECT_THAT(map.find({"a"}), ElementsAre("b"));
  EXPECT_EQ(map.way_text("b"), "none");
}

TEST(Routes, know_the_own_links_better_than_the_records) {
  Map map;
  map.says("a", {});
  map.says("b", {"me"});
  EXPECT_THAT(map.find({"a"}), ElementsAre("a"));
  EXPECT_EQ(map.way_text("a"), "a 1");
  EXPECT_EQ(map.way_text("b"), "none");
}

TEST(Routes, do_not_lead_through_this_node_or_those_that_left) {
  Map map;
  map.says("me", {"a", "b"});
  map.says("a", {"me"});
  map.says("b", {"me"});
  (void)map.find({"a"});
  EXPECT_EQ(map.way_text("b"), "none");
  map.says("c", {"a", "d"}, true);
  map.says("d", {"c"});
  map.says("a", {"me", "c"});
  (void)map.find({"a"});
  EXPECT_EQ(map.way_text("c"), "none");
  EXPECT_EQ(map.way_text("d"), "none");
}

TEST(Routes, only_changes_are_told_and_those_without_a_way_last) {
  Map map;
  map.says("a", {"me", "b"});
  map.says("b", {"a"});
  map.says("c", {"me"});
  (void)map.find({"a", "c"});
  EXPECT_THAT(map.find({"a", "c"}), IsEmpty());
  map.says("c", {"me", "d"});
  map.says("d", {"c"});
  EXPECT_THAT(map.find({"c"}), ElementsAre("d", testing::AnyOf("a", "b"), testing::AnyOf("a", "b")));
  EXPECT_THAT(map.find({}).size(), 2U);
}

TEST(Routes, are_others_when_a_link_on_the_way_was_made_anew) {
  Map map;
  map.says("a", {"me", "b"});
  map.says("b", {"a", "c"});
  map.says("c", {"b"});
  (void)map.find({"a"});
  const Way before = map.way("c");
  map.says("b", {"a", "c*2"});
  EXPECT_THAT(map.find({"a"}), ElementsAre("c")) << "the way to b is as it was";
  EXPECT_EQ(map.way("c").next_hop, before.next_hop);
  EXPECT_EQ(map.way("c").hops, before.hops);
  EXPECT_NE(map.way("c").path, before.path);
  map.says("a", {"me", "b*7"});
  EXPECT_THAT(map.find({"a"}), ElementsAre("b", "c"));
}

TEST(Routes, are_the_same_for_equal_maps) {
  const auto far_away = [](const std::vector<std::string>& order) {
    Map map;
    for (const std::string& name : order) {
      if (name == "x") {
        map.says("x", {"a", "b"});
      } else {
        map.says(name, {"me", "x"});
      }
    }
    (void)map.find({"a", "b"});
    return map.way_text("x");
  };
  EXPECT_EQ(far_away({"a", "b", "x"}), far_away({"x", "b", "a"}));
}

}  // namespace
}  // namespace troupe::overlay
