// Whom the simple overlays want to be linked with.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "troupe/overlay/client_server.hpp"
#include "troupe/overlay/full_mesh.hpp"
#include "troupe/overlay/ring.hpp"
#include "troupe/overlay/static_overlay.hpp"
#include "troupe/overlay/tests/fake_view.test.hpp"

namespace troupe::overlay {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

/// By name, those that the overlay dials when it starts with these members.
std::set<std::string> wanted(Overlay& overlay, FakeView view) {
  view.start(overlay);
  view.pass(overlay, 1s);
  std::set<std::string> names;
  for (const std::string& wish : view.wishes()) {
    if (wish.starts_with("connect ")) names.insert(wish.substr(std::string("connect ").size()));
  }
  return names;
}

std::set<std::string> wanted_in_mesh(const FakeView& view) {
  FullMesh overlay({}, Random(1));
  return wanted(overlay, view);
}
std::set<std::string> wanted_as_drawn(std::vector<std::string> neighbours, const FakeView& view) {
  StaticOverlay overlay(std::move(neighbours), {}, Random(1));
  return wanted(overlay, view);
}
std::set<std::string> wanted_of_servers(std::size_t count, const FakeView& view) {
  ClientServer overlay(count, {}, Random(1));
  return wanted(overlay, view);
}
std::set<std::string> wanted_in_ring(const FakeView& view, std::size_t tries = 3) {
  Ring overlay(tries, {}, Random(1));
  return wanted(overlay, view);
}

Member server(const std::string& name, const std::string& zone = "") { return FakeView::member(name, zone, true); }
Member client(const std::string& name, const std::string& zone = "") { return FakeView::member(name, zone, false); }

TEST(FullMesh, wants_everybody) {
  FakeView view("a");
  EXPECT_THAT(wanted_in_mesh(view), IsEmpty());
  view.add("b").add(client("c", "elsewhere")).suspect("b");
  EXPECT_THAT(wanted_in_mesh(view), ElementsAre("b", "c"));
}

TEST(FullMesh, does_not_hand_broadcasts_on) {
  EXPECT_FALSE(FullMesh({}, Random(1)).relays());
  EXPECT_TRUE(StaticOverlay({}, {}, Random(1)).relays());
  EXPECT_TRUE(ClientServer(2, {}, Random(1)).relays());
  EXPECT_TRUE(Ring(3, {}, Random(1)).relays());
  EXPECT_EQ(Ring(3, {}, Random(1)).spreading(), Spreading::kAlongAllLinks);
}

TEST(StaticOverlay, wants_those_whose_addresses_are_named) {
  FakeView view("a");
  view.add("b").add("c").add("d");
  EXPECT_THAT(wanted_as_drawn({"b:1", "d:1", "nobody:1"}, view), ElementsAre("b", "d"));
  EXPECT_THAT(wanted_as_drawn({}, view), IsEmpty());
}

TEST(StaticOverlay, keeps_the_link_of_one_who_names_it) {
  FakeView view("a");
  StaticOverlay overlay({"b:1"}, {}, Random(1));
  view.add("b").add("c").start(overlay);
  view.up(overlay, "c");
  view.hear(overlay, "c", true);
  view.pass(overlay, 1h);
  EXPECT_THAT(view.wishes(), UnorderedElementsAre("connect b", "do not want c"));
}

TEST(ClientServer, servers_want_all_servers) {
  FakeView view("s1");
  view.add(server("s2")).add(server("s3", "elsewhere")).add(client("c1")).suspect("s2");
  EXPECT_THAT(wanted_of_servers(1, view), ElementsAre("s2", "s3"));
}

TEST(ClientServer, a_client_wants_a_few_servers_and_no_clients) {
  FakeView view("c1", "", false);
  view.add(client("c2"));
  EXPECT_THAT(wanted_of_servers(2, view), IsEmpty());
  view.add(server("s1"));
  EXPECT_THAT(wanted_of_servers(2, view), ElementsAre("s1"));
  view.add(server("s2")).add(server("s3")).add(server("s4"));
  EXPECT_EQ(wanted_of_servers(2, view).size(), 2U);
}

TEST(ClientServer, a_client_prefers_servers_of_its_zone) {
  for (const std::string name : {"c1", "c2", "c3", "c4"}) {
    FakeView view(name, "north", false);
    view.add(server("s1", "south")).add(server("s2", "north")).add(server("s3", "north")).add(server("s4", "south"));
    EXPECT_THAT(wanted_of_servers(2, view), ElementsAre("s2", "s3"));
    EXPECT_EQ(wanted_of_servers(3, view).size(), 3U) << "and takes others where its zone has too few";
  }
}

TEST(ClientServer, a_client_replaces_a_server_that_is_suspected) {
  FakeView view("c1", "north", false);
  view.add(server("s1", "north")).add(server("s2", "south")).add(server("s3", "south"));
  view.suspect("s1");
  EXPECT_THAT(wanted_of_servers(2, view), ElementsAre("s2", "s3"));
  view.trust("s1");
  EXPECT_TRUE(wanted_of_servers(2, view).contains("s1")) << "and comes back to it";
}

TEST(ClientServer, a_client_keeps_its_link_until_the_new_one_has_had_time) {
  FakeView view("c1", "north", false);
  ClientServer overlay(1, {}, Random(1));
  view.add(server("s1", "south")).start(overlay);
  view.pass(overlay, 1s);
  view.up(overlay, "s1");
  (void)view.wishes();
  view.add(server("s2", "north")).members_changed(overlay);
  view.pass(overlay, 1s);
  EXPECT_THAT(view.wishes(), ElementsAre("do not want s1", "connect s2"));
}

TEST(ClientServer, clients_spread_over_the_servers_and_so_do_those_of_one_that_fails) {
  std::map<std::string, int> clients;
  std::map<std::string, int> after;
  const int count = 400;
  for (int i = 0; i < count; ++i) {
    FakeView view("client-" + std::to_string(i), "", false);
    for (const std::string name : {"s1", "s2", "s3", "s4"}) view.add(server(name));
    const std::set<std::string> first = wanted_of_servers(1, view);
    ++clients[*first.begin()];
    view.suspect("s1");
    const std::set<std::string> second = wanted_of_servers(1, view);
    if (first.contains("s1")) {
      ++after[*second.begin()];
    } else {
      EXPECT_EQ(first, second) << "only those of the server that failed move";
    }
  }
  for (const std::string name : {"s1", "s2", "s3", "s4"}) EXPECT_NEAR(clients[name], count / 4, count / 10) << name;
  for (const std::string name : {"s2", "s3", "s4"}) EXPECT_NEAR(after[name], count / 12, count / 20) << name;
}

// The hashes of these names stand in this order: d b c e a. That is the circle, within a zone.

TEST(Ring, wants_its_successor_and_its_predecessor) {
  EXPECT_THAT(wanted_in_ring(FakeView("c").add("d").add("b").add("e").add("a")), ElementsAre("b", "e"));
  EXPECT_THAT(wanted_in_ring(FakeView("a").add("d").add("b").add("c").add("e")), ElementsAre("d", "e"));
  EXPECT_THAT(wanted_in_ring(FakeView("d").add("a").add("b").add("c").add("e")), ElementsAre("a", "b"));
  EXPECT_THAT(wanted_in_ring(FakeView("d").add("c")), ElementsAre("c"));
  EXPECT_THAT(wanted_in_ring(FakeView("d")), IsEmpty());
}

TEST(Ring, goes_through_one_zone_after_the_other) {
  const auto from = [](const std::string& name, const std::string& zone) {
    FakeView view(name, zone);
    const std::map<std::string, std::string> zones{{"d", "south"}, {"b", "north"}, {"c", "south"}, {"e", "north"}};
    for (const auto& [other, where] : zones) {
      if (other != name) view.add(server(other, where));
    }
    return wanted_in_ring(view);
  };
  // b e of the north, then d c of the south.
  EXPECT_THAT(from("b", "north"), ElementsAre("c", "e"));
  EXPECT_THAT(from("e", "north"), ElementsAre("b", "d"));
  EXPECT_THAT(from("d", "south"), ElementsAre("c", "e"));
  EXPECT_THAT(from("c", "south"), ElementsAre("b", "d"));
}

TEST(Ring, also_wants_the_next_one_that_is_well_past_those_that_are_suspected) {
  FakeView view("c");
  view.add("d").add("b").add("e").add("a");
  view.suspect("e");
  EXPECT_THAT(wanted_in_ring(view), ElementsAre("a", "b", "e"));
  view.suspect("a");
  EXPECT_THAT(wanted_in_ring(view), ElementsAre("a", "b", "d", "e"));
  EXPECT_THAT(wanted_in_ring(view, 1), ElementsAre("b", "d", "e")) << "but does not try all those between at a time";
  EXPECT_THAT(wanted_in_ring(view, 0), ElementsAre("b", "d"));
}

TEST(Ring, heals_two_breaks_at_a_time) {
  // The circle d b c e a falls into {d, a} and {b, c, e}: each end suspects the other half, and reaches out for what
  // was next to it, as well as for the other end of its own half.
  const auto end = [](const std::string& name, const std::string& suspected) {
    FakeView view(name);
    for (const char other : std::string("dbcea")) {
      if (std::string(1, other) != name) view.add(std::string(1, other));
    }
    for (const char one : suspected) view.suspect(std::string(1, one));
    return wanted_in_ring(view);
  };
  EXPECT_THAT(end("d", "bce"), ElementsAre("a", "b", "c", "e"));
  EXPECT_TRUE(end("b", "da").contains("d"));
  EXPECT_TRUE(end("e", "da").contains("a"));
  EXPECT_TRUE(end("a", "bce").contains("e"));
}

TEST(Ring, gives_up_the_shortcut_when_the_neighbour_is_well_again) {
  FakeView view("c");
  Ring overlay(3, {}, Random(1));
  view.add("d").add("b").add("e").add("a").suspect("e").start(overlay);
  view.pass(overlay, 1s);
  view.up(overlay, "a");
  view.up(overlay, "b");
  (void)view.wishes();
  view.trust("e").up(overlay, "e");
  EXPECT_THAT(view.wishes(), UnorderedElementsAre("want e", "do not want a"));
  view.hear(overlay, "a", false);
  view.pass(overlay, 5s);
  EXPECT_THAT(view.wishes(), ElementsAre("disconnect a"));
}

}  // namespace
}  // namespace troupe::overlay
