#include "troupe/runtime/host_port.hpp"

#include <gtest/gtest.h>

namespace troupe::runtime {
namespace {

std::string parsed(std::string_view text) {
  const auto result = parse_host_port(text);
  return result ? result->host + " " + std::to_string(result->port) : result.error().detail;
}

TEST(HostPort, names_and_addresses_of_both_families) {
  EXPECT_EQ(parsed("example.org:80"), "example.org 80");
  EXPECT_EQ(parsed("10.0.0.1:65535"), "10.0.0.1 65535");
  EXPECT_EQ(parsed("[::1]:0"), "::1 0");
  EXPECT_EQ(parsed(":7400"), " 7400");
}

TEST(HostPort, mistakes_are_explained) {
  EXPECT_EQ(parsed(""), "'' is not host:port: the port is missing");
  EXPECT_EQ(parsed("a"), "'a' is not host:port: the port is missing");
  EXPECT_EQ(parsed("a:"), "'a:' is not host:port: the port is a number from 0 to 65535");
  EXPECT_EQ(parsed("a:65536"), "'a:65536' is not host:port: the port is a number from 0 to 65535");
  EXPECT_EQ(parsed("a:8x"), "'a:8x' is not host:port: the port is a number from 0 to 65535");
  EXPECT_EQ(parsed("a:-1"), "'a:-1' is not host:port: the port is a number from 0 to 65535");
  EXPECT_EQ(parsed("::1:80"), "'::1:80' is not host:port: an IPv6 address stands in brackets, as in [::1]:80");
}

}  // namespace
}  // namespace troupe::runtime
