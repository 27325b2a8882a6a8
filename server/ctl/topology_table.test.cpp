#include "topology_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace troupe::server {
namespace {

using nlohmann::json;
using testing::ContainsRegex;
using testing::HasSubstr;

TEST(TopologyTable, says_of_each_member_how_it_stands_and_the_way_to_it) {
  const auto answer = json::parse(R"({"node":"a","overlay":"ring","members":[
    {"name":"a","state":"up","role":"server","zone":"","address":"a:1","incarnation":1,"links":["b"],"next_hop":"","hops":0},
    {"name":"b","state":"up","role":"client","zone":"east","address":"b:1","incarnation":2,"links":["a","c"],"next_hop":"b","hops":1},
    {"name":"c","state":"up","role":"server","zone":"","address":"c:1","incarnation":3,"links":["b"],"next_hop":"b","hops":2},
    {"name":"d","state":"down","role":"server","zone":"","address":"d:1","incarnation":4,"links":[],"next_hop":"","hops":0}]})");
  const std::string table = render_members(answer);
  EXPECT_THAT(table, HasSubstr("overlay ring, as node a sees it\n"));
  EXPECT_THAT(table, ContainsRegex("\na +up +server +- +a:1 +1 +1 +this node\n"));
  EXPECT_THAT(table, ContainsRegex("\nb +up +client +east +b:1 +2 +2 +direct\n"));
  EXPECT_THAT(table, ContainsRegex("\nc +up .* 2 hops by b\n"));
  EXPECT_THAT(table, ContainsRegex("\nd +down .* none\n"));
}

TEST(TopologyTable, says_of_each_link_who_says_that_it_is_there) {
  const auto answer = json::parse(R"({"node":"a","overlay":"ring","links":[
    {"a":"a","b":"b","said_by":["a","b"]},{"a":"a","b":"c","said_by":["a","c"],"silent":true},{"a":"b","b":"c","said_by":["c"],"silent":false}]})");
  EXPECT_THAT(render_links(answer), ContainsRegex("\na +b +both\na +c +both, silent\nb +c +c\n"));
  EXPECT_THAT(render_links(json::parse(R"({"node":"a","overlay":"ring","links":[]})")), HasSubstr("no links"));
}

TEST(TopologyTable, draws_a_tree) {
  const auto answer = json::parse(R"({"node":"a","overlay":"peer_to_peer","root":"b","nodes":[
    {"name":"a","parent":"b","eager":["b","c"],"lazy":["d"]},{"name":"b","parent":"","eager":["a","d"],"lazy":[]},
    {"name":"c","parent":"a","eager":["a"],"lazy":[]},{"name":"d","parent":"b","eager":["b"],"lazy":["a"]},
    {"name":"f","parent":"","eager":[],"lazy":[]}],"silent":[{"name":"e","reason":"timeout: no answer"}]})");
  EXPECT_EQ(render_tree(answer),
            "overlay peer_to_peer, as node a sees it\n"
            "how broadcasts of b travel:\n"
            "b\n"
            "├─ a  (1 lazy)\n"
            "│  └─ c\n"
            "└─ d  (1 lazy)\n"
            "f: no broadcast of b has come there by a branch that is still a link\n"
            "e did not answer: timeout: no answer\n");
}

TEST(TopologyTable, a_tree_whose_answers_make_a_loop_is_drawn_to_its_end) {
  const auto answer = json::parse(R"({"node":"a","root":"a","nodes":[
    {"name":"a","parent":""},{"name":"b","parent":"c"},{"name":"c","parent":"b"}]})");
  EXPECT_THAT(render_tree(answer), HasSubstr("b: no broadcast"));
}

}  // namespace
}  // namespace troupe::server
