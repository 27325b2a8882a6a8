#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <random>
#include <thread>

#include "troupe/base/random.hpp"
#include "troupe/engine/postgres/postgres_calls.test.hpp"

// A database that is killed, stopped, full, or has lost its standbys.
namespace troupe::engine {
namespace {

using document::AppendOutcome;
using document::make_events;
using enum document::AppendOutcome;

class PostgresFailures : public PostgresJournalTest {
 protected:
  void SetUp() override {
    under_test_.options.writers = 2;
    under_test_.options.check_interval = 50ms;
    under_test_.options.address.answer_timeout = 500ms;
    under_test_.reopen();
  }

  /// Appends one event after another, opening the stream again after each failure as an owner does, until
  /// `acknowledged` of them are; gives the last seq.
  std::uint64_t append_through(const std::string& stream, std::uint64_t acknowledged) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    std::uint64_t last = 0;
    for (std::uint64_t done = 0; done < acknowledged;) {
      EXPECT_LT(std::chrono::steady_clock::now(), deadline);
      if (std::chrono::steady_clock::now() > deadline) return last;
      const auto opened = open(stream);
      if (!opened) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));  // poll: until the journal takes calls again
        continue;
      }
      EXPECT_GE(opened->last_seq, last) << "an acknowledged event is lost";
      last = opened->last_seq;
      while (done < acknowledged && append(stream, opened->fence, make_events(last + 1, 1, stream)) == kAppended) {
        ++last;
        ++done;
        ++acknowledged_;
      }
    }
    return last;
  }

  std::atomic<std::uint64_t> acknowledged_ = 0;

  void wait_for_health(bool wanted) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (journal().health().has_value() != wanted) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
      std::this_thread::sleep_for(std::chrono::milliseconds(2));  // poll: until the journal has noticed
    }
  }
};

TEST_F(PostgresFailures, nothing_acknowledged_is_lost_when_the_database_is_killed) {
  constexpr int kKills = 3;
  std::atomic<bool> is_over = false;
  std::vector<std::uint64_t> lasts(4);
  std::vector<std::jthread> writers;
  for (std::size_t i = 0; i < lasts.size(); ++i) {
    writers.emplace_back([&, i] {
      std::uint64_t before = 0;
      while (!is_over) {
        const auto last = append_through("s" + std::to_string(i), 20);
        EXPECT_GT(last, before);
        before = lasts[i] = last;
      }
    });
  }
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  for (int kill = 0; kill < kKills; ++kill) {
    const std::uint64_t until = acknowledged_ + random.below(200);
    while (acknowledged_ < until) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));  // poll: until writers are at work
    }
    under_test_.server.kill();
    under_test_.server.start();
  }
  is_over = true;
  writers.clear();
  wait_for_health(true);
  for (std::size_t i = 0; i < lasts.size(); ++i) {
    const std::string stream = "s" + std::to_string(i);
    EXPECT_GE(open(stream)->last_seq, lasts[i]);
    const auto events = read(stream).value();
    EXPECT_EQ(events, make_events(1, events.size(), stream));
  }
  EXPECT_GT(metric("failures_total"), 0);
}

TEST_F(PostgresFailures, a_database_that_is_away_is_reported_without_any_call) {
  EXPECT_TRUE(journal().health().has_value());
  under_test_.server.kill();
  wait_for_health(false);
  EXPECT_TRUE(journal().health().error().detail.contains("PostgreSQL")) << journal().health().error().detail;
  EXPECT_EQ(open("s").error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(read("s").error().code, ErrorCode::kUnavailable);
  under_test_.server.start();
  wait_for_health(true);
  EXPECT_EQ(open("s")->fence, 1U);
}

TEST_F(PostgresFailures, a_database_that_hangs_is_waited_for_within_a_bound) {
  const auto fence = open("s")->fence;
  const auto backends = under_test_.backends();
  for (const pid_t backend : backends) ::kill(backend, SIGSTOP);
  auto hanging = begin_append("s", fence, make_events(1, 1));
  EXPECT_EQ(hanging.get(), kUnknown);
  EXPECT_FALSE(journal().health().has_value());
  EXPECT_EQ(append("s", fence, make_events(1, 1)).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(read("s").error().code, ErrorCode::kUnavailable);
  for (const pid_t backend : backends) ::kill(backend, SIGCONT);
  wait_for_health(true);
  const auto opened = open("s");
  EXPECT_EQ(read("s"), make_events(1, opened->last_seq));
  EXPECT_EQ(append("s", opened->fence, make_events(opened->last_seq + 1, 1)), kAppended);
}

TEST_F(PostgresFailures, when_another_host_takes_over_writers_and_readers_go_there) {
  PostgresServer next;
  under_test_.end();
  auto options = under_test_.another_options();
  options.address.connection =
      "host=" + under_test_.server.folder().string() + "," + next.folder().string() + " user=troupe dbname=postgres";
  auto journal = PostgresJournal::open(std::move(options)).value();
  EXPECT_EQ(append("s", open("s", *journal)->fence, make_events(1, 1, "old"), *journal), kAppended);
  // The old one is alive and can be read, but writes are for the other, which begins empty.
  under_test_.query("ALTER SYSTEM SET default_transaction_read_only = on");
  under_test_.query("SELECT pg_reload_conf()");
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  Result<document::OpenedStream> opened = open("s", *journal);
  while (!opened || opened->last_seq != 0) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));  // poll: until the journal is at the other host
    opened = open("s", *journal);
  }
  EXPECT_EQ(append("s", opened->fence, make_events(1, 2, "new"), *journal), kAppended);
  Answer<std::vector<document::Event>> events;
  journal->read({.stream = "s"}, events.done());
  EXPECT_EQ(events.get(), make_events(1, 2, "new"));
  journal.reset();
  under_test_.query("ALTER SYSTEM RESET default_transaction_read_only");
  under_test_.query("SELECT pg_reload_conf()");
}

TEST_F(PostgresFailures, a_session_that_is_ended_is_made_again) {
  for (int round = 0; round < 5; ++round) {
    under_test_.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'troupe' "
        "AND pid <> pg_backend_pid()");
    append_through("s", 3);
    EXPECT_TRUE(read("s").has_value());
  }
}

/// Without its standbys PostgreSQL holds a commit, and shows it to nobody.
class PostgresWithoutStandbys : public PostgresFailures {
 protected:
  void lose_standbys() { set("synchronous_standby_names = 'nobody'"); }
  void find_standbys() { set("synchronous_standby_names = ''"); }
  void TearDown() override { find_standbys(); }

 private:
  void set(const std::string& setting) {
    under_test_.query("ALTER SYSTEM SET " + setting);
    under_test_.query("SELECT pg_reload_conf()");
  }
};

TEST_F(PostgresWithoutStandbys, readers_go_on_and_writers_are_refused_until_they_are_back) {
  const auto fence = open("s")->fence;
  EXPECT_EQ(append("s", fence, make_events(1, 3)), kAppended);
  lose_standbys();
  // The sessions that are there hear of it in their own time.
  std::uint64_t last = 3;
  Result<AppendOutcome> outcome = kAppended;
  while (outcome == kAppended) {
    outcome = append("s", fence, make_events(last + 1, 1));
    last += outcome == kAppended ? 1 : 0;
  }
  EXPECT_EQ(outcome, kUnknown);
  EXPECT_FALSE(journal().health().has_value());
  EXPECT_EQ(append("s", fence, make_events(last + 1, 1)).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(read("s"), make_events(1, last));
  EXPECT_LE(under_test_.backends().size(), 6U) << "sessions pile up while nothing can be committed";
  find_standbys();
  wait_for_health(true);
  const auto opened = open("s");
  EXPECT_GE(opened->last_seq, last);
  EXPECT_EQ(append("s", opened->fence, make_events(opened->last_seq + 1, 1)), kAppended);
}

TEST_F(PostgresWithoutStandbys, a_commit_whose_wait_was_cancelled_is_not_acknowledged) {
  under_test_.options.address.answer_timeout = 30s;
  under_test_.reopen();
  const auto fence = open("s")->fence;
  lose_standbys();
  std::uint64_t last = 0;
  const auto waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
  Answer<AppendOutcome> held;
  do {
    held = begin_append("s", fence, make_events(++last, 1));
    while (held.count() == 0 && under_test_.query(waiting).empty()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));  // poll: until the commit is held, or done
    }
  } while (held.count() > 0);
  under_test_.query("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
  EXPECT_EQ(held.get(), kUnknown);  // The server calls it a success.
}

TEST_F(PostgresFailures, a_disk_that_is_full_is_reported_until_there_is_room_again) {
  const auto fence = open("s")->fence;
  const auto limit = [&](const std::string& bytes) {
    for (const pid_t backend : under_test_.backends()) under_test_.server.limit_file_size(backend, bytes);
    under_test_.server.limit_file_size(under_test_.server.pid(), bytes);
  };
  limit("18874368");  // Files of the log have 16 MiB.
  std::uint64_t last = 0;
  Result<AppendOutcome> outcome = kAppended;
  Random random(3);
  while (outcome == kAppended && last < 400) {
    std::string data(256U << 10U, ' ');
    for (char& byte : data) byte = static_cast<char>(random.next());  // What cannot be compressed.
    outcome = append("s", fence, {{last + 1, "", "", Bytes::copy_of(data)}});
    last += outcome == kAppended ? 1 : 0;
  }
  ASSERT_FALSE(outcome.has_value()) << "nothing was written, and that is certain";
  EXPECT_EQ(outcome.error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(outcome.error().detail.contains("File too large")) << outcome.error().detail;
  EXPECT_EQ(read("s", last - 1)->size(), 1U);
  limit("unlimited");
  wait_for_health(true);
  EXPECT_EQ(open("s")->last_seq, last);
  EXPECT_EQ(append("s", open("s")->fence, make_events(last + 1, 1)), kAppended);
}

}  // namespace
}  // namespace troupe::engine
