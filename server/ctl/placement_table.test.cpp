#include "placement_table.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace troupe::server {
namespace {

nlohmann::json placement() {
  return {
      {"node", "a"},
      {"partitions", 256},
      {"moves", true},
      {"trouble", ""},
      {"owners",
       {{{"name", "a"}, {"zone", "east"}, {"is_here", true}, {"is_reachable", true}, {"partitions", 130}},
        {{"name", "a-longer-name"}, {"zone", ""}, {"is_here", false}, {"is_reachable", false}, {"partitions", 126}}}}};
}

TEST(PlacementTable, shows_who_owns_how_much) {
  EXPECT_EQ(render_owners(placement()),
            "owner          partitions  state  zone\n"
            "a                     130  here   east\n"
            "a-longer-name         126  away   \n"
            "Documents move to who is there when an owner goes.\n");
}

TEST(PlacementTable, says_where_a_topic_is_and_what_is_in_the_way) {
  nlohmann::json json = placement();
  json["topic"] = "canvas/lobby";
  json["partition"] = 219;
  json["owner"] = "a";
  EXPECT_EQ(render_where(json), "canvas/lobby: a owns it (partition 219 of 256)\n");
  json["owner"] = "";
  json["trouble"] = "a and b disagree";
  EXPECT_EQ(render_where(json),
            "no document is served: a and b disagree\n"
            "canvas/lobby: nobody owns it at present (partition 219 of 256)\n");
}

}  // namespace
}  // namespace troupe::server
