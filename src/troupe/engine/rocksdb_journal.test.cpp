#include "troupe/engine/rocksdb_journal.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <fstream>
#include <map>
#include <thread>

#include "troupe/engine/journal_record.hpp"
#include "troupe/engine/rocksdb_under_test.test.hpp"

namespace troupe::engine {
namespace {

using document::Answer;
using document::AppendOutcome;
using document::Event;
using document::make_events;
using document::OpenedStream;
using enum document::AppendOutcome;

class RocksDbJournalTest : public testing::Test {
 protected:
  RocksDbJournal& journal() { return under_test_.journal(); }

  Answer<AppendOutcome> begin_append(const std::string& stream, std::uint64_t fence, std::vector<Event> events) {
    Answer<AppendOutcome> answer;
    const std::uint64_t last = events.front().seq - 1;
    journal().append({stream, fence, last, std::move(events)}, answer.done());
    return answer;
  }
  Result<AppendOutcome> append(const std::string& stream, std::uint64_t fence, std::vector<Event> events) {
    return begin_append(stream, fence, std::move(events)).get();
  }
  Result<OpenedStream> open(const std::string& stream) {
    Answer<OpenedStream> answer;
    journal().open(stream, answer.done());
    return answer.get();
  }
  Answer<std::vector<Event>> begin_read(const std::string& stream) {
    Answer<std::vector<Event>> answer;
    journal().read({.stream = stream}, answer.done());
    return answer;
  }
  double metric(const std::string& name) const {
    for (const auto& sample : under_test_.metrics.samples()) {
      if (sample.name == "troupe_journal_" + name) return sample.value;
    }
    ADD_FAILURE() << "no metric " << name;
    return 0;
  }

  RocksDbUnderTest under_test_;
};

TEST_F(RocksDbJournalTest, of_racing_writers_one_wins_each_seq) {
  constexpr std::uint64_t kRounds = 300;
  const auto fence = open("s")->fence;
  std::barrier round_begins(3);
  std::atomic<int> wins = 0;
  std::vector<std::jthread> writers;
  for (int writer = 0; writer < 3; ++writer) {
    writers.emplace_back([&, writer] {
      for (std::uint64_t seq = 1; seq <= kRounds; ++seq) {
        round_begins.arrive_and_wait();
        const auto outcome = append("s", fence, make_events(seq, 1, "writer-" + std::to_string(writer)));
        if (outcome == kAppended) ++wins;
        EXPECT_NE(outcome, kUnknown);
      }
    });
  }
  writers.clear();
  EXPECT_EQ(wins, static_cast<int>(kRounds));
  const auto events = begin_read("s").get().value();
  ASSERT_EQ(events.size(), kRounds);
  for (std::uint64_t i = 0; i < kRounds; ++i) EXPECT_EQ(events[i].seq, i + 1);
}

TEST_F(RocksDbJournalTest, writers_that_open_against_each_other_leave_one_order) {
  constexpr int kRounds = 100;
  std::mutex mutex;
  std::map<std::uint64_t, Event> won;
  std::vector<std::jthread> writers;
  for (int writer = 0; writer < 3; ++writer) {
    writers.emplace_back([&, writer] {
      for (int round = 0; round < kRounds; ++round) {
        const auto opened = open("s");
        const auto text = std::to_string(writer) + "/" + std::to_string(round);
        const auto events = make_events(opened->last_seq + 1, 1, text);
        if (append("s", opened->fence, events) != kAppended) continue;
        const std::lock_guard lock(mutex);
        EXPECT_TRUE(won.emplace(events[0].seq, events[0]).second);
      }
    });
  }
  writers.clear();
  const auto events = begin_read("s").get().value();
  ASSERT_EQ(events.size(), won.size());
  for (const Event& event : events) EXPECT_EQ(event, won[event.seq]);
  EXPECT_EQ(open("s")->fence, 3U * kRounds + 1);
}

TEST_F(RocksDbJournalTest, a_second_journal_in_the_directory_is_refused) {
  const auto second = RocksDbJournal::open({.directory = under_test_.directory.path()});
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(second.error().detail.starts_with("another troupe process uses " + under_test_.directory.path() +
                                                "; stop it or choose another --data"))
      << second.error().detail;
}

TEST_F(RocksDbJournalTest, a_directory_that_cannot_be_made_is_named) {
  const std::string file = under_test_.directory.path() + "/a-file";
  std::ofstream(file) << "x";
  const auto opened = RocksDbJournal::open({.directory = file + "/data"});
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, ErrorCode::kInputOutput);
  EXPECT_TRUE(opened.error().detail.contains(file + "/data")) << opened.error().detail;
  EXPECT_TRUE(opened.error().detail.contains("--data")) << opened.error().detail;
}

TEST_F(RocksDbJournalTest, a_damaged_database_is_refused) {
  under_test_.end();
  std::ofstream(under_test_.directory.path() + "/CURRENT") << "garbage";
  const auto opened = RocksDbJournal::open({.directory = under_test_.directory.path()});
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt) << opened.error().detail;
}

TEST_F(RocksDbJournalTest, another_format_is_refused) {
  under_test_.end();
  RawDatabase(under_test_.directory.path()).put("default", "format", "9");
  const auto opened = RocksDbJournal::open({.directory = under_test_.directory.path()});
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(opened.error().detail.contains("has format 9")) << opened.error().detail;
}

TEST_F(RocksDbJournalTest, a_missing_event_is_corrupt) {
  const auto fence = open("s")->fence;
  EXPECT_EQ(append("s", fence, make_events(1, 5)), kAppended);
  for (const std::uint64_t seq : {3U, 5U}) {  // Between others, and at the end.
    under_test_.end();
    RawDatabase(under_test_.directory.path()).erase("events", event_key("s", seq));
    under_test_.reopen();
    Answer<std::vector<Event>> answer;
    journal().read({.stream = "s", .after = seq - 2}, answer.done());
    const auto read = answer.get();
    ASSERT_FALSE(read.has_value());
    EXPECT_EQ(read.error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(read.error().detail, "event " + std::to_string(seq) + " of stream s: missing");
  }
  EXPECT_EQ(metric("corrupt_total"), 2);
}

TEST_F(RocksDbJournalTest, a_damaged_head_or_snapshot_is_corrupt) {
  const auto fence = open("s")->fence;
  EXPECT_EQ(append("s", fence, make_events(1, 1)), kAppended);
  Answer<bool> saved;
  journal().save_snapshot("s", fence, {1, 2, Bytes::copy_of("state")}, saved.done());
  EXPECT_EQ(saved.get(), true);
  under_test_.end();
  RawDatabase(under_test_.directory.path()).flip_last_bit("snapshots", "s");
  under_test_.reopen();
  EXPECT_EQ(open("s").error().detail, "the snapshot of stream s: the checksum does not match");
  under_test_.end();
  RawDatabase(under_test_.directory.path()).flip_last_bit("heads", "s");
  under_test_.reopen();
  EXPECT_EQ(open("s").error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(append("s", fence, make_events(2, 1)).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(open("another")->fence, 1U);  // One damaged stream leaves the others alone.
}

TEST_F(RocksDbJournalTest, what_waits_is_committed_together) {
  const auto fence = open("s")->fence;
  under_test_.stall();
  auto first = begin_append("s", fence, make_events(1, 1));
  const double commits_before = metric("commits_total");
  std::vector<Answer<AppendOutcome>> answers;
  for (std::uint64_t seq = 2; seq <= 101; ++seq) answers.push_back(begin_append("s", fence, make_events(seq, 1)));
  EXPECT_EQ(metric("queue_requests"), 101);
  under_test_.resume();
  EXPECT_EQ(first.get(), kAppended);
  for (auto& answer : answers) EXPECT_EQ(answer.get(), kAppended);
  EXPECT_LE(metric("commits_total") - commits_before, 2);
  EXPECT_EQ(metric("events_total"), 101);
  EXPECT_EQ(metric("queue_requests"), 0);
  EXPECT_EQ(metric("queue_bytes"), 0);
}

TEST_F(RocksDbJournalTest, a_batch_is_bounded) {
  under_test_.options.batch_events_max = 10;
  under_test_.reopen();
  const auto fence = open("s")->fence;
  under_test_.stall();
  const double commits_before = metric("commits_total");
  std::vector<Answer<AppendOutcome>> answers;
  for (std::uint64_t seq = 1; seq <= 100; seq += 5) answers.push_back(begin_append("s", fence, make_events(seq, 5)));
  answers.push_back(begin_append("s", fence, make_events(101, 20)));  // Alone it may be larger.
  under_test_.resume();
  for (auto& answer : answers) EXPECT_EQ(answer.get(), kAppended);
  EXPECT_GE(metric("commits_total") - commits_before, 11);
}

TEST_F(RocksDbJournalTest, heads_that_left_the_cache_come_back_from_the_disk) {
  under_test_.options.heads_cached_max = 1;
  under_test_.reopen();
  std::map<std::string, std::uint64_t> fences;
  for (const char* stream : {"a", "b", "c"}) fences[stream] = open(stream)->fence;
  for (std::uint64_t seq = 1; seq <= 3; ++seq) {
    for (const auto& [stream, fence] : fences) EXPECT_EQ(append(stream, fence, make_events(seq, 1)), kAppended);
  }
}

TEST_F(RocksDbJournalTest, a_read_waits_for_a_flush_only_behind_a_write_on_its_stream) {
  const auto fence = open("s")->fence;
  EXPECT_EQ(append("other", open("other")->fence, make_events(1, 1)), kAppended);
  under_test_.stall();
  auto written = begin_append("s", fence, make_events(1, 2));
  auto behind = begin_read("s");
  EXPECT_EQ(begin_read("other").get().value(), make_events(1, 1));
  EXPECT_EQ(behind.count(), 0U);
  under_test_.resume();
  EXPECT_EQ(behind.get().value(), make_events(1, 2));
}

TEST_F(RocksDbJournalTest, reads_are_bounded) {
  under_test_.options.reads_max = 3;
  under_test_.reopen();
  const auto fence = open("s")->fence;
  under_test_.stall();
  auto written = begin_append("s", fence, make_events(1, 1));
  std::vector<Answer<std::vector<Event>>> reads;
  for (int i = 0; i < 3; ++i) reads.push_back(begin_read("s"));
  EXPECT_EQ(begin_read("s").get().error().code, ErrorCode::kQueueFull);
  EXPECT_EQ(metric("refused_total"), 1);
  under_test_.resume();
  for (auto& read : reads) EXPECT_EQ(read.get().value().size(), 1U);
  EXPECT_EQ(begin_read("s").get().value().size(), 1U);
}

TEST_F(RocksDbJournalTest, closing_answers_what_waits_and_refuses_what_comes_later) {
  const auto fence = open("s")->fence;
  under_test_.stall();
  std::vector<Answer<AppendOutcome>> answers;
  for (std::uint64_t seq = 1; seq <= 50; ++seq) answers.push_back(begin_append("s", fence, make_events(seq, 1)));
  auto read = begin_read("s");
  under_test_.resume();
  journal().close();
  for (auto& answer : answers) EXPECT_EQ(answer.count(), 1U);
  EXPECT_EQ(read.count(), 1U);
  EXPECT_EQ(read.get().value().size(), 50U);
  EXPECT_EQ(append("s", fence, make_events(51, 1)).error().code, ErrorCode::kStopping);
  EXPECT_EQ(begin_read("s").get().error().code, ErrorCode::kStopping);
  EXPECT_EQ(open("s").error().code, ErrorCode::kStopping);
  under_test_.reopen();
  EXPECT_EQ(open("s")->last_seq, 50U);
}

TEST_F(RocksDbJournalTest, a_broken_disk_is_reported_until_it_works_again) {
  const auto fence = open("s")->fence;
  EXPECT_EQ(append("s", fence, make_events(1, 1)), kAppended);
  EXPECT_TRUE(journal().health().has_value());
  under_test_.faults.set_broken(true);
  EXPECT_EQ(append("s", fence, make_events(2, 1)), kUnknown);
  const auto health = journal().health();
  ASSERT_FALSE(health.has_value());
  EXPECT_TRUE(health.error().detail.contains("injected")) << health.error().detail;
  EXPECT_EQ(append("s", fence, make_events(2, 1)).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(open("s").error().code, ErrorCode::kUnavailable);
  under_test_.faults.set_broken(false);
  under_test_.wait_until_healthy();
  EXPECT_TRUE(journal().health().has_value());
  const auto opened = open("s");
  EXPECT_EQ(opened->last_seq, 1U);
  EXPECT_EQ(append("s", opened->fence, make_events(2, 1)), kAppended);
  EXPECT_EQ(metric("failures_total"), 1);
}

TEST_F(RocksDbJournalTest, a_journal_with_a_broken_disk_can_be_closed) {
  const auto fence = open("s")->fence;
  under_test_.stall();
  auto first = begin_append("s", fence, make_events(1, 1));
  auto second = begin_append("s", fence, make_events(2, 1));
  under_test_.faults.set_broken(true);
  under_test_.resume();
  journal().close();
  EXPECT_EQ(first.count(), 1U);
  EXPECT_EQ(second.count(), 1U);
  under_test_.faults.set_broken(false);
}

}  // namespace
}  // namespace troupe::engine
