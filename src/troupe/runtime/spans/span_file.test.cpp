#include "troupe/runtime/spans/span_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <mutex>

#include "troupe/runtime/runtime.hpp"

namespace troupe::runtime {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

namespace fs = std::filesystem;

class SpanFileTest : public testing::Test, protected LogSink {
 protected:
  SpanFileTest() { fs::create_directories(folder); }
  ~SpanFileTest() override { fs::remove_all(folder); }

  bool enabled(LogLevel) const override { return true; }
  void write(LogLevel, std::string_view, std::string_view text) override {
    const std::lock_guard lock(mutex_);
    lines.emplace_back(text);
  }

  std::unique_ptr<SpanFile> open() {
    auto file = SpanFile::open(options, metrics, *this);
    EXPECT_TRUE(file.has_value()) << file.error().to_string();
    return std::move(*file);
  }
  static Span span(std::string name) { return {.context = {.trace_low = 1, .span = 2}, .name = std::move(name)}; }
  std::vector<std::string> read(const std::string& path) const {
    std::vector<std::string> content;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) content.push_back(line);
    return content;
  }
  std::vector<std::string> read() const { return read(options.path); }
  std::uint64_t dropped() { return metrics.counter("troupe_trace_dropped_total", "").value(); }

  const std::string folder = testing::TempDir() + "span_file." + std::to_string(::getpid());
  SpanFileOptions options{.path = folder + "/spans.jsonl", .resource = {.node = "a"}};
  Metrics metrics;
  std::vector<std::string> lines;

 private:
  std::mutex mutex_;
};

TEST_F(SpanFileTest, what_waits_together_is_one_line) {
  options.gather = 1h;
  const auto file = open();
  file->record(span("first"));
  file->record(span("second"));
  file->close();
  EXPECT_THAT(read(), ElementsAre(testing::AllOf(HasSubstr("\"first\""), HasSubstr("\"second\""))));
  EXPECT_EQ(dropped(), 0U);
}

TEST_F(SpanFileTest, spans_are_written_while_it_is_open) {
  options.gather = 1ms;
  const auto file = open();
  file->record(span("first"));
  const auto deadline = Runtime::now() + 10s;
  while (read().empty()) {
    ASSERT_LT(Runtime::now(), deadline);
    std::this_thread::sleep_for(1ms);  // poll: until the thread has written
  }
}

TEST_F(SpanFileTest, a_line_has_at_most_256_spans) {
  options.gather = 1h;
  const auto file = open();
  for (int i = 0; i < 600; ++i) file->record(span("each"));
  file->close();
  EXPECT_GE(read().size(), 3U);
  EXPECT_EQ(dropped(), 0U);
}

TEST_F(SpanFileTest, one_more_than_may_wait_is_dropped) {
  options.gather = 1h;
  options.queue_spans_max = 3;
  const auto file = open();
  for (int i = 0; i < 4; ++i) file->record(span("each"));
  EXPECT_EQ(dropped(), 1U);
  file->close();
  file->record(span("late"));
  EXPECT_EQ(dropped(), 2U);
}

TEST_F(SpanFileTest, appends_to_what_is_there) {
  open()->record(span("first"));
  open()->record(span("second"));
  EXPECT_THAT(read(), ElementsAre(HasSubstr("first"), HasSubstr("second")));
}

TEST_F(SpanFileTest, above_its_size_the_file_is_put_aside_once) {
  open()->record(span("1"));
  const std::size_t line = fs::file_size(options.path);
  options.bytes_max = 2 * line;
  for (const char* name : {"2", "3", "4", "5"}) open()->record(span(name));
  EXPECT_THAT(read(options.path + ".1"), ElementsAre(HasSubstr("\"3\""), HasSubstr("\"4\"")));
  EXPECT_THAT(read(), ElementsAre(HasSubstr("\"5\"")));
}

TEST_F(SpanFileTest, a_file_that_cannot_be_opened_is_an_error) {
  options.path = folder + "/missing/spans.jsonl";
  const auto file = SpanFile::open(options, metrics, *this);
  ASSERT_FALSE(file.has_value());
  EXPECT_EQ(file.error().code, ErrorCode::kInputOutput);
  EXPECT_THAT(file.error().detail, HasSubstr("No such file"));
}

TEST_F(SpanFileTest, a_disk_that_is_full_loses_spans_and_says_so_once) {
  options.path = "/dev/full";
  options.gather = 1ms;
  const auto file = open();
  const auto deadline = Runtime::now() + 10s;
  for (std::uint64_t lost = 1; lost <= 2; ++lost) {
    file->record(span("lost"));
    while (dropped() < lost) {
      ASSERT_LT(Runtime::now(), deadline);
      std::this_thread::sleep_for(1ms);  // poll: until the thread has tried
    }
  }
  file->close();
  EXPECT_THAT(lines, ElementsAre(HasSubstr("spans are lost")));
}

}  // namespace
}  // namespace troupe::runtime
