#include "troupe/document/memory_journal.hpp"

#include <gtest/gtest.h>

#include "troupe/document/journal_conformance_suite.hpp"

namespace troupe::document {
namespace {

class MemoryJournalUnderTest final : public JournalUnderTest {
 public:
  explicit MemoryJournalUnderTest(const JournalLimits& limits) : limits_(limits) { reopen(); }

  Journal& journal() override { return *journal_; }
  void run() override {
    // Flushing a request is a step, and answering it is another.
    while (!is_broken() && (journal_->answer(1) == 1 || journal_->flush(1) == 1)) ++steps_;
  }
  void reopen() override {
    journal_.reset();
    breaks_at_ = SIZE_MAX;
    MemoryJournalOptions options;
    options.queue_requests_max = limits_.queue_requests_max;
    options.queue_bytes_max = limits_.queue_bytes_max;
    journal_ = std::make_unique<MemoryJournal>(disk_, std::move(options));
  }
  void stall() override { journal_->set_stalled(true); }
  void resume() override { journal_->set_stalled(false); }
  void corrupt_event(const std::string& stream, std::uint64_t seq) override {
    EXPECT_TRUE(disk_.corrupt_event(stream, seq));
  }
  void fail_next_append_unknown(bool applied) override { journal_->fail_next_append_unknown(applied); }
  void break_at_step(std::size_t step) override { breaks_at_ = steps_ + step; }
  bool is_broken() override { return steps_ >= breaks_at_; }
  bool answers_when_broken() override { return false; }

 private:
  std::size_t steps_ = 0;
  std::size_t breaks_at_ = SIZE_MAX;
  JournalLimits limits_;
  MemoryDisk disk_{1};
  std::unique_ptr<MemoryJournal> journal_;
};

std::unique_ptr<JournalUnderTest> make_memory_journal_under_test(const JournalLimits& limits) {
  return std::make_unique<MemoryJournalUnderTest>(limits);
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Memory, JournalConformance, testing::Values(&make_memory_journal_under_test));

namespace {

/// A journal whose answers are counted, with stream "s" opened once.
class MemoryJournalTest : public testing::Test {
 protected:
  void SetUp() override { restart(); }
  void restart() {
    MemoryJournalOptions options;
    options.on_pending = [this] { ++wake_ups_; };
    journal_.emplace(disk_, std::move(options));
    journal_->open("s", [this](Result<OpenedStream> opened) { fence_ = opened.value().fence; });
    journal_->run_all();
    answered_ = wake_ups_ = 0;
  }
  void append(std::uint64_t seq) {
    journal_->append({"s", fence_, seq - 1, make_events(seq, 1)}, [this](Result<AppendOutcome>) { ++answered_; });
  }

  MemoryDisk disk_{1};
  std::optional<MemoryJournal> journal_;
  std::uint64_t fence_ = 0;
  int answered_ = 0;
  int wake_ups_ = 0;
};

TEST_F(MemoryJournalTest, does_nothing_by_itself) {
  append(1);
  append(2);
  EXPECT_EQ(journal_->pending(), 2U);
  EXPECT_EQ(disk_.head("s").last_seq, 0U);
  EXPECT_EQ(journal_->flush(1), 1U);
  EXPECT_EQ(disk_.head("s").last_seq, 1U);
  EXPECT_EQ(answered_, 0);
  EXPECT_EQ(journal_->flushed(), 1U);
  EXPECT_TRUE(journal_->run_one());  // The flushed one's answer comes first.
  EXPECT_EQ(answered_, 1);
  EXPECT_EQ(disk_.head("s").last_seq, 1U);
  EXPECT_TRUE(journal_->run_one());
  EXPECT_FALSE(journal_->run_one());
  EXPECT_EQ(answered_, 2);
}

TEST_F(MemoryJournalTest, a_crash_keeps_what_was_flushed_and_answers_nothing) {
  append(1);
  append(2);
  append(3);
  journal_->flush(2);
  journal_->answer(1);
  EXPECT_EQ(answered_, 1);
  journal_.reset();
  EXPECT_EQ(answered_, 1);
  EXPECT_EQ(disk_.streams(), std::vector<std::string>{"s"});
  EXPECT_EQ(std::vector(disk_.events("s").begin(), disk_.events("s").end()), make_events(1, 2));
  restart();
  EXPECT_EQ(fence_, 2U);
  append(3);
  journal_->run_all();
  EXPECT_EQ(disk_.head("s").last_seq, 3U);
}

TEST_F(MemoryJournalTest, tells_when_the_first_request_waits) {
  append(1);
  append(2);
  EXPECT_EQ(wake_ups_, 1);
  journal_->flush();
  append(3);
  EXPECT_EQ(wake_ups_, 2);
}

TEST_F(MemoryJournalTest, an_answer_may_call_the_journal) {
  journal_->append({"s", fence_, 0, make_events(1, 1)}, [this](Result<AppendOutcome>) { append(2); });
  journal_->run_all();
  EXPECT_EQ(answered_, 1);
  EXPECT_EQ(disk_.head("s").last_seq, 2U);
}

TEST_F(MemoryJournalTest, a_stalled_disk_still_delivers_the_answers_that_are_due) {
  append(1);
  journal_->flush();
  append(2);
  journal_->set_stalled(true);
  journal_->run_all();
  EXPECT_EQ(answered_, 1);
  EXPECT_EQ(journal_->pending(), 1U);
}

TEST(MemoryDisk, gives_the_same_epochs_for_the_same_seed) {
  const auto epoch = [](std::uint64_t seed) {
    MemoryDisk disk(seed);
    MemoryJournal journal(disk);
    std::string epoch;
    journal.open("s", [&](Result<OpenedStream> opened) { epoch = opened.value().epoch; });
    journal.run_all();
    return epoch;
  };
  EXPECT_EQ(epoch(1), epoch(1));
  EXPECT_NE(epoch(1), epoch(2));
}

TEST(StreamRules, an_epoch_is_sixteen_digits) {
  EXPECT_EQ(epoch_name(0), "0000000000000000");
  EXPECT_EQ(epoch_name(0x0123456789abcdefU), "0123456789abcdef");
}

TEST(StreamRules, the_count_of_events_does_not_wrap) {
  AppendRequest request{"s", 1, ~std::uint64_t{0}, {Event{}}};
  EXPECT_EQ(check_append(request).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace troupe::document
