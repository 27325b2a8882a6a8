#include "canvas/canvas.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "troupe/base/random.hpp"

namespace troupe::canvas {
namespace {

using Json = nlohmann::json;

document::Event event(std::uint64_t seq, std::string_view data) {
  return {.seq = seq, .key = "k" + std::to_string(seq), .from = "a-1", .data = Bytes::copy_of(data)};
}

std::string stroke(std::uint64_t id) {
  return R"({"type":"stroke","id":"s)" + std::to_string(id) + R"(","color":"#1f6feb","size":6,"points":[1,2,3.5,4]})";
}

std::string chat(std::string_view text) {
  return R"({"type":"chat","name":"Ada","text":")" + std::string(text) + R"("})";
}

std::string snapshot(const Canvas& canvas) { return std::string(canvas.snapshot().view()); }

TEST(Canvas, is_empty_at_first) { EXPECT_EQ(snapshot(Canvas()), R"({"elements":[],"chat":[]})"); }

TEST(Canvas, keeps_strokes_and_chat_in_order) {
  Canvas canvas;
  canvas.apply(event(1, stroke(1)));
  canvas.apply(event(2, chat("hello")));
  canvas.apply(event(3, R"({"type":"stroke","id":"s3","color":"#000000","size":2.50,"points":[0,0],"erase":true})"));
  EXPECT_EQ(snapshot(canvas), R"({"elements":[{"id":"s1","color":"#1f6feb","size":6,"points":[1,2,3.5,4]},)"
                              R"({"id":"s3","color":"#000000","size":2.5,"points":[0,0],"erase":true}],)"
                              R"("chat":[{"seq":2,"name":"Ada","text":"hello"}]})");
}

// What the page does with the same events is tested with the same cases: web/canvas/model/elements.test.ts.
TEST(Canvas, folds_events_as_the_table_says) {
  std::ifstream file(std::filesystem::path(__FILE__).parent_path() / "testdata" / "folds.json");
  for (const Json& example : Json::parse(file)) {
    Canvas canvas;
    std::uint64_t seq = 0;
    for (const Json& data : example["events"]) {
      ASSERT_TRUE(canvas.check(Bytes::copy_of(data.dump()))) << data;
      canvas.apply(event(++seq, data.dump()));
    }
    EXPECT_EQ(Json::parse(snapshot(canvas))["elements"], example["elements"]) << example["name"];
    Canvas restored;
    ASSERT_TRUE(restored.restore(canvas.snapshot())) << example["name"];
    EXPECT_EQ(snapshot(restored), snapshot(canvas)) << example["name"];
  }
}

TEST(Canvas, a_snapshot_from_before_there_were_texts_is_read) {
  Canvas canvas;
  ASSERT_TRUE(canvas.restore(Bytes::copy_of(R"({"strokes":[{"id":"s1","color":"#1f6feb","size":6,"points":[1,2]}],)"
                                            R"("chat":[{"seq":2,"name":"Ada","text":"hello"}]})")));
  EXPECT_EQ(snapshot(canvas), R"({"elements":[{"id":"s1","color":"#1f6feb","size":6,"points":[1,2]}],)"
                              R"("chat":[{"seq":2,"name":"Ada","text":"hello"}]})");
}

TEST(Canvas, clear_removes_the_strokes_and_leaves_the_chat) {
  Canvas canvas;
  canvas.apply(event(1, stroke(1)));
  canvas.apply(event(2, chat("hello")));
  canvas.apply(event(3, R"({"type":"clear"})"));
  EXPECT_EQ(snapshot(canvas), R"({"elements":[],"chat":[{"seq":2,"name":"Ada","text":"hello"}]})");
  canvas.apply(event(4, stroke(4)));
  EXPECT_EQ(Json::parse(snapshot(canvas))["elements"].size(), 1U);
}

TEST(Canvas, keeps_the_last_200_chat_lines) {
  Canvas canvas;
  for (std::uint64_t seq = 1; seq <= 201; ++seq) canvas.apply(event(seq, chat(std::to_string(seq))));
  const Json chat = Json::parse(snapshot(canvas))["chat"];
  ASSERT_EQ(chat.size(), 200U);
  EXPECT_EQ(chat.front()["seq"], 2);
  EXPECT_EQ(chat.front()["text"], "2");
  EXPECT_EQ(chat.back()["seq"], 201);
}

TEST(Canvas, check_refuses_with_a_reason_and_changes_nothing) {
  Canvas canvas;
  canvas.apply(event(1, stroke(1)));
  const std::string before = snapshot(canvas);
  const auto refused = canvas.check(Bytes::copy_of(R"({"type":"stroke"})"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidEvent);
  EXPECT_EQ(refused.error().detail, "canvas: \"id\" of a stroke must be a string of 1 to 128 bytes");
  EXPECT_FALSE(canvas.check(Bytes()));
  EXPECT_TRUE(canvas.check(Bytes::copy_of(stroke(2))));
  EXPECT_EQ(snapshot(canvas), before);
}

TEST(Canvas, apply_is_total_an_event_that_is_no_canvas_event_changes_nothing) {
  Canvas canvas;
  for (const auto* data : {"", "{}", "junk", R"({"type":"stroke"})", "\xff"}) canvas.apply(event(1, data));
  EXPECT_EQ(snapshot(canvas), snapshot(Canvas()));
}

TEST(Canvas, restore_gives_the_same_snapshot_byte_for_byte_and_goes_on_the_same) {
  Random random(7);
  for (int round = 0; round < 20; ++round) {
    Canvas lived;
    Canvas restored;
    for (std::uint64_t seq = 1; seq <= 300; ++seq) {
      std::string data = random.chance(0.5) ? chat("\\u00e9 \\\"" + std::to_string(random.next())) : stroke(seq);
      if (random.chance(0.02)) data = R"({"type":"clear"})";
      if (random.chance(0.3)) {
        data = R"({"type":"stroke","id":"x","color":"#ABCDEF","size":)" + std::to_string(1 + random.fraction() * 9) +
               R"(,"points":[)" + std::to_string(random.fraction()) + "," + std::to_string(random.below(1000)) + ".0]}";
      }
      const std::string known = R"("ids":["s)" + std::to_string(1 + random.below(seq)) + R"(","x"])";
      if (random.chance(0.2)) data = R"({"type":"delete",)" + known + "}";
      if (random.chance(0.1)) data = R"({"type":"restore",)" + known + "}";
      if (random.chance(0.2)) data = R"({"type":"move",)" + known + R"(,"dx":700.125,"dy":-300})";
      lived.apply(event(seq, data));
      restored.apply(event(seq, data));
      if (random.chance(0.05)) {
        ASSERT_TRUE(restored.restore(lived.snapshot()));
      }
      if (random.chance(0.05)) {
        ASSERT_EQ(snapshot(restored), snapshot(lived));
      }
    }
    EXPECT_EQ(snapshot(restored), snapshot(lived));
    EXPECT_TRUE(Json::accept(snapshot(lived)));
  }
}

TEST(Canvas, restore_replaces_what_was_there) {
  Canvas canvas;
  canvas.apply(event(1, stroke(1)));
  canvas.apply(event(2, chat("x")));
  ASSERT_TRUE(canvas.restore(Canvas().snapshot()));
  EXPECT_EQ(snapshot(canvas), snapshot(Canvas()));
}

TEST(Canvas, restore_of_something_else_is_corrupt_and_changes_nothing) {
  Canvas canvas;
  canvas.apply(event(1, stroke(1)));
  const std::string before = snapshot(canvas);
  const std::string deep = std::string(1'000'000, '[');
  for (const std::string& text :
       std::vector<std::string>{"",
                                "{}",
                                "[]",
                                "null",
                                R"({"elements":[]})",
                                R"({"chat":[]})",
                                R"({"elements":{},"chat":[]})",
                                R"({"elements":[{}],"chat":[]})",
                                R"({"elements":[7],"chat":[]})",
                                R"({"elements":[],"chat":[7]})",
                                R"({"elements":[],"chat":[{"name":"a","text":"b"}]})",
                                R"({"elements":[],"chat":[{"seq":-1,"name":"a","text":"b"}]})",
                                R"({"elements":[],"chat":[{"seq":1,"name":"","text":"b"}]})",
                                before.substr(0, before.size() - 1),
                                deep,
                                R"({"elements":[)" + deep,
                                R"({"elements":[[[[[[[[[[]]]]]]]]]],"chat":[]})",
                                before + '\0',
                                before + "x",
                                R"({"elements":[],"chat":[{"seq":1,"name":"a","text":"b"})",
                                R"({"elements":[}],"chat":[]})",
                                R"({"elements":[{"id":"\)",
                                R"({"elements":[{"id":")",
                                R"({"elements":[,],"chat":[]})",
                                R"({"elements":[],"chat":[{"name":"a","seq":1,"text":"b"}]})",
                                R"({"elements":[],"chat":[{"seq":99999999999999999999,"name":"a","text":"b"}]})",
                                R"({"elements":[)" + std::string(1'000'000, '{')}) {
    const auto result = canvas.restore(Bytes::copy_of(text));
    ASSERT_FALSE(result) << text.substr(0, 100);
    EXPECT_EQ(result.error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(snapshot(canvas), before);
  }
}

TEST(Canvas, restores_a_large_canvas_in_linear_time) {
  constexpr std::uint64_t kStrokes = 50'000;
  Canvas canvas;
  for (std::uint64_t seq = 1; seq <= kStrokes; ++seq) canvas.apply(event(seq, stroke(seq)));
  Canvas restored;
  ASSERT_TRUE(restored.restore(canvas.snapshot()));
  EXPECT_TRUE(restored.snapshot() == canvas.snapshot());
}

TEST(Canvas, braces_and_quotes_in_names_do_not_confuse_a_restore) {
  Canvas canvas;
  canvas.apply(event(1, R"({"type":"stroke","id":"}]},{\"\\","color":"#000000","size":1,"points":[1,2]})"));
  canvas.apply(event(2, chat(R"(],\"chat\":[{}]}\\)")));
  Canvas restored;
  ASSERT_TRUE(restored.restore(canvas.snapshot()));
  EXPECT_EQ(snapshot(restored), snapshot(canvas));
}

TEST(Canvas, the_factory_makes_an_empty_canvas) {
  const std::unique_ptr<document::DocumentState> state = make();
  EXPECT_EQ(state->snapshot().view(), snapshot(Canvas()));
}

}  // namespace
}  // namespace troupe::canvas
