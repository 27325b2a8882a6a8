#include "troupe/actor/trace/traceparent.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace {

constexpr std::string_view kExample = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// The example with its characters from `at` on replaced.
std::string changed(std::size_t at, std::string_view by) { return std::string(kExample).replace(at, by.size(), by); }

TEST(Traceparent, comes_out_as_it_went_in) {
  const auto context = parse_traceparent(kExample);
  ASSERT_TRUE(context.has_value());
  EXPECT_EQ(context->trace_high, 0x4bf92f3577b34da6U);
  EXPECT_EQ(context->trace_low, 0xa3ce929d0e0e4736U);
  EXPECT_EQ(context->span, 0x00f067aa0ba902b7U);
  EXPECT_TRUE(context->is_sampled());
  EXPECT_EQ(render_traceparent(*context), kExample);
}

TEST(Traceparent, says_whether_the_trace_is_sampled) {
  EXPECT_FALSE(parse_traceparent(changed(53, "00"))->is_sampled());
  EXPECT_TRUE(parse_traceparent(changed(53, "ff"))->is_sampled());
  EXPECT_FALSE(parse_traceparent(changed(53, "fe"))->is_sampled());
}

TEST(Traceparent, unknown_flags_are_not_passed_on) {
  EXPECT_EQ(render_traceparent(*parse_traceparent(changed(53, "ff"))), kExample);
}

TEST(Traceparent, of_nobody_is_refused) {
  EXPECT_FALSE(parse_traceparent(changed(3, std::string(32, '0'))).has_value());
  EXPECT_FALSE(parse_traceparent(changed(36, std::string(16, '0'))).has_value());
}

TEST(Traceparent, half_of_an_id_may_be_zero) {
  EXPECT_TRUE(parse_traceparent(changed(3, std::string(16, '0'))).has_value());
  EXPECT_TRUE(parse_traceparent(changed(19, std::string(16, '0'))).has_value());
}

TEST(Traceparent, is_refused_with_any_character_that_does_not_belong_there) {
  for (std::size_t at = 0; at < kExample.size(); ++at) {
    for (const char wrong : {'g', 'A', ' ', '\0', '/', ':', '`'})
      EXPECT_FALSE(parse_traceparent(changed(at, std::string(1, wrong))).has_value()) << at << wrong;
  }
}

TEST(Traceparent, is_refused_where_it_is_cut_or_goes_on) {
  for (std::size_t size = 0; size < kExample.size(); ++size)
    EXPECT_FALSE(parse_traceparent(kExample.substr(0, size)).has_value()) << size;
  EXPECT_FALSE(parse_traceparent(std::string(kExample) + "-").has_value());
  EXPECT_FALSE(parse_traceparent(std::string(kExample) + "-00").has_value());
}

TEST(Traceparent, of_a_later_version_is_read_as_far_as_it_is_known) {
  const std::string later = changed(0, "cc");
  EXPECT_TRUE(parse_traceparent(later).has_value());
  EXPECT_TRUE(parse_traceparent(later + "-what-the-future-will-be-like").has_value());
  EXPECT_FALSE(parse_traceparent(later + ".what-the-future-will-not-be-like").has_value());
  EXPECT_FALSE(parse_traceparent(changed(0, "ff")).has_value());
}

}  // namespace
}  // namespace troupe
