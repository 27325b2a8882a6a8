#include "troupe/document/recent_events.hpp"

#include <gtest/gtest.h>

#include "troupe/document/tests/document_under_test.test.hpp"

namespace troupe::document {
namespace {

std::vector<std::uint64_t> seqs(const std::optional<std::vector<Event>>& events) {
  std::vector<std::uint64_t> seqs;
  for (const Event& event : events.value()) seqs.push_back(event.seq);
  return seqs;
}

using Seqs = std::vector<std::uint64_t>;

TEST(RecentEvents, gives_all_after_a_seq_or_nothing) {
  RecentEvents recent(3, 1U << 20U);
  for (std::uint64_t seq = 1; seq <= 5; ++seq) recent.add(make_event(seq, "x"), seq * 10);
  EXPECT_EQ(seqs(recent.after(2, 5)), (Seqs{3, 4, 5}));
  EXPECT_EQ(seqs(recent.after(4, 5)), (Seqs{5}));
  EXPECT_EQ(seqs(recent.after(5, 5)), Seqs{});
  EXPECT_EQ(seqs(recent.after(~std::uint64_t{0}, 5)), Seqs{}) << "a follower may claim anything";
  EXPECT_EQ(recent.after(1, 5), std::nullopt) << "2 is gone";
}

TEST(RecentEvents, knows_the_hash_at_each_seq_that_it_has) {
  RecentEvents recent(3, 1U << 20U);
  for (std::uint64_t seq = 1; seq <= 5; ++seq) recent.add(make_event(seq, "x"), seq * 10);
  EXPECT_EQ(recent.hash_at(3), 30U);
  EXPECT_EQ(recent.hash_at(5), 50U);
  EXPECT_EQ(recent.hash_at(2), std::nullopt);
  EXPECT_EQ(recent.hash_at(6), std::nullopt);
}

TEST(RecentEvents, keeps_so_many_bytes_but_the_last_event_whatever_its_size) {
  RecentEvents recent(100, 1'000);
  for (std::uint64_t seq = 1; seq <= 10; ++seq) recent.add(make_event(seq, std::string(300, 'x')), 0);
  EXPECT_EQ(recent.after(7, 10), std::nullopt);
  EXPECT_EQ(seqs(recent.after(8, 10)), (Seqs{9, 10}));
  recent.add(make_event(11, std::string(5'000, 'x')), 0);
  EXPECT_EQ(seqs(recent.after(10, 11)), (Seqs{11}));
  recent.add(make_event(12, "small"), 0);
  EXPECT_EQ(seqs(recent.after(11, 12)), (Seqs{12}));
}

TEST(RecentEvents, begins_anew_anywhere) {
  RecentEvents recent(10, 1U << 20U);
  recent.add(make_event(1, "x"), 1);
  recent.clear();
  EXPECT_EQ(recent.after(0, 7), std::nullopt) << "nothing is here, and something exists";
  EXPECT_EQ(seqs(recent.after(7, 7)), Seqs{});
  recent.add(make_event(8, "x"), 80);
  EXPECT_EQ(seqs(recent.after(7, 8)), (Seqs{8}));
}

}  // namespace
}  // namespace troupe::document
