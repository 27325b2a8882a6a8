#include "canvas/canvas_event.hpp"

#include <gtest/gtest.h>

#include <string>

namespace troupe::canvas {
namespace {

using std::string_literals::operator""s;

std::string repeat(std::string_view text, std::size_t times) {
  std::string result;
  while (times-- > 0) result += text;
  return result;
}

std::string points(std::size_t count) {
  std::string list = "[1,2";
  list += repeat(",1.5,2.5", count - 1);
  return list + "]";
}

/// A good stroke, with one field in place of the one that it has.
std::string stroke(const std::string& id = R"("s1")", const std::string& color = R"("#1f6feb")",
                   const std::string& size = "6", const std::string& points = "[1,2]", const std::string& more = "") {
  return R"({"type":"stroke","id":)" + id + R"(,"color":)" + color + R"(,"size":)" + size + R"(,"points":)" + points +
         more + "}";
}
std::string stroke_with_id(const std::string& id) { return stroke(id); }
std::string stroke_with_color(const std::string& color) { return stroke(R"("s1")", color); }
std::string stroke_with_size(const std::string& size) { return stroke(R"("s1")", R"("#1f6feb")", size); }
std::string stroke_with_points(const std::string& points) { return stroke(R"("s1")", R"("#1f6feb")", "6", points); }
std::string stroke_with(const std::string& more) { return stroke(R"("s1")", R"("#1f6feb")", "6", "[1,2]", more); }

std::string chat(const std::string& name, const std::string& text) {
  return R"({"type":"chat","name":")" + name + R"(","text":")" + text + R"("})";
}

/// A good text, with one field in place of the one that it has.
std::string text(const std::string& content = R"("hello")", const std::string& size = "24",
                 const std::string& at = "[100,50]", const std::string& more = "") {
  return R"({"type":"text","id":"t1","color":"#1f6feb","size":)" + size + R"(,"at":)" + at + R"(,"text":)" + content +
         more + "}";
}

std::string ids(std::size_t count) { return R"(["s1")" + repeat(R"(,"s2")", count - 1) + "]"; }
std::string move(const std::string& dx, const std::string& dy) {
  return R"({"type":"move","ids":["s1"],"dx":)" + dx + R"(,"dy":)" + dy + "}";
}

/// The element of an event that draws one, as in a snapshot.
std::string json_of(const std::string& data) {
  const auto event = parse_canvas_event(data);
  return event && event->elements.size() == 1 ? event->elements[0].json : "not an element";
}

/// Why the event is refused; "accepted" if it is not.
std::string reason(std::string_view data) {
  const auto event = parse_canvas_event(data);
  if (event) return "accepted";
  EXPECT_EQ(event.error().code, ErrorCode::kInvalidEvent);
  return event.error().detail;
}

TEST(CanvasEvent, a_stroke_becomes_its_object_in_the_snapshot) {
  const auto event = parse_canvas_event(
      R"( {"points":[ 1.50 , 2,1e2,-0,  7.0,0.1 ],"x":{"y":[]},"color":"#A1b2C3","size":6.25,"type":"stroke","id":"\u00e9\""} )");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->kind, CanvasEventKind::kDraw);
  ASSERT_EQ(event->elements.size(), 1U);
  EXPECT_EQ(event->elements[0].id, "é\"");
  EXPECT_EQ(event->elements[0].json, R"({"id":"é\"","color":"#A1b2C3","size":6.25,"points":[1.5,2,100,0,7,0.1]})");
}

TEST(CanvasEvent, erase_is_kept_as_it_was_said) {
  EXPECT_TRUE(json_of(stroke_with(R"(,"erase":true)")).ends_with(R"("points":[1,2],"erase":true})"));
  EXPECT_TRUE(json_of(stroke_with(R"(,"erase":false)")).ends_with(R"("points":[1,2],"erase":false})"));
  EXPECT_TRUE(json_of(stroke()).ends_with(R"("points":[1,2]})"));
}

TEST(CanvasEvent, a_chat_line_and_a_clear) {
  const auto line = parse_canvas_event(chat("Ada", R"(a\n\"b\" 😀)"));
  ASSERT_TRUE(line);
  EXPECT_EQ(line->kind, CanvasEventKind::kChat);
  EXPECT_EQ(line->chat, R"("name":"Ada","text":"a\n\"b\" 😀")");
  EXPECT_EQ(parse_canvas_event(R"({"type":"clear"})")->kind, CanvasEventKind::kClear);
  EXPECT_EQ(parse_canvas_event(R"({"type":"clear","id":7,"text":[]})")->kind, CanvasEventKind::kClear);
}

TEST(CanvasEvent, the_type_must_be_a_known_one) {
  const std::string expected =
      R"(canvas: "type" must be "stroke", "text", "draw", "move", "delete", "restore", "chat" or "clear")";
  for (const auto* data : {"{}", R"({"type":"Clear"})", R"({"type":null})", R"({"type":["clear"]})",
                           R"({"type":{"type":"clear"}})", R"({"x":{"type":"clear"}})"}) {
    EXPECT_EQ(reason(data), expected) << data;
  }
}

TEST(CanvasEvent, limits_of_the_id) {
  const std::string expected = R"(canvas: "id" of a stroke must be a string of 1 to 128 bytes)";
  EXPECT_EQ(reason(stroke_with_id('"' + repeat("x", 128) + '"')), "accepted");
  EXPECT_EQ(reason(stroke_with_id('"' + repeat("x", 129) + '"')), expected);
  EXPECT_EQ(reason(stroke_with_id(R"("")")), expected);
  EXPECT_EQ(reason(stroke_with_id("7")), expected);
  EXPECT_EQ(reason(R"({"type":"stroke","color":"#000000","size":1,"points":[1,2]})"), expected);
}

TEST(CanvasEvent, form_of_the_color) {
  const std::string expected = R"(canvas: "color" of a stroke must be like "#1f6feb")";
  for (const auto* good : {R"("#000000")", R"("#ffffff")", R"("#FFfF09")"}) {
    EXPECT_EQ(reason(stroke_with_color(good)), "accepted") << good;
  }
  for (const auto* bad : {R"("")", R"("#fff")", R"("000000")", R"("#00000g")", R"("#0000000")", R"("#00000")",
                          R"("red")", R"("#00000\u0000")", "0", "null", R"(["#000000"])"}) {
    EXPECT_EQ(reason(stroke_with_color(bad)), expected) << bad;
  }
}

TEST(CanvasEvent, limits_of_the_size) {
  const std::string expected = R"(canvas: "size" of a stroke must be a number from 1 to 100)";
  for (const auto* good : {"1", "1.0", "100", "1e2", "50.5"}) {
    EXPECT_EQ(reason(stroke_with_size(good)), "accepted") << good;
  }
  for (const auto* bad : {"0", "0.999", "100.001", "-1", "101", "1e300", R"("6")", "null", "[6]", "true"}) {
    EXPECT_EQ(reason(stroke_with_size(bad)), expected) << bad;
  }
}

TEST(CanvasEvent, number_of_points) {
  const std::string expected =
      R"(canvas: "points" of a stroke must be a list of numbers [x,y,x,y,...], at least one point)";
  EXPECT_EQ(reason(stroke_with_points(points(1))), "accepted");
  EXPECT_EQ(reason(stroke_with_points(points(kStrokePointsMax))), "accepted");
  EXPECT_EQ(reason(stroke_with_points(points(kStrokePointsMax + 1))),
            R"(canvas: a stroke has at most 2000 "points"; make two of it)");
  for (const auto* bad : {"[]", "[1]", "[1,2,3]", R"([1,"2"])", "[1,null]", "[[1,2]]", "[1,[2]]", "[1,2,{}]",
                          "[1,2,[]]", "[true,2]", "{}", R"("1,2")", "1", "null"}) {
    EXPECT_EQ(reason(stroke_with_points(bad)), expected) << bad;
  }
}

TEST(CanvasEvent, points_lie_on_the_plane) {
  const std::string expected =
      R"(canvas: "points" of a stroke must lie on the plane: x from 0 to 1600, y from 0 to 1000)";
  EXPECT_EQ(reason(stroke_with_points("[0,0,1600,1000,-0,-0.0]")), "accepted");
  for (const auto* bad : {"[1600.1,0]", "[0,1000.1]", "[-0.1,0]", "[0,-1]", "[1000,1600]", "[1,2,1e308,3]",
                          "[18446744073709551615,0]", "[-9223372036854775808,0]"}) {
    EXPECT_EQ(reason(stroke_with_points(bad)), expected) << bad;
  }
  EXPECT_NE(reason(stroke_with_points("[1e999,0]")), "accepted");
  EXPECT_NE(reason(stroke_with_points("[NaN,0]")), "accepted");
}

TEST(CanvasEvent, erase_is_a_boolean) {
  for (const auto* bad : {"0", "null", R"("true")", "[]"}) {
    EXPECT_EQ(reason(stroke_with(R"(,"erase":)"s + bad)), R"(canvas: "erase" of a stroke must be true or false)")
        << bad;
  }
}

TEST(CanvasEvent, a_text_comes_out_compact) {
  EXPECT_EQ(json_of(R"( {"text":"a\nb","at":[ 1.50 ,2],"size":24.0,"color":"#A1b2C3","id":"t1","type":"text"} )"),
            R"({"id":"t1","color":"#A1b2C3","size":24,"at":[1.5,2],"text":"a\nb"})");
}

TEST(CanvasEvent, limits_of_a_text) {
  const std::string size = R"(canvas: "size" of a text must be a number from 4 to 400)";
  for (const auto* good : {"4", "400", "4e1"}) EXPECT_EQ(reason(text(R"("x")", good)), "accepted") << good;
  for (const auto* bad : {"3.9", "400.1", "null", R"("24")"}) EXPECT_EQ(reason(text(R"("x")", bad)), size) << bad;

  const std::string at = R"(canvas: "at" of a text must be [x,y] on the plane: x from 0 to 1600, y from 0 to 1000)";
  EXPECT_EQ(reason(text(R"("x")", "24", "[1600,1000]")), "accepted");
  for (const auto* bad : {"[]", "[1]", "[1,2,3]", "[1600.1,0]", "[0,-1]", R"(["1","2"])", "[[1,2]]", "{}", "null"}) {
    EXPECT_EQ(reason(text(R"("x")", "24", bad)), at) << bad;
  }

  const std::string content = R"(canvas: "text" of a text must have 1 to 500 characters)";
  EXPECT_EQ(reason(text('"' + repeat("😀", 500) + '"')), "accepted");
  for (const std::string& bad : {'"' + repeat("x", 501) + '"', R"("")"s, "7"s, "null"s}) {
    EXPECT_EQ(reason(text(bad)), content) << bad;
  }
}

TEST(CanvasEvent, shifts_are_whole_eighths) {
  const std::string expected =
      R"(canvas: "shift" must be [dx,dy], whole eighths, dx from -1600 to 1600, dy from -1000 to 1000)";
  for (const auto* good : {"[0,0]", "[-1600,1000]", "[0.125,-0.875]"}) {
    EXPECT_EQ(reason(stroke_with(R"(,"shift":)"s + good)), "accepted") << good;
  }
  for (const auto* bad : {"[0.1,0]", "[0,0.0625]", "[1600.125,0]", "[0,-1000.125]", "[1]", "[1,2,3]", R"(["1","2"])",
                          "[]", "null", "7", "{}"}) {
    EXPECT_EQ(reason(stroke_with(R"(,"shift":)"s + bad)), expected) << bad;
  }
}

TEST(CanvasEvent, limits_of_a_move) {
  const std::string expected =
      R"(canvas: "dx" and "dy" of a move must be whole eighths, dx from -1600 to 1600, dy from -1000 to 1000)";
  for (const auto* good : {"0", "1600", "-1600", "0.125"}) EXPECT_EQ(reason(move(good, "0")), "accepted") << good;
  for (const auto* bad : {"0.1", "1600.125", "-1601", "1e300", "null", R"("1")", "[1]"}) {
    EXPECT_EQ(reason(move(bad, "0")), expected) << bad;
  }
  EXPECT_EQ(reason(move("0", "1000.125")), expected);
  EXPECT_EQ(reason(R"({"type":"move","ids":["s1"],"dx":1})"), expected);
}

TEST(CanvasEvent, limits_of_ids) {
  const std::string expected = R"(canvas: "ids" must be a list of 1 to 2000 strings of 1 to 128 bytes)";
  for (const auto* type : {"delete", "restore"}) {
    const auto about = [&](const std::string& list) {
      return R"({"type":")" + std::string(type) + R"(","ids":)" + list + "}";
    };
    EXPECT_EQ(reason(about(ids(1))), "accepted");
    EXPECT_EQ(reason(about(ids(kIdsMax))), "accepted");
    EXPECT_EQ(reason(about(R"([")" + repeat("x", 128) + R"("])")), "accepted");
    for (const std::string& bad :
         {"[]"s, ids(kIdsMax + 1), R"([""])"s, R"([")" + repeat("x", 129) + R"("])", R"(["s1",2])"s, R"([2,"s1"])"s,
          R"([null,"s1"])"s, R"([{},"s1"])"s, R"([["s1"]])"s, "{}"s, R"("s1")"s, "null"s}) {
      EXPECT_EQ(reason(about(bad)), expected) << bad;
    }
  }
}

TEST(CanvasEvent, limits_of_a_draw) {
  const std::string expected = R"(canvas: "elements" must be a list of 1 to 2000 strokes and texts)";
  const std::string one = R"({"id":"s1","color":"#1f6feb","size":6,"points":[1,2]})";
  const auto draw = [](const std::string& list) { return R"({"type":"draw","elements":)" + list + "}"; };
  const auto many = [&](std::size_t count) { return "[" + one + repeat("," + one, count - 1) + "]"; };
  EXPECT_EQ(reason(draw(many(kElementsMax))), "accepted");
  for (const std::string& bad : {many(kElementsMax + 1), "[]"s, "{}"s, "null"s, "[7]"s, "[[" + one + "]]",
                                 "[" + one + ",7]", "[7," + one + "]", "[" + one + ",[]]", one}) {
    EXPECT_EQ(reason(draw(bad)), expected) << bad.substr(0, 100);
  }
  EXPECT_EQ(reason(draw("[{}]")), R"(canvas: "id" of a stroke must be a string of 1 to 128 bytes)");
  EXPECT_EQ(reason(draw(R"([{"id":"a","id":"b"}])")), R"(canvas: the field "id" is there more than once)");
  EXPECT_EQ(reason(draw("[" + one + R"(],"id":7)")), "accepted") << "names of the event are not those of its elements";
}

TEST(CanvasEvent, limits_of_a_chat_line_count_characters_not_bytes) {
  const std::string name = R"(canvas: "name" of a chat line must have 1 to 40 characters)";
  const std::string text = R"(canvas: "text" of a chat line must have 1 to 500 characters)";
  for (const auto* one : {"x", "é", "😀", R"(\ud83d\ude00)"}) {
    EXPECT_EQ(reason(chat(repeat(one, 40), repeat(one, 500))), "accepted") << one;
    EXPECT_EQ(reason(chat(repeat(one, 41), "x")), name) << one;
    EXPECT_EQ(reason(chat("x", repeat(one, 501))), text) << one;
  }
  EXPECT_EQ(reason(chat("", "x")), name);
  EXPECT_EQ(reason(chat("x", "")), text);
  EXPECT_EQ(reason(R"({"type":"chat","text":"x"})"), name);
  EXPECT_EQ(reason(R"({"type":"chat","name":"x","text":7})"), text);
}

TEST(CanvasEvent, a_field_that_is_there_twice_is_refused) {
  EXPECT_EQ(reason(R"({"type":"clear","type":"chat"})"), R"(canvas: the field "type" is there more than once)");
  EXPECT_EQ(reason(R"({"type":"clear","\u0074ype":"chat"})"), R"(canvas: the field "type" is there more than once)");
  EXPECT_EQ(reason(R"({"type":"clear","later":1,"later":2})"), "accepted");
  EXPECT_EQ(reason(R"({"type":"clear","later":{"type":"chat","type":1}})"), "accepted");
}

TEST(CanvasEvent, hostile_text_is_refused) {
  for (const std::string& data : {""s,
                                  " "s,
                                  "{"s,
                                  "[]"s,
                                  "[{\"type\":\"clear\"}]"s,
                                  "\"clear\""s,
                                  "7"s,
                                  "-7"s,
                                  "1.5"s,
                                  "null"s,
                                  "true"s,
                                  "{\"type\":\"clear\"}x"s,
                                  "{\"type\":\"clear\"}\0"s,
                                  "\xef\xbb\xbf{\"type\":\"clear\"}"s,
                                  "{\"type\":\"clear\",}"s,
                                  "{\"type\":\"\xff\"}"s,
                                  "{\"type\":\"clear\",\"x\":\"\xc0\x80\"}"s,
                                  "{\"type\":\"clear\",\"x\":\"\\ud800\"}"s,
                                  "{\"type\":\"clear\",\"x\":1e999}"s,
                                  "\xff\xfe"s}) {
    EXPECT_NE(reason(data), "accepted") << data;
  }
}

TEST(CanvasEvent, nesting_is_limited_and_does_not_overflow_the_stack) {
  const auto nested = [](std::size_t depth) {
    return R"({"type":"clear","x":)" + repeat("[", depth - 1) + repeat("]", depth - 1) + "}";
  };
  EXPECT_EQ(reason(nested(64)), "accepted");
  EXPECT_EQ(reason(nested(65)), "canvas: it is nested deeper than 64 objects and lists");
  EXPECT_NE(reason(R"({"type":"clear","x":)" + repeat("[", 1'000'000)), "accepted");
  EXPECT_NE(reason(stroke_with_points(repeat("[", 1'000'000))), "accepted");
}

TEST(CanvasEvent, reading_an_item_of_a_snapshot_again_gives_the_same_text) {
  for (const std::string& data :
       {stroke_with_points("[0.1,0.30000000000000004,1600,999.9999999999999,1e-7,5e-324]"),
        stroke(R"("\\\u0001\u20ac")"), stroke_with(R"(,"erase":false)"), text(R"("a\n\"b")")}) {
    const std::string json = json_of(data);
    const auto again = parse_canvas_element(json);
    ASSERT_TRUE(again) << json;
    EXPECT_EQ(again->json, json);
  }
}

}  // namespace
}  // namespace troupe::canvas
