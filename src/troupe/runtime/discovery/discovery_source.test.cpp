#include "troupe/runtime/discovery/discovery_source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace troupe::runtime {
namespace {

using Kind = DiscoverySource::Kind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string mistake(std::string_view text) {
  const auto source = parse_discovery_source(text);
  return source ? "" : source.error().detail;
}

TEST(DiscoverySource, is_a_name_a_service_or_a_file) {
  const auto dns = parse_discovery_source("dns:nodes.example.org:7400").value();
  EXPECT_EQ(dns.kind, Kind::kDns);
  EXPECT_EQ(dns.name, "nodes.example.org");
  EXPECT_EQ(dns.port, 7400);
  const auto srv = parse_discovery_source("srv:_troupe._tcp.example.org").value();
  EXPECT_EQ(srv.kind, Kind::kSrv);
  EXPECT_EQ(srv.name, "_troupe._tcp.example.org");
  const auto file = parse_discovery_source("file:/etc/troupe/no des").value();
  EXPECT_EQ(file.kind, Kind::kFile);
  EXPECT_EQ(file.name, "/etc/troupe/no des");
  EXPECT_EQ(file.text, "file:/etc/troupe/no des");
}

TEST(DiscoverySource, says_what_to_write_instead) {
  EXPECT_THAT(mistake("10.0.0.1:7400"), HasSubstr("begins with dns:, srv: or file:"));
  EXPECT_THAT(mistake(""), HasSubstr("begins with dns:, srv: or file:"));
  EXPECT_THAT(mistake("dns:nodes"), HasSubstr("as in dns:nodes.example.org:7400"));
  EXPECT_THAT(mistake("dns::7400"), HasSubstr("as in dns:nodes.example.org:7400"));
  EXPECT_THAT(mistake("dns:nodes:0"), HasSubstr("as in dns:nodes.example.org:7400"));
  EXPECT_THAT(mistake("dns:no des:1"), HasSubstr("as in dns:nodes.example.org:7400"));
  EXPECT_THAT(mistake("dns:" + std::string(256, 'a') + ":1"), HasSubstr("as in dns:nodes.example.org:7400"));
  EXPECT_EQ(mistake("dns:" + std::string(255, 'a') + ":1"), "");
  EXPECT_THAT(mistake("srv:nodes.example.org"), HasSubstr("as in srv:_troupe._tcp.example.org"));
  EXPECT_THAT(mistake("srv:_troupe._udp.example.org"), HasSubstr("as in srv:_troupe._tcp.example.org"));
  EXPECT_THAT(mistake("file:nodes"), HasSubstr("whole path"));
}

TEST(NodeList, has_one_address_a_line) {
  EXPECT_THAT(parse_node_list("# the first rack\n10.0.0.1:7400\r\n\n  b.example:7400  # the second\n[::1]:7400\n"
                              "10.0.0.1:7400")
                  .value(),
              ElementsAre("10.0.0.1:7400", "b.example:7400", "[::1]:7400"));
  EXPECT_THAT(parse_node_list("").value(), IsEmpty());
  EXPECT_THAT(parse_node_list("\n# nobody\n").value(), IsEmpty());
}

TEST(NodeList, names_the_first_line_that_is_wrong) {
  const auto error = [](std::string_view text) { return parse_node_list(text).error().detail; };
  EXPECT_EQ(error("a:1\n\nb\nc\n"), "line 3: \"b\" is not host:port, as in 10.0.0.1:7400");
  EXPECT_THAT(error("a:0"), HasSubstr("line 1"));
  EXPECT_THAT(error(":7400"), HasSubstr("line 1"));
  EXPECT_THAT(error("a:1 b:2"), HasSubstr("line 1"));
  EXPECT_EQ(error("\x1b[31m"), "line 1: \"?[31m\" is not host:port, as in 10.0.0.1:7400");
}

}  // namespace
}  // namespace troupe::runtime
