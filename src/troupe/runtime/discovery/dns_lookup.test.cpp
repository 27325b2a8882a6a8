#include "troupe/runtime/discovery/dns_lookup.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "troupe/base/random.hpp"
#include "troupe/runtime/discovery/nameserver.test.hpp"

namespace troupe::runtime {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class DnsLookupTest : public ::testing::Test {
 protected:
  DnsOptions options(Duration timeout = 2s) const { return {.nameserver = server_.address(), .timeout = timeout}; }

  TestNameserver server_;
};

TEST_F(DnsLookupTest, finds_the_addresses_of_a_name) {
  server_.set_a("nodes.test", {"10.0.0.2", "10.0.0.1"});
  server_.set_aaaa("nodes.test", "fd00::1");
  DnsLookup dns(options());
  EXPECT_THAT(dns.addresses("nodes.test", 7400).value(),
              ElementsAre("10.0.0.1:7400", "10.0.0.2:7400", "[fd00::1]:7400"));
}

TEST_F(DnsLookupTest, finds_the_hosts_and_ports_of_a_service) {
  server_.set_srv("_troupe._tcp.test", {{20, 0, 7402, "c.test"}, {10, 1, 7401, "b.test"}, {10, 9, 7400, "a.test"}});
  DnsLookup dns(options());
  EXPECT_THAT(dns.services("_troupe._tcp.test").value(), ElementsAre("a.test:7400", "b.test:7401", "c.test:7402"));
  server_.set_srv("_none._tcp.test", {{0, 0, 0, ""}});
  EXPECT_THAT(dns.services("_none._tcp.test").value(), IsEmpty()) << "it says that there is none";
}

TEST_F(DnsLookupTest, a_name_that_is_not_there_is_an_error) {
  DnsLookup dns(options());
  EXPECT_EQ(dns.addresses("nobody.test", 1).error().code, ErrorCode::kUnreachable);
  EXPECT_THAT(dns.addresses("nobody.test", 1).error().detail, HasSubstr("the lookup of nobody.test failed: "));
  EXPECT_THAT(dns.services("_nothing._tcp.test").error().detail, HasSubstr("_nothing._tcp.test"));
  server_.set_a("nodes.test", {"10.0.0.1"});
  EXPECT_FALSE(dns.services("nodes.test")) << "it has no such record";
}

TEST_F(DnsLookupTest, who_does_not_answer_is_asked_again_and_not_for_ever) {
  server_.be_silent(true);
  DnsLookup dns(options(400ms));
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(dns.addresses("nodes.test", 1));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_GE(server_.questions(), 2);
}

TEST_F(DnsLookupTest, is_cancelled_by_another_thread) {
  server_.be_silent(true);
  DnsLookup dns(options(1min));
  std::thread other([&] {
    EXPECT_TRUE(server_.wait_for_question());
    dns.cancel();
  });
  EXPECT_FALSE(dns.services("_troupe._tcp.test"));
  other.join();
  EXPECT_FALSE(dns.services("_troupe._tcp.test")) << "and stays so";
}

TEST_F(DnsLookupTest, answers_are_bounded) {
  std::vector<std::string> many;
  for (int i = 0; i < 20; ++i) many.push_back("10.0.1." + std::to_string(i));
  server_.set_a("nodes.test", many);
  DnsOptions few = options();
  few.answers_max = 5;
  EXPECT_EQ(DnsLookup(few).addresses("nodes.test", 1).value().size(), 5U);
  few.answers_max = 20;
  EXPECT_EQ(DnsLookup(few).addresses("nodes.test", 1).value().size(), 20U);
}

/// What comes from the network is c-ares's to read; here only that nothing of it breaks us.
TEST_F(DnsLookupTest, survives_any_answer) {
  Random random(1);
  DnsLookup dns(options(20ms));
  for (int i = 0; i < 40; ++i) {
    std::string garbage("\x81\x80\x00\x01\x00\x02\x00\x00\x00\x00", 10);
    for (auto bytes = random.below(60); bytes > 0; --bytes) garbage += static_cast<char>(random.next());
    server_.answer_with(garbage);
    (void)dns.services("_troupe._tcp.test");
    (void)dns.addresses("nodes.test", 1);
  }
  server_.answer_with("");
  server_.set_a("nodes.test", {"10.0.0.1"});
  EXPECT_TRUE(DnsLookup(options()).addresses("nodes.test", 1));
}

}  // namespace
}  // namespace troupe::runtime
