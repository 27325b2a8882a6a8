// How an overlay that only says which links it wants gets them. The hashes of the one-letter names that are used here
// stand in this order: d b c e a.

#include "troupe/overlay/wanted_links.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "troupe/overlay/tests/fake_view.test.hpp"

namespace troupe::overlay {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Wants whom the test names.
class Chosen final : public WantedLinks {
 public:
  explicit Chosen(std::set<std::string> names, WantedLinksOptions options = plain())
      : WantedLinks(options, Random(1)), names_(std::move(names)) {}

  static WantedLinksOptions plain() { return {.backoff = {.initial = 100ms, .max = 1s, .factor = 2, .jitter = 0}}; }
  std::string_view name() const override { return "chosen"; }
  std::set<std::string> names_;

 protected:
  std::set<std::uint64_t> wanted(const View& view) const override {
    std::set<std::uint64_t> names;
    for (const std::string& name : names_) {
      if (view.find(hash64(name)) != nullptr) names.insert(hash64(name));
    }
    return names;
  }
};

TEST(WantedLinks, dials_whom_it_wants_and_says_so_on_the_link) {
  FakeView view("b");
  Chosen overlay({"c"});
  view.start(overlay);
  EXPECT_THAT(view.wishes(), IsEmpty()) << "c is no member yet";
  view.add("c").add("e").members_changed(overlay);
  EXPECT_THAT(view.wishes(), ElementsAre("connect c"));
  view.up(overlay, "c");
  EXPECT_THAT(view.wishes(), ElementsAre("want c"));
  EXPECT_EQ(overlay.next_tick(), std::nullopt);
}

TEST(WantedLinks, one_with_a_greater_name_leaves_the_dial_to_the_other_for_a_moment) {
  FakeView view("c");
  Chosen overlay({"b"});
  view.add("b").start(overlay);
  EXPECT_THAT(view.wishes(), IsEmpty());
  view.pass(overlay, 99ms);
  EXPECT_THAT(view.wishes(), IsEmpty());
  view.pass(overlay, 101ms);
  EXPECT_THAT(view.wishes(), ElementsAre("connect b"));
}

TEST(WantedLinks, one_who_is_dialed_in_that_moment_does_not_dial) {
  FakeView view("c");
  Chosen overlay({"b"});
  view.add("b").start(overlay);
  view.up(overlay, "b");
  view.pass(overlay, 10s);
  EXPECT_THAT(view.wishes(), ElementsAre("want b"));
}

TEST(WantedLinks, dials_again_ever_more_rarely) {
  FakeView view("b");
  Chosen overlay({"c"});
  view.add("c").start(overlay);
  std::vector<std::int64_t> waits_ms;
  for (int i = 0; i < 6; ++i) {
    EXPECT_THAT(view.wishes(), ElementsAre("connect c"));
    view.connect_failed(overlay, "c");
    const Duration wait = overlay.next_tick().value() - view.now();
    waits_ms.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(wait).count());
    view.pass(overlay, wait);
  }
  EXPECT_THAT(waits_ms, ElementsAre(100, 200, 400, 800, 1000, 1000));
}

TEST(WantedLinks, has_one_dial_of_a_node_at_a_time) {
  FakeView view("b");
  Chosen overlay({"c"});
  view.add("c").start(overlay);
  view.members_changed(overlay);
  view.pass(overlay, 1h);
  EXPECT_THAT(view.wishes(), ElementsAre("connect c"));
}

TEST(WantedLinks, makes_a_lost_link_again) {
  FakeView view("b");
  Chosen overlay({"c"});
  view.add("c").start(overlay);
  view.up(overlay, "c");
  (void)view.wishes();
  view.down(overlay, "c");
  EXPECT_THAT(view.wishes(), IsEmpty());
  view.pass(overlay, 100ms);
  EXPECT_THAT(view.wishes(), ElementsAre("connect c"));
}

TEST(WantedLinks, a_link_that_does_not_last_is_made_ever_more_rarely_and_one_that_lasts_at_once) {
  FakeView view("b");
  Chosen overlay({"c"});
  view.add("c").start(overlay);
  const auto wait_after = [&](Duration life) {
    view.up(overlay, "c");
    view.pass(overlay, life);
    view.down(overlay, "c");
    const Duration wait = overlay.next_tick().value() - view.now();
    view.pass(overlay, wait);
    return wait;
  };
  EXPECT_EQ(wait_after(10ms), 100ms);
  EXPECT_EQ(wait_after(10ms), 200ms);
  EXPECT_EQ(wait_after(999ms), 400ms);
  EXPECT_EQ(wait_after(1s), 100ms) << "as long as the longest wait: it has lasted";
}

TEST(WantedLinks, does_not_dial_one_without_an_address) {
  FakeView view("b");
  Chosen overlay({"c"});
  Member hidden = FakeView::member("c");
  hidden.address.clear();
  view.add(hidden).start(overlay);
  view.pass(overlay, 10s);
  EXPECT_THAT(view.wishes(), IsEmpty());
}

TEST(WantedLinks, forgets_whom_it_does_not_want_any_more) {
  FakeView view("b");
  Chosen overlay({"c"});
  view.add("c").start(overlay);
  view.connect_failed(overlay, "c");
  view.remove("c").members_changed(overlay);
  EXPECT_EQ(overlay.next_tick(), std::nullopt);
  (void)view.wishes();
  view.add("c").members_changed(overlay);
  EXPECT_THAT(view.wishes(), ElementsAre("connect c")) << "at once, as for one that is new";
}

TEST(WantedLinks, keeps_a_link_that_the_other_end_wants) {
  FakeView view("b");
  Chosen overlay({});
  view.add("c").start(overlay);
  view.up(overlay, "c");
  EXPECT_THAT(view.wishes(), ElementsAre("do not want c"));
  view.pass(overlay, 1h);
  EXPECT_THAT(view.wishes(), IsEmpty()) << "who dials wants the link, until it says otherwise";
  view.hear(overlay, "c", true);
  view.pass(overlay, 1h);
  EXPECT_THAT(view.wishes(), IsEmpty());
}

TEST(WantedLinks, closes_what_neither_end_wants_after_a_while) {
  FakeView view("b");
  Chosen overlay({});
  view.add("c").start(overlay);
  view.up(overlay, "c");
  view.hear(overlay, "c", false);
  (void)view.wishes();
  view.pass(overlay, 4999ms);
  EXPECT_THAT(view.wishes(), IsEmpty());
  view.pass(overlay, 1ms);
  EXPECT_THAT(view.wishes(), ElementsAre("disconnect c"));
  view.down(overlay, "c", LinkEnd::kClosed);
  view.pass(overlay, 1h);
  EXPECT_THAT(view.wishes(), IsEmpty());
  EXPECT_EQ(overlay.next_tick(), std::nullopt);
}

TEST(WantedLinks, keeps_what_neither_end_wants_while_it_is_the_only_way) {
  FakeView view("b");
  Chosen overlay({});
  view.add("c").only_way("c", true).start(overlay);
  view.up(overlay, "c");
  view.hear(overlay, "c", false);
  (void)view.wishes();
  view.pass(overlay, 1h);
  EXPECT_THAT(view.wishes(), IsEmpty());
  view.only_way("c", false).pass(overlay, 5s);
  EXPECT_THAT(view.wishes(), ElementsAre("disconnect c"));
}

TEST(WantedLinks, the_one_with_the_smaller_name_closes) {
  FakeView view("c");
  Chosen overlay({});
  view.add("b").start(overlay);
  view.up(overlay, "b");
  view.hear(overlay, "b", false);
  view.pass(overlay, 1h);
  EXPECT_THAT(view.wishes(), ElementsAre("do not want b"));
}

TEST(WantedLinks, each_change_of_mind_starts_the_while_anew) {
  FakeView view("b");
  Chosen overlay({});
  view.add("c").start(overlay);
  view.up(overlay, "c");
  view.hear(overlay, "c", false);
  view.pass(overlay, 4s);
  view.hear(overlay, "c", true);
  view.pass(overlay, 4s);
  view.hear(overlay, "c", false);
  view.pass(overlay, 4s);
  overlay.names_ = {"c"};
  view.members_changed(overlay);
  view.pass(overlay, 4s);
  overlay.names_ = {};
  view.members_changed(overlay);
  EXPECT_THAT(view.wishes(), ElementsAre("do not want c", "want c", "do not want c"));
  view.pass(overlay, 5s);
  EXPECT_THAT(view.wishes(), ElementsAre("disconnect c"));
}

TEST(WantedLinks, a_link_made_anew_is_wanted_there_until_it_hears_otherwise) {
  FakeView view("b");
  Chosen overlay({});
  view.add("c").start(overlay);
  view.up(overlay, "c");
  view.hear(overlay, "c", false);
  view.pass(overlay, 4s);
  view.up(overlay, "c");
  view.pass(overlay, 1h);
  EXPECT_THAT(view.wishes(), ElementsAre("do not want c", "do not want c"));
}

TEST(WantedLinks, ignores_strangers) {
  FakeView view("b");
  Chosen overlay({});
  view.add("c").add("e").start(overlay);
  view.up(overlay, "c");
  view.hear(overlay, "e", false);
  view.pass(overlay, 1h);
  EXPECT_THAT(view.wishes(), ElementsAre("do not want c"));
}

}  // namespace
}  // namespace troupe::overlay
