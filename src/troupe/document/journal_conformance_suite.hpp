#pragma once

#include <map>

#include "troupe/base/random.hpp"
#include "troupe/document/journal_conformance.hpp"

/// The tests themselves. Included by one file of each engine's test program.
namespace troupe::document {

using enum AppendOutcome;

TEST_P(JournalConformance, the_first_open_makes_the_stream) {
  const OpenedStream opened = open("s");
  EXPECT_EQ(opened.epoch.size(), 16U);
  EXPECT_EQ(opened.epoch.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(opened.fence, 1U);
  EXPECT_EQ(opened.last_seq, 0U);
  EXPECT_EQ(opened.snapshot.seq, 0U);
  EXPECT_TRUE(opened.snapshot.state.empty());
  EXPECT_NE(open("other").epoch, opened.epoch);
}

TEST_P(JournalConformance, what_was_appended_is_read_in_order) {
  const auto fence = open("s").fence;
  auto expected = make_events(1, 3);
  expected[1].key.clear();
  expected[1].from.clear();
  expected[1].data = {};
  expected[2].data = Bytes::copy_of(std::string_view("\0\xff\0", 3));
  EXPECT_EQ(append("s", fence, {expected[0]}), kAppended);
  EXPECT_EQ(append("s", fence, {expected[1], expected[2]}), kAppended);
  EXPECT_EQ(read({.stream = "s"}), expected);
}

TEST_P(JournalConformance, calls_on_one_stream_take_effect_in_order) {
  const auto fence = open("s").fence;
  auto first = begin_append("s", fence, make_events(1, 2));
  auto second = begin_append("s", fence, make_events(3, 1));
  auto read = begin_read({.stream = "s"});
  auto opened = begin_open("s");
  auto too_late = begin_append("s", fence, make_events(4, 1));
  EXPECT_EQ(wait(first), kAppended);
  EXPECT_EQ(wait(second), kAppended);
  EXPECT_EQ(wait(read).value(), make_events(1, 3));
  EXPECT_EQ(wait(opened).value().last_seq, 3U);
  EXPECT_EQ(wait(too_late), kFenced);
}

TEST_P(JournalConformance, a_gap_is_refused) {
  const auto fence = open("s").fence;
  auto gap = make_events(1, 3);
  gap.erase(gap.begin() + 1);
  EXPECT_EQ(append("s", fence, gap).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(append("s", fence, make_events(2, 1)), kFenced);  // Beyond the end.
  EXPECT_EQ(append("s", fence, make_events(1, 2)), kAppended);
  EXPECT_EQ(append("s", fence, make_events(2, 1)), kFenced);  // Before the end.
  EXPECT_EQ(append("s", fence, make_events(1, 2)), kFenced);
  EXPECT_EQ(append("s", fence, make_events(0, 1)).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(read({.stream = "s"}), make_events(1, 2));
}

TEST_P(JournalConformance, a_stream_has_a_name_that_can_be_stored) {
  for (const std::string& name : {std::string(), std::string("a\0b", 3), std::string(1025, 'x')}) {
    EXPECT_EQ(wait(begin_open(name)).error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(append(name, 1, make_events(1, 1)).error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(try_read({.stream = name}).error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(save(name, 1, 1, "").error().code, ErrorCode::kInvalidArgument);
  }
  EXPECT_EQ(open(std::string(1024, 'x')).fence, 1U);
}

TEST_P(JournalConformance, a_stream_that_was_not_opened_takes_nothing_and_is_empty) {
  EXPECT_EQ(append("s", 0, make_events(1, 1)), kFenced);
  EXPECT_EQ(append("s", 1, make_events(1, 1)), kFenced);
  EXPECT_EQ(save("s", 0, 1, "state"), false);
  EXPECT_TRUE(read({.stream = "s"}).empty());
  EXPECT_EQ(open("s").fence, 1U);
}

TEST_P(JournalConformance, streams_do_not_mix) {
  const std::vector<std::string> names = {"a", "a/b", "ab", "a\x01", "b", "\xff", "\xff\xff"};
  for (const std::string& name : names) {
    EXPECT_EQ(append(name, open(name).fence, make_events(1, 2, name)), kAppended);
  }
  for (const std::string& name : names) {
    EXPECT_EQ(read({.stream = name}), make_events(1, 2, name));
    EXPECT_EQ(read({.stream = name, .after = 1}), make_events(2, 1, name));
  }
}

TEST_P(JournalConformance, an_older_writer_is_fenced) {
  const auto first = open("s");
  EXPECT_EQ(append("s", first.fence, make_events(1, 1)), kAppended);
  const auto second = open("s");
  EXPECT_GT(second.fence, first.fence);
  EXPECT_EQ(second.epoch, first.epoch);
  EXPECT_EQ(second.last_seq, 1U);
  EXPECT_EQ(append("s", first.fence, make_events(2, 1)), kFenced);
  EXPECT_EQ(append("s", second.fence + 1, make_events(2, 1)), kFenced);
  EXPECT_EQ(append("s", second.fence, make_events(2, 1)), kAppended);
  under_test().reopen();
  EXPECT_EQ(append("s", first.fence, make_events(3, 1)), kFenced);
  EXPECT_EQ(read({.stream = "s"}), make_events(1, 2));
}

TEST_P(JournalConformance, an_append_of_nothing_says_whether_the_writer_is_the_newest) {
  const auto first = open("s").fence;
  EXPECT_EQ(append("s", first, make_events(1, 2)), kAppended);
  const auto ask = [&](std::uint64_t fence, std::uint64_t last) {
    Answer<AppendOutcome> answer;
    journal().append({"s", fence, last, {}}, answer.done());
    return wait(answer);
  };
  EXPECT_EQ(ask(first, 2), kAppended);
  EXPECT_EQ(ask(first, 1), kFenced);
  const auto second = open("s").fence;
  EXPECT_EQ(ask(first, 2), kFenced);
  EXPECT_EQ(ask(second, 2), kAppended);
  EXPECT_EQ(read({.stream = "s"}), make_events(1, 2));
}

TEST_P(JournalConformance, writers_that_take_turns_at_random_leave_one_order) {
  struct Writer {
    std::uint64_t fence = 0;
    std::uint64_t last_seq = 0;
  };
  Writer writers[3];
  std::vector<Event> expected;
  std::uint64_t newest = 0;
  Random random(7);
  for (int step = 0; step < 300; ++step) {
    Writer& writer = writers[random.below(3)];
    if (writer.fence == 0 || random.chance(0.2)) {
      const auto opened = open("s");
      EXPECT_EQ(opened.last_seq, expected.size());
      EXPECT_EQ(opened.fence, ++newest);
      writer = {opened.fence, opened.last_seq};
      continue;
    }
    auto events = make_events(writer.last_seq + 1, random.below(3) + 1, "step-" + std::to_string(step));
    const bool wins = writer.fence == newest;
    ASSERT_EQ(append("s", writer.fence, events), wins ? kAppended : kFenced);
    if (!wins) continue;
    writer.last_seq += events.size();
    expected.insert(expected.end(), events.begin(), events.end());
  }
  EXPECT_EQ(read({.stream = "s"}), expected);
}

TEST_P(JournalConformance, of_three_racing_writers_one_wins_each_of_a_thousand_seqs) {
  const auto fence = open("s").fence;
  for (std::uint64_t seq = 1; seq <= 1000; ++seq) {
    std::vector<Answer<AppendOutcome>> answers;
    for (const char* writer : {"a", "b", "c"}) {
      answers.push_back(begin_append("s", fence, make_events(seq, 1, writer)));
      if (seq % 2 == 0) under_test().run();  // One after the other, and all at once.
    }
    int wins = 0;
    for (auto& answer : answers) {
      const auto outcome = wait(answer);
      ASSERT_TRUE(outcome == kAppended || outcome == kFenced);
      wins += outcome == kAppended ? 1 : 0;
    }
    ASSERT_EQ(wins, 1) << "at " << seq;
  }
  EXPECT_EQ(read({.stream = "s", .events_max = 2000}).size(), 1000U);
}

TEST_P(JournalConformance, a_reopened_journal_keeps_all) {
  const auto before = open("s");
  EXPECT_EQ(append("s", before.fence, make_events(1, 5)), kAppended);
  EXPECT_EQ(save("s", before.fence, 4, "state"), true);
  under_test().reopen();
  EXPECT_EQ(read({.stream = "s"}), make_events(1, 5));
  EXPECT_EQ(append("s", before.fence, make_events(6, 1)), kAppended);  // Nobody else opened the stream.
  const auto after = open("s");
  EXPECT_EQ(after.epoch, before.epoch);
  EXPECT_EQ(after.fence, before.fence + 1);
  EXPECT_EQ(after.last_seq, 6U);
  EXPECT_EQ(after.snapshot.seq, 4U);
  EXPECT_EQ(after.snapshot.hash, 4000U);
  EXPECT_EQ(after.snapshot.state.view(), "state");
}

TEST_P(JournalConformance, a_snapshot_replaces_only_an_older_one) {
  const auto fence = open("s").fence;
  EXPECT_EQ(append("s", fence, make_events(1, 5)), kAppended);
  EXPECT_EQ(save("s", fence, 0, "zero"), false);
  EXPECT_EQ(save("s", fence, 3, "three"), true);
  EXPECT_EQ(save("s", fence, 3, "again"), false);
  EXPECT_EQ(save("s", fence, 2, "two"), false);
  EXPECT_EQ(save("s", fence, 6, "beyond the end").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(open("s").snapshot.state.view(), "three");
  EXPECT_EQ(save("s", fence, 5, "from an older writer"), false);
  const auto opened = open("s");
  EXPECT_EQ(opened.snapshot.state.view(), "three");
  EXPECT_EQ(save("s", opened.fence, 5, ""), true);
  EXPECT_EQ(open("s").snapshot.seq, 5U);
  EXPECT_EQ(read({.stream = "s"}), make_events(1, 5));  // The events stay.
}

TEST_P(JournalConformance, a_snapshot_of_any_size_comes_back) {
  constexpr std::size_t kPart = 512U << 10U;  // Of which an engine may make several.
  auto fence = open("s").fence;
  EXPECT_EQ(append("s", fence, make_events(1, 8)), kAppended);
  std::uint64_t seq = 0;
  for (const std::size_t size : {kPart - 100, kPart, 3 * kPart, 10 * kPart + 1, kPart / 2, std::size_t{1}}) {
    std::string state(size, ' ');
    for (std::size_t i = 0; i < size; i += 97) state[i] = static_cast<char>(i >> 9U);
    ++seq;
    ASSERT_EQ(save("s", fence, seq, state), true) << size;
    const auto opened = open("s");
    EXPECT_EQ(opened.snapshot.seq, seq);
    EXPECT_TRUE(opened.snapshot.state.view() == state) << size;
    fence = opened.fence;
  }
}

TEST_P(JournalConformance, a_read_stops_at_its_limits) {
  const auto fence = open("s").fence;
  const std::vector<Event> events = {{1, "k", "f", Bytes::copy_of("1234")},
                                     {2, "k", "f", Bytes::copy_of("12")},
                                     {3, "k", "f", Bytes::copy_of("123456")}};
  EXPECT_EQ(append("s", fence, events), kAppended);
  const auto count = [&](std::uint64_t after, std::uint32_t events_max, std::uint32_t bytes_max) {
    return read({"s", after, events_max, bytes_max}).size();
  };
  EXPECT_EQ(count(0, 0, 100), 0U);
  EXPECT_EQ(count(0, 2, 100), 2U);
  EXPECT_EQ(count(0, 3, 100), 3U);
  EXPECT_EQ(count(0, 4, 100), 3U);
  EXPECT_EQ(count(0, 9, 0), 1U);  // At least one.
  EXPECT_EQ(count(0, 9, 9), 1U);
  EXPECT_EQ(count(0, 9, 10), 2U);  // Exactly two.
  EXPECT_EQ(count(0, 9, 17), 2U);
  EXPECT_EQ(count(0, 9, 18), 3U);
  EXPECT_EQ(count(2, 9, 0), 1U);
  EXPECT_EQ(count(3, 9, 100), 0U);
  EXPECT_EQ(count(4, 9, 100), 0U);
  EXPECT_EQ(count(~std::uint64_t{0}, 9, 100), 0U);
}

TEST_P(JournalConformance, a_full_queue_refuses_and_writes_nothing) {
  constexpr std::size_t kRequestsMax = 8;
  start({.queue_requests_max = kRequestsMax});
  const auto fence = open("s").fence;
  under_test().stall();
  std::vector<Answer<AppendOutcome>> answers;
  for (std::size_t i = 1; i <= kRequestsMax; ++i) answers.push_back(begin_append("s", fence, make_events(i, 1)));
  auto refused = begin_append("s", fence, make_events(kRequestsMax + 1, 1));
  auto refused_open = begin_open("s");
  EXPECT_EQ(refused.get().error().code, ErrorCode::kQueueFull);  // At once, while the disk hangs.
  EXPECT_EQ(refused_open.get().error().code, ErrorCode::kQueueFull);
  for (auto& answer : answers) EXPECT_EQ(answer.count(), 0U);
  under_test().resume();
  for (auto& answer : answers) EXPECT_EQ(wait(answer), kAppended);
  EXPECT_EQ(read({.stream = "s"}), make_events(1, kRequestsMax));
  EXPECT_EQ(append("s", fence, make_events(kRequestsMax + 1, 1)), kAppended);  // There is room again.
}

TEST_P(JournalConformance, the_queue_is_bounded_in_bytes) {
  start({.queue_bytes_max = 1000});
  const auto fence = open("s").fence;
  const auto event = [](std::uint64_t seq, std::size_t size) {
    return std::vector<Event>{{seq, "", "", Bytes::copy_of(std::string(size, 'x'))}};  // And one byte for the stream.
  };
  EXPECT_EQ(append("s", fence, event(1, 1000)).error().code, ErrorCode::kTooLarge);  // It never fits.
  EXPECT_EQ(append("s", fence, event(1, 999)), kAppended);
  under_test().stall();
  auto first = begin_append("s", fence, event(2, 599));
  auto refused = begin_append("s", fence, event(3, 400));
  EXPECT_EQ(refused.get().error().code, ErrorCode::kQueueFull);
  auto second = begin_append("s", fence, event(3, 399));
  under_test().resume();
  EXPECT_EQ(wait(first), kAppended);
  EXPECT_EQ(wait(second), kAppended);
  EXPECT_EQ(open("s").last_seq, 3U);
}

TEST_P(JournalConformance, each_done_is_called_once) {
  std::vector<Answer<AppendOutcome>> appends;
  std::vector<Answer<OpenedStream>> opens;
  std::vector<Answer<std::vector<Event>>> reads;
  std::map<std::string, std::uint64_t> lasts;
  Random random(11);
  for (int i = 0; i < 1000; ++i) {
    const std::string stream = "s" + std::to_string(random.below(5));
    if (random.chance(0.1)) opens.push_back(begin_open(stream));
    if (random.chance(0.3)) reads.push_back(begin_read({.stream = stream}));
    appends.push_back(begin_append(stream, 1, make_events(++lasts[stream], 1)));
  }
  for (auto& answer : appends) EXPECT_TRUE(wait(answer).has_value());
  for (auto& answer : opens) EXPECT_TRUE(wait(answer).has_value());
  for (auto& answer : reads) EXPECT_TRUE(wait(answer).has_value());
  under_test().reopen();  // Whatever would come twice has come now.
  for (auto& answer : appends) EXPECT_EQ(answer.count(), 1U);
  for (auto& answer : opens) EXPECT_EQ(answer.count(), 1U);
  for (auto& answer : reads) EXPECT_EQ(answer.count(), 1U);
}

TEST_P(JournalConformance, a_damaged_event_is_corrupt_and_named) {
  const auto fence = open("s").fence;
  EXPECT_EQ(append("s", fence, make_events(1, 5)), kAppended);
  under_test().corrupt_event("s", 3);
  const auto damaged = try_read({.stream = "s"});
  ASSERT_FALSE(damaged.has_value());
  EXPECT_EQ(damaged.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(damaged.error().detail.find("event 3 of stream s"), std::string::npos) << damaged.error().detail;
  EXPECT_EQ(read({.stream = "s", .events_max = 2}), make_events(1, 2));  // The rest can be saved.
  EXPECT_EQ(read({.stream = "s", .after = 3}), make_events(4, 2));
}

TEST_P(JournalConformance, an_unknown_append_was_applied_or_not) {
  for (const bool applied : {true, false}) {
    const std::string stream = applied ? "applied" : "lost";
    const auto fence = open(stream).fence;
    EXPECT_EQ(append(stream, fence, make_events(1, 2)), kAppended);
    under_test().fail_next_append_unknown(applied);
    EXPECT_EQ(append(stream, fence, make_events(3, 2)), kUnknown);
    under_test().wait_until_healthy();
    const auto opened = open(stream);
    EXPECT_EQ(opened.last_seq, applied ? 4U : 2U);
    EXPECT_EQ(read({.stream = stream}), make_events(1, opened.last_seq));
    EXPECT_EQ(append(stream, opened.fence, make_events(opened.last_seq + 1, 1)), kAppended);
    under_test().reopen();
    EXPECT_EQ(read({.stream = stream}), make_events(1, opened.last_seq + 1));
  }
}

TEST_P(JournalConformance, a_storage_that_breaks_at_any_step_keeps_what_was_acknowledged) {
  struct Stream {
    std::uint64_t fence = 0;
    std::uint64_t asked = 0;
    std::uint64_t acknowledged = 0;
    std::uint64_t saved = 0;
  };
  std::map<std::string, Stream> streams;
  // Each gives whether the script goes on, which ends with the first failure.
  const auto opens = [&](const std::string& name) {
    const auto opened = try_wait(begin_open(name));
    if (!opened || !*opened) return false;
    EXPECT_GT((*opened)->fence, streams[name].fence);
    streams[name].fence = (*opened)->fence;
    return true;
  };
  const auto appends = [&](const std::string& name, std::size_t count) {
    Stream& stream = streams[name];
    const auto events = make_events(stream.acknowledged + 1, count, name);
    stream.asked += count;
    const auto outcome = try_wait(begin_append(name, stream.fence, events));
    if (!outcome || *outcome != kAppended) return false;
    stream.acknowledged = stream.asked;
    return true;
  };
  const auto saves = [&](const std::string& name, std::uint64_t seq) {
    const auto saved = try_wait(begin_save(name, streams[name].fence, seq, "state"));
    if (!saved || *saved != true) return false;
    streams[name].saved = seq;
    return true;
  };
  bool is_done = false;
  for (std::size_t step = 0; !is_done; ++step) {
    SCOPED_TRACE("broken at step " + std::to_string(step));
    ASSERT_LT(step, 1000U);
    start();
    streams = {{"a", {}}, {"b", {}}};
    under_test().break_at_step(step);
    (void)(opens("a") && appends("a", 2) && opens("b") && appends("b", 1) && saves("a", 2) && appends("a", 3) &&
           opens("a") && appends("a", 1) && saves("a", 5) && appends("b", 2));
    is_done = !under_test().is_broken();
    under_test().reopen();
    for (const auto& [name, stream] : streams) {
      const auto opened = open(name);
      EXPECT_GT(opened.fence, stream.fence);
      EXPECT_GE(opened.last_seq, stream.acknowledged);
      EXPECT_LE(opened.last_seq, stream.asked);
      EXPECT_GE(opened.snapshot.seq, stream.saved);
      EXPECT_LE(opened.snapshot.seq, opened.last_seq);
      EXPECT_EQ(opened.snapshot.state.view(), opened.snapshot.seq == 0 ? "" : "state");
      EXPECT_EQ(read({.stream = name}), make_events(1, opened.last_seq, name));
      EXPECT_EQ(append(name, stream.fence, make_events(opened.last_seq + 1, 1)), kFenced);
      EXPECT_EQ(append(name, opened.fence, make_events(opened.last_seq + 1, 1)), kAppended);
    }
  }
}

TEST_P(JournalConformance, a_million_events_come_back_in_order) {
  constexpr std::uint64_t kEvents = 1'000'000;
  constexpr std::size_t kBatch = 1000;
  const auto fence = open("s").fence;
  std::vector<Answer<AppendOutcome>> answers;
  for (std::uint64_t seq = 1; seq <= kEvents; seq += kBatch) {
    answers.push_back(begin_append("s", fence, make_events(seq, kBatch)));
    if (answers.size() % 100 == 0) {
      ASSERT_EQ(wait(answers.back()), kAppended);
    }
  }
  for (auto& answer : answers) ASSERT_EQ(wait(answer), kAppended);
  under_test().reopen();
  EXPECT_EQ(open("s").last_seq, kEvents);
  std::uint64_t last = 0;
  for (;;) {
    const auto events = read({.stream = "s", .after = last, .events_max = 10'000});
    if (events.empty()) break;
    ASSERT_EQ(events, make_events(last + 1, events.size()));
    last = events.back().seq;
  }
  EXPECT_EQ(last, kEvents);
}

}  // namespace troupe::document
