#include "troupe/node/config_value.hpp"

#include <gtest/gtest.h>

namespace troupe::config {
namespace {

std::string duration(std::string_view text) {
  const auto read = read_duration(text);
  return read ? render_duration(*read) : read.error().text;
}

std::string size(std::string_view text) {
  const auto read = read_size(text);
  return read ? render_size(*read) : read.error().text;
}

std::string count(std::string_view text) {
  const auto read = read_count(text);
  return read ? render_count(*read) : read.error().text;
}

TEST(ConfigValue, durations_have_a_unit) {
  EXPECT_EQ(read_duration("500 ms").value(), 500ms);
  EXPECT_EQ(read_duration("500ms").value(), 500ms);
  EXPECT_EQ(read_duration(" 1.5 s ").value(), 1500ms);
  EXPECT_EQ(read_duration("0.1 s").value(), 100ms);
  EXPECT_EQ(read_duration("50 us").value(), 50us);
  EXPECT_EQ(read_duration("50 µs").value(), 50us);
  EXPECT_EQ(read_duration("5 min").value(), 5min);
  EXPECT_EQ(read_duration("24 h").value(), 24h);
  EXPECT_EQ(read_duration("0").value(), 0s);

  EXPECT_EQ(duration("5"), "\"5\" is not a duration: the unit is missing");
  EXPECT_EQ(duration("5 m"), "\"5 m\" is not a duration: there is no unit \"m\"");
  EXPECT_EQ(duration("-5 s"), "\"-5 s\" is not a duration: it does not begin with a number");
  EXPECT_EQ(duration("s"), "\"s\" is not a duration: it does not begin with a number");
  EXPECT_EQ(duration(""), "\"\" is not a duration: it is empty");
  EXPECT_EQ(duration("1e3 s"), "\"1e3 s\" is not a duration: there is no unit \"e3 s\"");
  EXPECT_EQ(duration("99999999999 h"), "\"99999999999 h\" is not a duration: it is too large");
  EXPECT_TRUE(duration(std::string(400, '9') + " s").ends_with("is not a duration: its number is too large"));
}

TEST(ConfigValue, sizes_are_binary_or_decimal) {
  EXPECT_EQ(read_size("64 KiB").value(), 65'536U);
  EXPECT_EQ(read_size("1.5 MiB").value(), 1'572'864U);
  EXPECT_EQ(read_size("2GiB").value(), 2'147'483'648U);
  EXPECT_EQ(read_size("10 MB").value(), 10'000'000U);
  EXPECT_EQ(read_size("512").value(), 512U);

  EXPECT_EQ(size("64 K"), "\"64 K\" is not a size: there is no unit \"K\"");
  EXPECT_EQ(size("much"), "\"much\" is not a size: it does not begin with a number");
  EXPECT_EQ(size("9999999999999 GiB"), "\"9999999999999 GiB\" is not a size: it is too large");
}

TEST(ConfigValue, shares_are_from_0_to_1) {
  EXPECT_EQ(read_share("0").value(), 0.0);
  EXPECT_EQ(read_share("0.25").value(), 0.25);
  EXPECT_EQ(read_share(" 1e-05 ").value(), 1e-05);
  EXPECT_EQ(read_share("1").value(), 1.0);
  for (const double share : {0.0, 0.001, 1e-05, 1.0}) EXPECT_EQ(read_share(render_share(share)).value(), share);
  for (const char* wrong : {"", "-0.1", "1.1", "nan", "inf", "0.5x", "half", "0,5"}) {
    ASSERT_FALSE(read_share(wrong)) << wrong;
    EXPECT_TRUE(read_share(wrong).error().text.ends_with("is not a number from 0 to 1")) << wrong;
  }
}

TEST(ConfigValue, counts_are_digits) {
  EXPECT_EQ(read_count("65536").value(), 65'536U);
  EXPECT_EQ(read_count("65_536").value(), 65'536U);

  for (const char* wrong : {"", "-1", "1.5", "1e3", "1__0", "_1", "1_", "ten", "99999999999999999999"}) {
    EXPECT_EQ(count(wrong), "\"" + std::string(wrong) + "\" is not a whole number");
  }
}

TEST(ConfigValue, switches_are_words) {
  EXPECT_TRUE(read_switch("true").value());
  EXPECT_FALSE(read_switch(" false").value());
  EXPECT_EQ(read_switch("yes").error().text, "\"yes\" is neither true nor false");
  EXPECT_EQ(read_switch("yes").error().remedy, "write true or false");
}

TEST(ConfigValue, values_are_rendered_as_people_write_them) {
  EXPECT_EQ(render_duration(60s), "60 s");
  EXPECT_EQ(render_duration(5min), "5 min");
  EXPECT_EQ(render_duration(90s), "90 s");
  EXPECT_EQ(render_duration(1h), "60 min");
  EXPECT_EQ(render_duration(168h), "168 h");
  EXPECT_EQ(render_duration(1500us), "1500 us");
  EXPECT_EQ(render_duration(Duration(7)), "7 ns");
  EXPECT_EQ(render_duration(0s), "0 s");
  EXPECT_EQ(render_size(65'536), "64 KiB");
  EXPECT_EQ(render_size(1'000), "1000 B");
  EXPECT_EQ(render_size(0), "0 B");
  EXPECT_EQ(render_count(1'000), "1000");
  EXPECT_EQ(render_count(10'000), "10_000");
  EXPECT_EQ(render_count(1'234'567), "1_234_567");
  EXPECT_EQ(render_text("a \"b\" \\ \n"), R"("a \"b\" \\ \u000A")");
}

TEST(ConfigValue, lists_are_separated_by_commas) {
  EXPECT_EQ(split_list("a:1, b:2,"), (std::vector<std::string>{"a:1", "b:2"}));
  EXPECT_EQ(split_list(" , "), std::vector<std::string>());
  EXPECT_EQ(split_list(""), std::vector<std::string>());
}

TEST(ConfigValue, a_typing_error_has_a_nearest_name) {
  const std::vector<std::string> keys{"cluster.listen", "cluster.join", "http.listen", "data"};
  EXPECT_EQ(nearest("cluster.lisetn", keys, '.'), "cluster.listen");
  EXPECT_EQ(nearest("htp.listen", keys, '.'), "http.listen");
  EXPECT_EQ(nearest("dtaa", keys, '.'), "data");
  EXPECT_EQ(nearest("listen", keys, '.'), "cluster.listen or http.listen");
  EXPECT_EQ(nearest("gateway.join", keys, '.'), "cluster.join");
  EXPECT_EQ(nearest("colour", keys, '.'), "");
  EXPECT_EQ(nearest("", keys, '.'), "");
}

}  // namespace
}  // namespace troupe::config
