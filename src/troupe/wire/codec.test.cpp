#include "troupe/wire/codec.hpp"

#include <gtest/gtest.h>

#include "troupe/base/time.hpp"

namespace troupe::wire {
namespace {

enum class Colour : std::uint8_t { kRed = 1, kBlue = 2 };

struct Point {
  double x = 0;
  double y = 0;
  friend bool operator==(const Point&, const Point&) = default;
};

struct Everything {
  static constexpr auto wire_name = "test.everything";
  int number = 0;
  bool flag = false;
  Colour colour = Colour::kRed;
  std::string text;
  Bytes bytes;
  std::optional<Point> point;
  std::vector<Point> points;
  std::map<std::string, std::vector<int>> lists;
  std::set<int> members;
  std::pair<int, std::string> pair;
  std::array<std::uint16_t, 3> triple{};
  Duration duration{};
  Address address;
  friend bool operator==(const Everything&, const Everything&) = default;
};

Everything sample() {
  return {.number = -7,
          .flag = true,
          .colour = Colour::kBlue,
          .text = "Grüße",
          .bytes = Bytes::copy_of("raw"),
          .point = Point{1, 2},
          .points = {{3, 4}, {5, 6}},
          .lists = {{"a", {1, 2}}, {"b", {}}},
          .members = {9, 8},
          .pair = {4, "four"},
          .triple = {1, 2, 3},
          .duration = 5s,
          .address = {NodeId::named("a"), ActorId::at(1, 2, 3)}};
}

TEST(Codec, gives_back_what_was_written) {
  const auto decoded = decode<Everything>(encode(sample()));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(*decoded, sample());
}

struct Old {
  int a = 0;
  Point point;
};
struct New {
  struct NewPoint {
    double x = 0;
    double y = 0;
    std::string label = "unnamed";
  };
  int a = 0;
  NewPoint point;
  std::string added = "default";
};

TEST(Codec, an_older_node_ignores_fields_that_a_newer_one_appended) {
  const auto decoded = decode<Old>(encode(New{.a = 1, .point = {2, 3, "p"}, .added = "x"}));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->a, 1);
  EXPECT_EQ(decoded->point, (Point{2, 3}));
}

TEST(Codec, fields_that_an_older_node_did_not_send_keep_their_defaults) {
  const auto decoded = decode<New>(encode(Old{.a = 1, .point = {2, 3}}));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->point.y, 3);
  EXPECT_EQ(decoded->point.label, "unnamed");
  EXPECT_EQ(decoded->added, "default");
}

TEST(Codec, a_message_cut_short_in_the_middle_of_a_field_is_corrupt) {
  const Bytes whole = encode(sample());
  int corrupt = 0;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto decoded = decode<Everything>(whole.slice(0, size));
    corrupt += decoded.has_value() ? 0 : 1;
    if (!decoded) {
      EXPECT_EQ(decoded.error().code, ErrorCode::kCorrupt);
    }
  }
  EXPECT_GT(corrupt, static_cast<int>(whole.size()) / 2);
}

TEST(Codec, a_hostile_count_does_not_allocate) {
  Writer writer;
  writer.varint(std::uint64_t{1} << 60U);
  EXPECT_FALSE(decode<std::vector<std::string>>(writer.finish()).has_value());
}

struct Tree {
  std::vector<Tree> children;
};

TEST(Codec, deep_nesting_is_corrupt_and_does_not_overflow_the_stack) {
  Tree root;
  for (int depth = 0; depth < 1000; ++depth) {
    Tree parent;
    parent.children.push_back(std::move(root));
    root = std::move(parent);
  }
  EXPECT_FALSE(decode<Tree>(encode(root)).has_value());
}

TEST(Codec, a_varint_of_more_than_64_bits_is_corrupt) {
  Writer writer;
  for (int i = 0; i < 9; ++i) writer.number(std::uint8_t{0xff});
  writer.number(std::uint8_t{0x02});
  const Bytes bytes = writer.finish();
  Reader reader(bytes);
  reader.varint();
  EXPECT_FALSE(reader.ok());
}

}  // namespace
}  // namespace troupe::wire
