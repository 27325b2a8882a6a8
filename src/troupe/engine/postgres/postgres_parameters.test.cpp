#include "troupe/engine/postgres/postgres_parameters.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace troupe::engine {
namespace {

using std::string_literals::operator""s;

// As `SELECT array_send(...)` and `int8send(...)` of PostgreSQL 15 give it.
TEST(PostgresParameters, are_as_the_server_writes_them) {
  PostgresParameters parameters;
  parameters.add(std::string_view("a\0b", 3));
  parameters.add(std::int64_t{-2});
  parameters.add(std::vector<std::int64_t>{1, 258});
  parameters.add(std::vector<std::string_view>{"xy", ""});
  parameters.add(std::vector<std::string_view>{});
  const auto& values = parameters.values();
  ASSERT_EQ(values.size(), 5U);
  EXPECT_EQ(values[0], "a\0b"s);
  EXPECT_EQ(values[1], "\xff\xff\xff\xff\xff\xff\xff\xfe");
  EXPECT_EQ(values[2],
            "\0\0\0\1\0\0\0\0\0\0\0\x14\0\0\0\2\0\0\0\1"
            "\0\0\0\10\0\0\0\0\0\0\0\1\0\0\0\10\0\0\0\0\0\0\1\2"s);
  EXPECT_EQ(values[3], "\0\0\0\1\0\0\0\0\0\0\0\x11\0\0\0\2\0\0\0\1\0\0\0\2xy\0\0\0\0"s);
  EXPECT_EQ(values[4], "\0\0\0\0\0\0\0\0\0\0\0\x11"s);
}

TEST(PostgresParameters, numbers_come_back) {
  for (const std::int64_t number :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1} << 40U, std::numeric_limits<std::int64_t>::min(),
        std::numeric_limits<std::int64_t>::max()}) {
    PostgresParameters parameters;
    parameters.add(number);
    EXPECT_EQ(decode_bigint(parameters.values()[0]), number);
  }
}

}  // namespace
}  // namespace troupe::engine
