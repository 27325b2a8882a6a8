#include "troupe/overlay/overlay_choice.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "troupe/overlay/full_mesh.hpp"
#include "troupe/overlay/tests/fake_view.test.hpp"

namespace troupe::overlay {
namespace {

TEST(OverlayChoice, each_name_is_that_of_its_overlay) {
  for (const std::string& name : overlay_names()) {
    const auto overlay = make_overlay({.name = name}, {}, Random(1));
    ASSERT_TRUE(overlay.has_value()) << name;
    EXPECT_EQ((*overlay)->name(), name);
  }
}

TEST(OverlayChoice, is_a_full_mesh_if_nothing_is_chosen) {
  EXPECT_EQ(make_overlay({}, {}, Random(1)).value()->name(), "full_mesh");
}

TEST(OverlayChoice, a_name_that_does_not_exist_is_answered_with_those_that_do) {
  const auto overlay = make_overlay({.name = "mesh"}, {}, Random(1));
  ASSERT_FALSE(overlay.has_value());
  EXPECT_EQ(overlay.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(overlay.error().detail,
            "there is no overlay 'mesh': choose one of static, full_mesh, client_server, peer_to_peer, ring");
}

TEST(OverlayChoice, a_factory_of_ones_own_goes_before_all_names) {
  OverlayChoice choice{.name = "mine"};
  choice.factory = [](Random random) { return std::make_unique<FullMesh>(WantedLinksOptions{}, random); };
  EXPECT_EQ(make_overlay(choice, {}, Random(1)).value()->name(), "full_mesh");
}

TEST(OverlayChoice, the_neighbours_of_a_static_one_are_those_that_the_node_joins) {
  FakeView view("a");
  const auto overlay = make_overlay({.name = "static"}, {"c:1"}, Random(1)).value();
  view.add("b").add("c").start(*overlay);
  view.pass(*overlay, 1s);
  EXPECT_THAT(view.wishes(), testing::ElementsAre("connect c"));
}

TEST(OverlayChoice, settings_reach_the_overlay) {
  FakeView view("a", "", false);
  const auto overlay = make_overlay({.name = "client_server", .servers_per_client = 3}, {}, Random(1)).value();
  view.add("b").add("c").add("d").add("e").start(*overlay);
  view.pass(*overlay, 1s);
  EXPECT_EQ(view.wishes().size(), 3U);
}

TEST(Backoff, waits_twice_as_long_each_time_up_to_a_bound) {
  Random random(1);
  const Backoff backoff{.initial = 100ms, .max = 5s, .factor = 2, .jitter = 0};
  EXPECT_EQ(backoff.wait(0, random), 100ms);
  EXPECT_EQ(backoff.wait(1, random), 200ms);
  EXPECT_EQ(backoff.wait(5, random), 3200ms);
  EXPECT_EQ(backoff.wait(6, random), 5s);
  EXPECT_EQ(backoff.wait(4'000'000'000U, random), 5s);
}

TEST(Backoff, takes_off_a_random_share) {
  Random random(1);
  const Backoff backoff{.initial = 100ms, .max = 5s, .factor = 2, .jitter = 0.5};
  Duration least = 1h;
  Duration most{};
  for (int i = 0; i < 1'000; ++i) {
    const Duration wait = backoff.wait(0, random);
    least = std::min(least, wait);
    most = std::max(most, wait);
  }
  EXPECT_GE(least, 50ms);
  EXPECT_LT(least, 55ms);
  EXPECT_LE(most, 100ms);
  EXPECT_GT(most, 95ms);
}

}  // namespace
}  // namespace troupe::overlay
