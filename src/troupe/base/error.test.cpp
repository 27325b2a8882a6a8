#include "troupe/base/error.hpp"

#include <gtest/gtest.h>

#include <set>

namespace troupe {
namespace {

TEST(Error, the_numbers_stay_as_they_were_when_they_first_crossed_the_wire) {
  EXPECT_EQ(static_cast<int>(ErrorCode::kUnknown), 0);
  EXPECT_EQ(static_cast<int>(ErrorCode::kTimeout), 1);
  EXPECT_EQ(static_cast<int>(ErrorCode::kActorFailed), 6);
  EXPECT_EQ(static_cast<int>(ErrorCode::kStopping), 11);
  EXPECT_EQ(static_cast<int>(ErrorCode::kFenced), 15);
  EXPECT_EQ(static_cast<int>(ErrorCode::kCancelled), 19);
}

TEST(Error, every_code_has_a_name_of_its_own) {
  std::set<std::string_view> names;
  constexpr std::uint16_t kLast = static_cast<std::uint16_t>(ErrorCode::kCancelled);
  for (std::uint16_t number = 0; number <= kLast; ++number) names.insert(to_string(static_cast<ErrorCode>(number)));
  EXPECT_EQ(names.size(), kLast + 1U);
  EXPECT_EQ(to_string(static_cast<ErrorCode>(60'000)), "unknown") << "a newer peer may send it";
}

TEST(Error, reads_as_its_code_and_its_detail) {
  EXPECT_EQ((Error{ErrorCode::kTimeout, "no answer in 5 s"}).to_string(), "timeout: no answer in 5 s");
  EXPECT_EQ((Error{ErrorCode::kNotOwner, ""}).to_string(), "not_owner");
}

Result<int> half_of(int number) {
  if (number % 2 != 0) return fail(ErrorCode::kInvalidArgument, "odd");
  return number / 2;
}

TEST(Result, is_a_value_or_an_error) {
  EXPECT_EQ(half_of(4), 2);
  EXPECT_EQ(half_of(3).error(), (Error{ErrorCode::kInvalidArgument, "odd"}));
}

}  // namespace
}  // namespace troupe
