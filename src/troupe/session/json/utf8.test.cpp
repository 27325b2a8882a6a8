#include "troupe/session/json/utf8.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace troupe::session {
namespace {

TEST(Utf8, accepts_the_first_and_the_last_of_each_length) {
  for (const auto* text : {"", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                           "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
  }
}

TEST(Utf8, refuses_overlong_forms_surrogates_and_what_is_too_large_or_cut) {
  for (const auto* text : {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf",
                           "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xc2", "\xe2\x82",
                           "\xf0\x9f\x98", "\xc2\xc2\x80", "\xe2\x28\xa1"}) {
    EXPECT_FALSE(is_utf8(text)) << text;
    EXPECT_FALSE(is_utf8(std::string("0123456789") + text)) << text;
    EXPECT_FALSE(is_utf8(text + std::string("0123456789"))) << text;
  }
}

TEST(Utf8, agrees_with_the_json_parser_on_every_start_of_a_sequence) {
  for (unsigned first = 0x80; first < 0x100; ++first) {
    for (unsigned second = 0x80; second < 0x100; ++second) {
      for (const auto* rest : {"", "\x80", "\x80\x80", "\xbf\xbf"}) {
        const std::string text = std::string{static_cast<char>(first), static_cast<char>(second)} + rest;
        ASSERT_EQ(is_utf8(text), nlohmann::json::accept('"' + text + '"')) << first << " " << second;
      }
    }
  }
}

}  // namespace
}  // namespace troupe::session
