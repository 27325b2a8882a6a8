#include "troupe/runtime/spdlog_sink.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "troupe/runtime/detail/log_line.hpp"

namespace troupe::runtime {
namespace {

using detail::log_line;
using ::testing::MatchesRegex;

TEST(LogLine, escapes_what_could_forge_or_break_a_line) {
  EXPECT_EQ(log_line(LogFormat::kText, "cluster", "b joined"), "cluster: b joined");
  EXPECT_EQ(log_line(LogFormat::kText, "x", "a\nb\x1b[31m \"\\ \x7f"), "x: a\\x0ab\\x1b[31m \"\\ \\x7f");
  EXPECT_EQ(log_line(LogFormat::kJson, "cluster", "b joined"), R"("component":"cluster","text":"b joined")");
  EXPECT_EQ(log_line(LogFormat::kJson, "x", "a\n\"\\"), R"("component":"x","text":"a\u000a\"\\")");
}

TEST(LogLine, keeps_utf8_and_escapes_what_is_not) {
  EXPECT_EQ(log_line(LogFormat::kText, "x", "größe 漢 \U0001f3a8"), "x: größe 漢 \U0001f3a8");
  EXPECT_EQ(log_line(LogFormat::kText, "x", "\xc3"), "x: \\xc3");
  EXPECT_EQ(log_line(LogFormat::kText, "x", "\xc3("), "x: \\xc3(");
  EXPECT_EQ(log_line(LogFormat::kText, "x", "\xed\xa0\x80"), "x: \\xed\\xa0\\x80");   // a surrogate
  EXPECT_EQ(log_line(LogFormat::kText, "x", "\xc0\xaf\xe0\x80\xaf\xf0\x80\x80\xaf"),  // "/", too long
            "x: \\xc0\\xaf\\xe0\\x80\\xaf\\xf0\\x80\\x80\\xaf");
  EXPECT_EQ(log_line(LogFormat::kJson, "x", "\xff"), R"("component":"x","text":"\u00ff")");
}

/// What `use` makes a sink write.
template <class Use>
std::string written(const SpdlogSinkOptions& options, Use&& use) {
  ::testing::internal::CaptureStderr();
  {
    SpdlogSink sink(options);
    use(sink);
  }
  return ::testing::internal::GetCapturedStderr();
}

TEST(SpdlogSink, a_line_has_time_level_component_and_text) {
  const auto speak = [](SpdlogSink& sink) { Log(sink, "cluster").warning("{} left", "b"); };
  EXPECT_THAT(written({}, speak),
              MatchesRegex("[0-9]+-[0-9]+-[0-9]+ [0-9]+:[0-9]+:[0-9]+[.][0-9]+ warning cluster: b left\n"));
  EXPECT_THAT(written({.format = LogFormat::kJson}, speak),
              MatchesRegex("[{]\"time\":\"[0-9]+-[0-9]+-[0-9]+T[0-9]+:[0-9]+:[0-9]+[.][0-9]+Z\",\"level\":\"warning\","
                           "\"component\":\"cluster\",\"text\":\"b left\"[}]\n"));
}

TEST(SpdlogSink, the_level_can_be_changed) {
  const std::string text = written({}, [](SpdlogSink& sink) {
    const Log log(sink, "test");
    log.debug("first");
    sink.set_level(LogLevel::kDebug);
    log.debug("second");
    sink.set_level(LogLevel::kError);
    log.warning("third");
  });
  EXPECT_EQ(text.find("first"), std::string::npos);
  EXPECT_NE(text.find("second"), std::string::npos);
  EXPECT_EQ(text.find("third"), std::string::npos);
}

TEST(SpdlogSink, all_that_is_queued_is_written_at_the_end) {
  const std::string text = written({}, [](SpdlogSink& sink) {
    const Log log(sink, "test");
    for (int i = 0; i < 1000; ++i) log.info("line {}", i);
    EXPECT_EQ(sink.lines_dropped(), 0U);
  });
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1000);
}

}  // namespace
}  // namespace troupe::runtime
