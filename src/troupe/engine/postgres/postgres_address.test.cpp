#include "troupe/engine/postgres/postgres_address.hpp"

#include <gtest/gtest.h>

namespace troupe::engine {
namespace {

std::vector<std::string> hosts(const std::string& connection) {
  const auto found = hosts_of({.connection = connection});
  if (!found) return {found.error().to_string()};
  std::vector<std::string> names;
  for (const auto& host : *found) names.push_back(to_string(host));
  return names;
}

using Names = std::vector<std::string>;

TEST(PostgresAddress, each_host_is_tried_by_itself) {
  EXPECT_EQ(hosts(""), Names{"the local socket:5432/"});
  EXPECT_EQ(hosts("host=a"), Names{"a:5432/"});
  EXPECT_EQ(hosts("host=a,b dbname=d port=1"), (Names{"a:1/d", "b:1/d"}));
  EXPECT_EQ(hosts("host=a,b dbname=d port=1,2"), (Names{"a:1/d", "b:2/d"}));
  EXPECT_EQ(hosts("hostaddr=127.0.0.1,127.0.0.2 user=u"), (Names{"127.0.0.1:5432/u", "127.0.0.2:5432/u"}));
  EXPECT_EQ(hosts("postgresql://u:p@a:1,b:2/d?sslmode=require"), (Names{"a:1/d", "b:2/d"}));
}

TEST(PostgresAddress, writes_and_a_machine_that_is_gone_are_looked_after_unless_the_string_says_otherwise) {
  auto settings = hosts_of({.connection = "host=a", .password = "geheim", .answer_timeout = 7s})->front();
  EXPECT_EQ(settings["target_session_attrs"], "read-write");
  EXPECT_EQ(settings["tcp_user_timeout"], "7000");
  EXPECT_EQ(settings["keepalives_idle"], "2");
  EXPECT_EQ(settings["password"], "geheim");
  settings = hosts_of({.connection = "host=a password=given tcp_user_timeout=1 target_session_attrs=any"})->front();
  EXPECT_EQ(settings["target_session_attrs"], "any");
  EXPECT_EQ(settings["tcp_user_timeout"], "1");
  EXPECT_EQ(settings["password"], "given");
}

TEST(PostgresAddress, a_mistake_is_told_without_what_may_be_a_password) {
  for (const char* wrong : {"geheim", "host=a geheim", "password='geheim", "postgresql://u:geheim@a:1/?b=geheim"}) {
    const auto found = hosts_of({.connection = wrong});
    ASSERT_FALSE(found.has_value()) << wrong;
    EXPECT_EQ(found.error().code, ErrorCode::kInvalidArgument);
    EXPECT_FALSE(found.error().detail.contains("geheim")) << found.error().detail;
  }
  EXPECT_EQ(hosts_of({.connection = "host=a,b,c port=1,2"}).error().detail,
            "the connection string has 3 hosts and 2 ports; give one port, or one for each host");
}

}  // namespace
}  // namespace troupe::engine
