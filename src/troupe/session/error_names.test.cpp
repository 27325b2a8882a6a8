#include "troupe/session/error_names.hpp"

#include <gtest/gtest.h>

#include <set>

// How each error inside the cluster looks to a client is recorded in testdata/errors.txt.
namespace troupe::session {
namespace {

constexpr int kCodes = 11;

TEST(ErrorNames, every_code_has_a_name_and_a_status_of_its_own_kind) {
  std::set<std::string_view> names;
  for (int number = 0; number < kCodes; ++number) {
    const auto error = static_cast<ProtocolError>(number);
    names.insert(to_string(error));
    EXPECT_GE(http_status(error), 400U);
    EXPECT_LT(http_status(error), 504U);
  }
  EXPECT_EQ(names, (std::set<std::string_view>{"bad_request", "invalid_event", "too_large", "too_many_topics",
                                               "not_joined", "already_joined", "unknown_topic", "read_only",
                                               "unavailable", "busy", "internal"}));
}

TEST(ErrorNames, the_status_is_the_documented_one) {
  EXPECT_EQ(http_status(ProtocolError::kBadRequest), 400U);
  EXPECT_EQ(http_status(ProtocolError::kInvalidEvent), 422U);
  EXPECT_EQ(http_status(ProtocolError::kUnknownTopic), 404U);
  EXPECT_EQ(http_status(ProtocolError::kTooLarge), 413U);
  EXPECT_EQ(http_status(ProtocolError::kBusy), 429U);
  EXPECT_EQ(http_status(ProtocolError::kReadOnly), 403U);
  EXPECT_EQ(http_status(ProtocolError::kUnavailable), 503U);
  EXPECT_EQ(http_status(ProtocolError::kInternal), 500U);
}

TEST(ErrorNames, only_errors_after_which_a_client_may_try_again_are_unavailable_or_busy) {
  std::set<ErrorCode> unavailable;
  for (std::uint16_t number = 0; number < 100; ++number) {
    const auto code = static_cast<ErrorCode>(number);
    if (protocol_error(code) == ProtocolError::kUnavailable) unavailable.insert(code);
    EXPECT_EQ(protocol_error(code) == ProtocolError::kBusy, code == ErrorCode::kQueueFull);
  }
  EXPECT_EQ(unavailable, (std::set<ErrorCode>{ErrorCode::kTimeout, ErrorCode::kUnreachable, ErrorCode::kNoSuchActor,
                                              ErrorCode::kStopping, ErrorCode::kUnavailable, ErrorCode::kNotOwner,
                                              ErrorCode::kFenced, ErrorCode::kCancelled}));
}

TEST(ErrorNames, a_number_of_a_newer_node_is_internal) {
  EXPECT_EQ(protocol_error(static_cast<ErrorCode>(9999)), ProtocolError::kInternal);
}

TEST(ErrorNames, the_detail_reaches_the_client_only_where_it_is_about_the_client) {
  EXPECT_EQ(public_message({ErrorCode::kInvalidEvent, "too red"}), "too red");
  EXPECT_EQ(public_message({ErrorCode::kTooLarge, ""}), "the server refuses this: too_large");
  for (const ErrorCode code :
       {ErrorCode::kInputOutput, ErrorCode::kTimeout, ErrorCode::kQueueFull, ErrorCode::kRefused}) {
    EXPECT_EQ(public_message({code, "at /var/lib"}).find("/var/lib"), std::string::npos);
  }
}

}  // namespace
}  // namespace troupe::session
