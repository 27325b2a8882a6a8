#include "troupe/overlay/hyparview/messages.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace troupe::overlay::hyparview {
namespace {

std::string hex(const Bytes& bytes) {
  std::string text;
  for (const std::byte byte : bytes.span()) text += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
  return text;
}

// Written down a second time: a change of the format must be wanted.
TEST(HyParViewMessages, have_this_format) {
  EXPECT_EQ(hex(encode(Join{})), "010100");
  EXPECT_EQ(hex(encode(Neighbour{.high_priority = true})), "030101");
  EXPECT_EQ(hex(encode(NeighbourReply{.accepted = true})), "040101");
  EXPECT_EQ(hex(encode(Disconnect{})), "050100");
  const NodeId node{1, 2};
  const std::string node_hex = "1000000001000000000000000200000000000000";
  EXPECT_EQ(hex(encode(Shuffle{{node}, {node, node}, 3})),
            "063f"
            "01" +
                node_hex + "02" + node_hex + node_hex + "03");
  EXPECT_EQ(hex(encode(ShuffleReply{{}, {node}})),
            "0716"
            "00"
            "01" +
                node_hex);
  EXPECT_EQ(hex(encode(Probe{})), "080100");
  EXPECT_EQ(hex(encode(Optimization{node})), "0914" + node_hex);
  EXPECT_EQ(hex(encode(OptimizationReply{.accepted = true, .switched = false})), "0a020100");
  EXPECT_EQ(hex(encode(Replace{.initiator = node, .old = {3, 4}})),
            "0b28" + node_hex + "1000000003000000000000000400000000000000");
  EXPECT_EQ(hex(encode(ReplaceReply{true})), "0c0101");
  EXPECT_EQ(hex(encode(Switch{node})), "0d14" + node_hex);
  EXPECT_EQ(hex(encode(SwitchReply{true})), "0e0101");
  EXPECT_EQ(hex(encode(DisconnectWait{})), "0f0100");
  const Member joiner{.name = "b", .incarnation = 2, .address = "b:1", .http = "", .zone = "z", .server = true};
  EXPECT_EQ(hex(encode(ForwardJoin{joiner, 6})),
            "021f"
            "1a000000"
            "0162"
            "0200000000000000"
            "03623a31"
            "00"
            "017a"
            "01"
            "0000000000000000"
            "06");
}

TEST(HyParViewMessages, come_back_as_they_were) {
  const Member joiner{.name = "b", .incarnation = 2, .address = "b:1"};
  const auto forward = decode(encode(ForwardJoin{joiner, 6}));
  ASSERT_TRUE(forward && std::holds_alternative<ForwardJoin>(*forward));
  EXPECT_EQ(std::get<ForwardJoin>(*forward).joiner, joiner);
  EXPECT_EQ(std::get<ForwardJoin>(*forward).hops_left, 6);

  const std::vector<NodeId> nodes{{1, 2}, {3, 4}};
  const auto shuffle = decode(encode(Shuffle{{{5, 6}}, nodes, 1}));
  ASSERT_TRUE(shuffle && std::holds_alternative<Shuffle>(*shuffle));
  EXPECT_EQ(std::get<Shuffle>(*shuffle).path, (std::vector<NodeId>{{5, 6}}));
  EXPECT_EQ(std::get<Shuffle>(*shuffle).nodes, nodes);
}

TEST(HyParViewMessages, that_cannot_be_do_not_decode) {
  EXPECT_FALSE(decode({}));
  EXPECT_FALSE(decode(Bytes::copy_of(std::string_view("\x63\x01\x00", 3)))) << "of a kind that is not known";
  EXPECT_FALSE(decode(encode(ForwardJoin{{.name = "b"}, 1}))) << "without an incarnation";
  EXPECT_FALSE(decode(encode(ForwardJoin{{.name = "", .incarnation = 1}, 1})));
  EXPECT_FALSE(decode(encode(ForwardJoin{{.name = std::string(256, 'b'), .incarnation = 1}, 1})));
  EXPECT_FALSE(decode(encode(ForwardJoin{{.name = "b", .incarnation = 1}, kHopsMax + 1})));
  const std::vector<NodeId> path{{1, 1}};
  EXPECT_TRUE(decode(encode(Shuffle{path, std::vector<NodeId>(kNodesMax, NodeId{2, 2}), 0})));
  EXPECT_FALSE(decode(encode(Shuffle{path, std::vector<NodeId>(kNodesMax + 1, NodeId{2, 2}), 0})));
  EXPECT_FALSE(decode(encode(Shuffle{{}, {}, 0}))) << "from nobody";
  EXPECT_FALSE(decode(encode(Switch{{1, 0}}))) << "a node without a life";
  EXPECT_FALSE(decode(encode(ShuffleReply{std::vector<NodeId>(kHopsMax + 1, NodeId{2, 2}), {}})));
}

}  // namespace
}  // namespace troupe::overlay::hyparview
