#include "troupe/runtime/detail/tls/keeper.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "troupe/runtime/detail/testing.hpp"
#include "troupe/runtime/detail/tls/testing.hpp"

namespace troupe::runtime::detail {
namespace {

using ::testing::HasSubstr;

class TlsKeeperTest : public ::testing::Test {
 protected:
  TlsOptions issue(const TestCertificate& certificate, const std::string& stem = "a") {
    TlsOptions options = authority_.issue(folder_, stem, certificate);
    options.check_interval = 5ms;
    return options;
  }

  TestFolder folder_;
  TestAuthority authority_;
  Metrics metrics_;
  RecordingSink sink_;
};

TEST_F(TlsKeeperTest, what_changed_is_taken_without_being_told) {
  TlsKeeper keeper(issue({.name = "first"}), metrics_, sink_);
  ASSERT_TRUE(keeper.load());
  const double before = metric(metrics_, "troupe_tls_certificate_expires_timestamp_seconds");
  keeper.start();
  issue({.name = "second", .ends_s = 7200});
  EXPECT_GE(sink_.wait_for("new connections use the certificate of CN = second"), 1U);
  EXPECT_LT(metric(metrics_, "troupe_tls_certificate_expires_timestamp_seconds"), before);
  EXPECT_GE(metrics_.counter("troupe_tls_reloads_total", "", {{"outcome", "taken"}}).value(), 1U);
}

TEST_F(TlsKeeperTest, files_of_no_use_are_named_and_what_there_was_stays) {
  const TlsOptions options = issue({.name = "first"});
  TlsKeeper keeper(options, metrics_, sink_);
  ASSERT_TRUE(keeper.load());
  keeper.start();
  std::ofstream(options.certificate) << "not a certificate";
  EXPECT_GE(sink_.wait_for("the TLS files have changed and cannot be used, so the certificate of before stays in use: "
                           "there is no certificate in"),
            1U);
  EXPECT_NE(keeper.dial("127.0.0.1"), nullptr);
  keeper.reload();
  issue({.name = "third"});
  EXPECT_GE(sink_.wait_for("the certificate of CN = third"), 1U);
  EXPECT_GE(metrics_.counter("troupe_tls_reloads_total", "", {{"outcome", "refused"}}).value(), 1U);
}

TEST_F(TlsKeeperTest, a_certificate_that_ends_soon_is_warned_of) {
  TlsOptions options = issue({.name = "old", .ends_s = 3600});
  options.expiry_warning = 2h;
  TlsKeeper keeper(options, metrics_, sink_);
  ASSERT_TRUE(keeper.load());
  EXPECT_EQ(sink_.wait_for("the certificate of CN = old, or one on the way to its authority, expires at"), 1U);
  keeper.start();
  keeper.reload();
  EXPECT_EQ(sink_.wait_for("new connections use"), 1U);
}

TEST_F(TlsKeeperTest, a_node_does_not_begin_with_files_of_no_use) {
  TlsKeeper keeper(issue({.begins_s = -200, .ends_s = -100}), metrics_, sink_);
  const auto loaded = keeper.load();
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(loaded.error().detail, HasSubstr("expired at"));
}

}  // namespace
}  // namespace troupe::runtime::detail
