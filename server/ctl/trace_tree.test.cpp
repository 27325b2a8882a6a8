#include "trace_tree.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace troupe::server {
namespace {

using testing::HasSubstr;

/// A line of a node's file with one span, `start` and `end` in microseconds.
std::string line(std::string_view node, std::string_view trace, std::string_view id, std::string_view parent,
                 std::string_view name, int start, int end, std::string_view more = "") {
  return fmt::format(
      R"({{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"service.instance.id","value":{{"stringValue":"{}"}}}}]}},)"
      R"("scopeSpans":[{{"spans":[{{"traceId":"{}","spanId":"{}","parentSpanId":"{}","name":"{}",)"
      R"("startTimeUnixNano":"170000000000{:05}00","endTimeUnixNano":"170000000000{:05}00"{}}}]}}]}}]}})"
      "\n",
      node, trace, id, parent, name, start * 10, end * 10, more);
}

TEST(TraceTree, shows_spans_of_several_nodes_below_their_parents) {
  TraceTrees trees;
  trees.read(line("b", "t", "3", "2", "Owner append", 300, 400,
                  R"(,"attributes":[{"key":"troupe.waited_ns","value":{"intValue":"25000"}}])"));
  trees.read(line("a", "t", "1", "gone", "HTTP POST", 100, 900,
                  R"(,"attributes":[{"key":"url.path","value":{"stringValue":"/api"}}])") +
             line("a", "t", "2", "1", "Documents append", 200, 250) +
             line("a", "t", "4", "1", "Session late", 500, 600, R"(,"status":{"code":2,"message":"broken"})"));
  EXPECT_EQ(trees.render(),
            "trace t: 2023-11-14 22:13:20.000 UTC, 0.800 ms, 4 spans, 2 nodes\n"
            "    after ms    took ms  waited ms  node         span\n"
            "      +0.000      0.800             a            HTTP POST /api\n"
            "      +0.100      0.050             a              Documents append\n"
            "      +0.200      0.100      0.025  b                Owner append\n"
            "      +0.400      0.100             a              Session late  FAILED: broken\n");
}

TEST(TraceTree, shows_the_oldest_trace_first_or_only_one) {
  const std::string file =
      line("a", "young", "1", "", "second", 500, 600) + line("a", "old", "2", "", "first", 100, 200);
  TraceTrees all;
  all.read(file);
  const std::string text = all.render();
  EXPECT_LT(text.find("trace old"), text.find("trace young"));
  TraceTrees one("young");
  one.read(file);
  EXPECT_EQ(one.size(), 1U);
  EXPECT_THAT(one.render(), testing::Not(HasSubstr("trace old")));
}

TEST(TraceTree, counts_lines_that_are_no_spans_and_goes_on) {
  TraceTrees trees;
  trees.read("no json\n\n{}\n[1]\n{\"resourceSpans\":7}\n{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[3]}]}]}\n" +
             line("a", "t", "1", "", "fine", 1, 2));
  EXPECT_EQ(trees.size(), 1U);
  EXPECT_EQ(trees.unreadable_lines(), 5U);
  EXPECT_THAT(trees.render(), HasSubstr("fine"));
}

TEST(TraceTree, a_circle_of_parents_and_a_span_that_stands_twice_end) {
  TraceTrees trees;
  trees.read(line("a", "t", "1", "2", "one", 1, 2) + line("a", "t", "2", "1", "two", 1, 2) +
             line("a", "t", "3", "3", "own parent", 1, 2) + line("a", "t", "3", "", "twice", 1, 2));
  EXPECT_THAT(trees.render(), HasSubstr("own parent"));
}

TEST(TraceTree, what_a_terminal_would_obey_is_not_printed) {
  TraceTrees trees;
  trees.read(line("a", "t", "1", "", R"(\u001b[2J)", 1, 2));
  EXPECT_THAT(trees.render(), HasSubstr("?[2J"));
}

TEST(TraceTree, of_nothing_is_nothing) { EXPECT_EQ(TraceTrees().render(), ""); }

}  // namespace
}  // namespace troupe::server
