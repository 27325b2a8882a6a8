#include "troupe/gateway/http_get.hpp"

#include "troupe/gateway/gateway_fixture.test.hpp"

namespace troupe::gateway {
namespace {

class HttpGetTest : public GatewayTest {};

TEST_F(HttpGetTest, gives_the_body_or_says_why_there_is_none) {
  start();
  const auto found = http_get(gateway_->address(), "/livez", 10s);
  ASSERT_TRUE(found) << found.error().to_string();
  EXPECT_EQ(*found, "ok");
  const auto missing = http_get(gateway_->address(), "/api/v1/nothing", 10s);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kRefused);
  EXPECT_THAT(missing.error().detail, testing::StartsWith("404 {\"error\""));
  const std::string address = gateway_->address();
  gateway_->stop();
  EXPECT_EQ(http_get(address, "/livez", 10s).error().code, ErrorCode::kUnreachable);
}

TEST_F(HttpGetTest, does_not_wait_longer_than_it_may) {
  start();
  ASSERT_TRUE(http_get(gateway_->address(), "/api/v1/documents/toy/a/events", 10s));
  journal.hold();
  EXPECT_EQ(http_get(gateway_->address(), "/api/v1/documents/toy/b/events", 50ms).error().code, ErrorCode::kTimeout);
  journal.release();
}

}  // namespace
}  // namespace troupe::gateway
