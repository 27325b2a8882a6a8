#include "troupe/engine/postgres/postgres_journal.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <map>
#include <thread>

#include "troupe/engine/postgres/postgres_calls.test.hpp"

namespace troupe::engine {
namespace {

using document::AppendOutcome;
using document::Event;
using document::make_events;
using enum document::AppendOutcome;

TEST_F(PostgresJournalTest, what_waits_is_committed_together_and_one_refused_document_does_not_fail_the_others) {
  under_test_.options.writers = 1;
  under_test_.reopen();
  std::map<std::string, std::uint64_t> fences;
  for (int i = 0; i < 20; ++i) fences["s" + std::to_string(i)] = open("s" + std::to_string(i)).value().fence;
  const auto another = under_test_.open_another();
  EXPECT_EQ(open("s7", *another)->fence, 2U);

  under_test_.stall();
  auto first = begin_append("s0", fences["s0"], make_events(1, 1));
  const double commits_before = metric("commits_total");
  std::map<std::string, Answer<AppendOutcome>> answers;
  for (const auto& [stream, fence] : fences) {
    answers[stream] = begin_append(stream, fence, make_events(stream == "s0" ? 2 : 1, 3));
  }
  under_test_.resume();
  EXPECT_EQ(first.get(), kAppended);
  for (auto& [stream, answer] : answers) EXPECT_EQ(answer.get(), stream == "s7" ? kFenced : kAppended) << stream;
  EXPECT_LE(metric("commits_total") - commits_before, 2);
  EXPECT_TRUE(read("s7")->empty());
  EXPECT_EQ(read("s8"), make_events(1, 3));
}

TEST_F(PostgresJournalTest, a_stream_with_events_beyond_its_end_is_refused_and_the_others_are_written) {
  under_test_.options.writers = 1;
  under_test_.reopen();
  for (const char* stream : {"a", "b", "c"}) EXPECT_EQ(open(stream)->fence, 1U);
  under_test_.query("INSERT INTO troupe_events VALUES ('b', 1, 'who wrote this?')");
  under_test_.stall();
  auto holding = begin_append("a", 1, make_events(1, 1));
  auto a = begin_append("a", 1, make_events(2, 1));
  auto b = begin_append("b", 1, make_events(1, 1));
  auto c = begin_append("c", 1, make_events(1, 1));
  under_test_.resume();
  EXPECT_EQ(holding.get(), kAppended);
  EXPECT_EQ(a.get(), kAppended);
  EXPECT_EQ(b.get(), kFenced);
  EXPECT_EQ(c.get(), kAppended);
  EXPECT_EQ(open("b")->last_seq, 0U);
}

TEST_F(PostgresJournalTest, nodes_that_make_the_tables_at_once_all_succeed) {
  constexpr int kNodes = 8;
  under_test_.end();
  for (int round = 0; round < 3; ++round) {
    under_test_.query("DROP TABLE IF EXISTS troupe_journal, troupe_heads, troupe_events, troupe_snapshots");
    std::barrier begins(kNodes);
    std::vector<std::jthread> nodes;
    for (int node = 0; node < kNodes; ++node) {
      nodes.emplace_back([&] {
        begins.arrive_and_wait();
        const auto journal = under_test_.open_another();
        ASSERT_NE(journal, nullptr);
        EXPECT_TRUE(open("s", *journal).has_value());
      });
    }
    nodes.clear();
    under_test_.reopen();
    EXPECT_EQ(open("s")->fence, kNodes + 1U);
    under_test_.end();
  }
}

TEST_F(PostgresJournalTest, another_format_is_refused) {
  under_test_.end();
  under_test_.query("UPDATE troupe_journal SET format = 9");
  const auto opened = PostgresJournal::open(under_test_.another_options());
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(opened.error().detail.contains("holds a journal of format 9; this program reads format 1"))
      << opened.error().detail;
}

TEST_F(PostgresJournalTest, a_database_that_is_not_there_is_named_without_its_password) {
  PostgresJournalOptions options;
  options.address.connection = "host=/nowhere,/nowhere-else password=geheim dbname=d";
  options.open_timeout = 0s;
  const auto opened = PostgresJournal::open(std::move(options));
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(opened.error().detail.contains("/nowhere:5432/d")) << opened.error().detail;
  EXPECT_TRUE(opened.error().detail.contains("/nowhere-else:5432/d")) << opened.error().detail;
  EXPECT_FALSE(opened.error().detail.contains("geheim")) << opened.error().detail;
}

TEST_F(PostgresJournalTest, a_database_that_promises_too_little_is_refused) {
  PostgresAddress address = under_test_.another_options().address;
  EXPECT_TRUE(PostgresJournal::check(address).has_value());
  address.needs_standbys = true;
  const auto alone = PostgresJournal::check(address);
  ASSERT_FALSE(alone.has_value());
  EXPECT_EQ(alone.error().code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(alone.error().detail.contains("has no synchronous standbys")) << alone.error().detail;
  auto options = under_test_.another_options();
  options.address.needs_standbys = true;
  EXPECT_EQ(PostgresJournal::open(std::move(options)).error(), alone.error());

  PostgresServer careless;
  careless.restart_with("fsync=off");
  address.connection = careless.connection();
  address.needs_standbys = false;
  const auto unsafe = PostgresJournal::check(address);
  ASSERT_FALSE(unsafe.has_value());
  EXPECT_TRUE(unsafe.error().detail.contains("has fsync = off")) << unsafe.error().detail;
}

TEST_F(PostgresJournalTest, of_several_hosts_one_that_takes_writes_is_found) {
  auto options = under_test_.another_options();
  options.address.connection += " host=/nowhere," + under_test_.server.folder().string();
  const auto opened = PostgresJournal::open(std::move(options));
  ASSERT_TRUE(opened.has_value()) << opened.error().to_string();
  EXPECT_EQ(open("s", **opened)->fence, 1U);
}

TEST_F(PostgresJournalTest, a_missing_event_is_corrupt) {
  const auto fence = open("s")->fence;
  EXPECT_EQ(append("s", fence, make_events(1, 5)), kAppended);
  for (const std::uint64_t seq : {3U, 5U}) {  // Between others, and at the end.
    under_test_.query("DELETE FROM troupe_events WHERE seq = " + std::to_string(seq));
    const auto found = read("s", seq - 2);
    ASSERT_FALSE(found.has_value());
    EXPECT_EQ(found.error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(found.error().detail, "event " + std::to_string(seq) + " of stream s: missing");
  }
}

TEST_F(PostgresJournalTest, a_damaged_head_or_snapshot_is_corrupt) {
  const auto fence = open("s")->fence;
  EXPECT_EQ(append("s", fence, make_events(1, 1)), kAppended);
  Answer<bool> saved;
  journal().save_snapshot("s", fence, {1, 2, Bytes::copy_of(std::string(2U << 20U, 'x'))}, saved.done());
  EXPECT_EQ(saved.get(), true);
  under_test_.query("DELETE FROM troupe_snapshots WHERE part = 2");
  EXPECT_EQ(open("s").error().code, ErrorCode::kCorrupt);
  under_test_.query("DELETE FROM troupe_snapshots");
  EXPECT_EQ(open("s").error().code, ErrorCode::kCorrupt);
  under_test_.query("UPDATE troupe_heads SET record = set_byte(record, 12, 99)");
  under_test_.reopen();
  EXPECT_EQ(open("s").error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(append("s", fence, make_events(2, 1)).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(open("another")->fence, 1U);  // One damaged stream leaves the others alone.
}

TEST_F(PostgresJournalTest, only_the_newest_snapshot_stays) {
  const auto fence = open("s")->fence;
  EXPECT_EQ(append("s", fence, make_events(1, 3)), kAppended);
  for (std::uint64_t seq = 1; seq <= 3; ++seq) {
    Answer<bool> saved;
    journal().save_snapshot("s", fence, {seq, 0, Bytes::copy_of(std::string(1U << 20U, 'x'))}, saved.done());
    EXPECT_EQ(saved.get(), true);
  }
  EXPECT_EQ(open("s")->snapshot.seq, 3U);
  EXPECT_EQ(under_test_.query("SELECT DISTINCT seq FROM troupe_snapshots"),
            std::vector<std::vector<std::string>>{{"3"}});
}

TEST_F(PostgresJournalTest, a_page_ends_where_its_bytes_do_before_it_leaves_the_server) {
  const auto fence = open("s")->fence;
  std::vector<Event> events;
  for (std::uint64_t seq = 1; seq <= 100; ++seq) {
    events.push_back({seq, "k", "f", Bytes::copy_of(std::string(998, 'x'))});  // A thousand bytes.
  }
  EXPECT_EQ(append("s", fence, events), kAppended);
  const auto count = [&](std::uint32_t bytes_max) {
    Answer<std::vector<Event>> answer;
    journal().read({"s", 0, 1000, bytes_max}, answer.done());
    return answer.get().value().size();
  };
  EXPECT_EQ(count(999), 1U);
  EXPECT_EQ(count(50'000), 50U);
  EXPECT_EQ(count(50'999), 50U);
  EXPECT_EQ(count(100'000), 100U);
}

TEST_F(PostgresJournalTest, reads_are_bounded) {
  under_test_.options.reads_max = 3;
  under_test_.options.writers = 1;
  under_test_.reopen();
  const auto fence = open("s")->fence;
  under_test_.stall();
  auto written = begin_append("s", fence, make_events(1, 1));
  std::vector<Answer<std::vector<Event>>> reads;
  for (int i = 0; i < 3; ++i) reads.push_back(begin_read("s"));
  EXPECT_EQ(begin_read("s").get().error().code, ErrorCode::kQueueFull);
  under_test_.resume();
  for (auto& read : reads) EXPECT_EQ(read.get().value().size(), 1U);
}

TEST_F(PostgresJournalTest, closing_answers_what_waits_and_refuses_what_comes_later) {
  const auto fence = open("s")->fence;
  under_test_.stall();
  std::vector<Answer<AppendOutcome>> answers;
  for (std::uint64_t seq = 1; seq <= 50; ++seq) answers.push_back(begin_append("s", fence, make_events(seq, 1)));
  auto behind = begin_read("s");
  under_test_.resume();
  journal().close();
  for (auto& answer : answers) EXPECT_EQ(answer.count(), 1U);
  EXPECT_EQ(behind.get().value().size(), 50U);
  EXPECT_EQ(append("s", fence, make_events(51, 1)).error().code, ErrorCode::kStopping);
  EXPECT_EQ(begin_read("s").get().error().code, ErrorCode::kStopping);
  under_test_.reopen();
  EXPECT_EQ(open("s")->last_seq, 50U);
}

/// Nodes against each other, whatever isolation the database gives its transactions.
class PostgresJournalRace : public PostgresJournalTest, public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    under_test_.set_isolation(GetParam());
    for (int i = 0; i < kNodes; ++i) nodes_.push_back(under_test_.open_another());
  }

  template <class Node>
  void run_nodes(Node node) {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kNodes; ++i) threads.emplace_back([&, i] { node(i, *nodes_[static_cast<std::size_t>(i)]); });
  }

  static constexpr int kNodes = 3;
  std::vector<std::unique_ptr<PostgresJournal>> nodes_;
};

TEST_P(PostgresJournalRace, of_three_writers_one_wins_each_of_a_thousand_seqs) {
  constexpr std::uint64_t kRounds = 1000;
  const auto fence = open("s")->fence;
  std::barrier round_begins(kNodes);
  std::atomic<int> wins = 0;
  std::mutex mutex;
  std::map<std::uint64_t, Event> won;
  run_nodes([&](int node, PostgresJournal& journal) {
    for (std::uint64_t seq = 1; seq <= kRounds; ++seq) {
      round_begins.arrive_and_wait();
      const auto events = make_events(seq, 1, "node-" + std::to_string(node));
      const auto outcome = append("s", fence, events, journal);
      if (outcome != kAppended) {
        EXPECT_EQ(outcome, kFenced);
        continue;
      }
      ++wins;
      const std::lock_guard lock(mutex);
      won[seq] = events[0];
    }
  });
  EXPECT_EQ(wins, static_cast<int>(kRounds));
  const auto events = read("s").value();
  ASSERT_EQ(events.size(), kRounds);
  for (const Event& event : events) EXPECT_EQ(event, won[event.seq]);
}

TEST_P(PostgresJournalRace, writers_that_open_against_each_other_leave_one_order) {
  constexpr int kRounds = 100;
  std::mutex mutex;
  std::map<std::uint64_t, Event> won;
  std::uint64_t opens = 0;
  run_nodes([&](int node, PostgresJournal& journal) {
    for (int round = 0; round < kRounds; ++round) {
      const auto opened = open("s", journal);
      if (!opened) continue;  // The others were faster, again and again.
      const auto events =
          make_events(opened->last_seq + 1, 1, "node-" + std::to_string(node) + "/" + std::to_string(round));
      const bool is_won = append("s", opened->fence, events, journal) == kAppended;
      const std::lock_guard lock(mutex);
      ++opens;
      if (!is_won) continue;
      EXPECT_TRUE(won.emplace(events[0].seq, events[0]).second);
    }
  });
  const auto events = read("s").value();
  ASSERT_EQ(events.size(), won.size());
  for (const Event& event : events) EXPECT_EQ(event, won[event.seq]);
  EXPECT_EQ(open("s")->fence, opens + 1);
}

INSTANTIATE_TEST_SUITE_P(Isolation, PostgresJournalRace,
                         testing::Values("read committed", "repeatable read", "serializable"), [](const auto& test) {
                           std::string name = test.param;
                           std::ranges::replace(name, ' ', '_');
                           return name;
                         });

}  // namespace
}  // namespace troupe::engine
