#include "troupe/link/identity.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "troupe/wire/codec.hpp"

namespace troupe::link {
namespace {

Identity sample() {
  return {.cluster = "troupe",
          .node = "ada",
          .incarnation = 7,
          .address = "10.0.0.1:7400",
          .http_address = "10.0.0.1:8080",
          .channel = "data",
          .lane = 1,
          .lanes = 4,
          .frame_bytes_max = 1 << 20};
}

TEST(Identity, travels) {
  const auto decoded = wire::decode<Identity>(wire::encode(sample()));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(*decoded, sample());
}

TEST(Identity, has_the_id_of_its_name_and_incarnation) {
  EXPECT_TRUE(sample().id().same_node(NodeId::named("ada")));
  EXPECT_EQ(sample().id().incarnation, 7U);
}

TEST(Identity, passes_the_check_without_a_gateway_and_with_umlauts) {
  Identity identity = sample();
  identity.http_address = "";
  identity.node = "Grüße";
  EXPECT_TRUE(check(identity).has_value());
}

TEST(Identity, the_check_names_the_field_that_is_wrong) {
  struct Case {
    std::function<void(Identity&)> spoil;
    std::string_view problem;
  };
  for (const Case& one : std::vector<Case>{
           {[](Identity& it) { it.cluster = ""; }, "cluster name is empty"},
           {[](Identity& it) { it.node = ""; }, "node name is empty"},
           {[](Identity& it) { it.node = "a\nb"; }, "node name has a control character"},
           {[](Identity& it) { it.node = std::string(256, 'a'); }, "node name is longer than 255 bytes"},
           {[](Identity& it) { it.http_address = "\x7f"; }, "http address has a control character"},
           {[](Identity& it) { it.channel = ""; }, "channel name is empty"},
           {[](Identity& it) { it.version_min = 2; }, "version range is empty"},
           {[](Identity& it) { it.incarnation = 0; }, "incarnation is 0"},
           {[](Identity& it) { it.lane = 4; }, "lane is not below the number of lanes"},
           {[](Identity& it) { it.lanes = 0; }, "lane is not below the number of lanes"},
           {[](Identity& it) { it.channels.assign(17, {"x", 1}); }, "list of channels has more than 16"},
           {[](Identity& it) { it.channels = {{"", 1}}; }, "name of a channel is not 1 to 32 printable bytes"},
           {[](Identity& it) { it.channels = {{std::string(33, 'x'), 1}}; },
            "name of a channel is not 1 to 32 printable bytes"},
           {[](Identity& it) { it.channels = {{"x", 0}}; }, "channel has not 1 to 128 lanes"},
           {[](Identity& it) { it.channels = {{"x", 129}}; }, "channel has not 1 to 128 lanes"},
           {[](Identity& it) { it.channels = {{"x", 1}, {"x", 1}}; }, "list of channels names one twice"},
           {[](Identity& it) { it.frame_bytes_max = 4095; }, "frame_bytes_max is below 4096"}}) {
    Identity identity = sample();
    one.spoil(identity);
    const auto checked = check(identity);
    ASSERT_FALSE(checked.has_value()) << one.problem;
    EXPECT_EQ(checked.error(), (Error{ErrorCode::kInvalidArgument, std::string(one.problem)}));
  }
}

TEST(Identity, the_longest_fits_into_a_handshake_frame) {
  const std::string name(kNameBytesMax, 'n');
  const Identity identity{.cluster = name,
                          .node = name,
                          .incarnation = 1,
                          .address = name,
                          .http_address = name,
                          .channel = name,
                          .frame_bytes_max = kFrameBytesMaxLeast};
  ASSERT_TRUE(check(identity).has_value());
  constexpr std::size_t kNoncesProofsAndLengths = 100;
  EXPECT_LT(wire::encode(identity).size() + kNoncesProofsAndLengths, kFrameBytesMaxLeast);
}

}  // namespace
}  // namespace troupe::link
