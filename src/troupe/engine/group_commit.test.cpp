#include "troupe/engine/group_commit.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "troupe/document/journal_conformance.hpp"

namespace troupe::engine {
namespace {

using document::make_events;
using document::Snapshot;
using document::StreamHead;
using enum document::AppendOutcome;

/// Keeps heads alone. Others may change them at any time, and it can fail.
class FakeStore final : public JournalStore {
 public:
  Result<std::vector<Result<StreamHead>>> heads(std::span<const std::string_view> streams) override {
    ++loads;
    if (fails_heads) return fail(ErrorCode::kUnavailable, "away");
    std::vector<Result<StreamHead>> found;
    for (const auto stream : streams) found.emplace_back(kept[std::string(stream)]);
    return found;
  }

  std::expected<std::vector<ChangeOutcome>, CommitFailure> commit(std::span<const StreamChange> changes) override {
    ++commits;
    if (failure) return std::unexpected(*failure);
    std::vector<ChangeOutcome> outcomes;
    for (const StreamChange& change : changes) {
      if (change.stream == refused) {
        outcomes.push_back(ChangeOutcome::kRefused);
        continue;
      }
      StreamHead& head = kept[std::string(change.stream)];
      if (change.stream == fought_over) ++head.fence;
      const bool is_stale = head != change.before;
      if (!is_stale) head = change.after;
      outcomes.push_back(is_stale ? ChangeOutcome::kStale : ChangeOutcome::kWritten);
    }
    return outcomes;
  }

  Result<OpenedSnapshot> opened_snapshot(std::string_view) override { return OpenedSnapshot{}; }
  Result<std::vector<document::Event>> read(const document::ReadRequest&) override { return {}; }
  Result<std::vector<std::string>> streams(std::string_view, std::size_t) override { return {}; }
  Result<void> recover() override { return {}; }

  std::map<std::string, StreamHead> kept;
  std::string refused;
  std::string fought_over;  ///< Another writer is always a little faster.
  bool fails_heads = false;
  std::optional<CommitFailure> failure;
  int loads = 0;
  int commits = 0;
};

class GroupCommitTest : public testing::Test {
 protected:
  void append(const std::string& stream, std::uint64_t fence, std::uint64_t seq, std::size_t count = 1) {
    calls_.push_back({1, AppendCall{{stream, fence, seq - 1, make_events(seq, count)}, {}, {}}});
  }
  void open(const std::string& stream) { calls_.push_back({1, OpenCall{stream, {}, {}}}); }
  void save(const std::string& stream, std::uint64_t fence, std::uint64_t seq) {
    calls_.push_back({1, SaveCall{stream, fence, {seq, 0, {}}, {}, {}}});
  }
  std::optional<CommitFailure> run() { return GroupCommit(store_, heads_).run(calls_); }
  const auto& appended(std::size_t call) { return std::get<AppendCall>(calls_[call].call).result; }
  const auto& opened(std::size_t call) { return std::get<OpenCall>(calls_[call].call).result; }
  const auto& saved(std::size_t call) { return std::get<SaveCall>(calls_[call].call).result; }

  FakeStore store_;
  HeadCache heads_{10};
  std::vector<QueuedCall> calls_;
};

TEST_F(GroupCommitTest, each_call_finds_the_stream_as_the_one_before_it_leaves_it) {
  open("s");
  append("s", 1, 1, 2);
  append("s", 1, 3);
  save("s", 1, 3);
  open("s");
  append("s", 1, 4);
  EXPECT_FALSE(run());
  EXPECT_EQ(opened(0)->fence, 1U);
  EXPECT_EQ(appended(1), kAppended);
  EXPECT_EQ(appended(2), kAppended);
  EXPECT_EQ(saved(3), true);
  EXPECT_EQ(opened(4)->last_seq, 3U);
  EXPECT_EQ(appended(5), kFenced);
  EXPECT_EQ(store_.commits, 1);
  EXPECT_EQ(store_.kept["s"], (StreamHead{opened(0)->epoch, 2, 3, 3}));
}

TEST_F(GroupCommitTest, a_head_that_another_changed_is_looked_up_and_decided_again) {
  store_.kept["old"] = {"e", 5, 10, 0};
  store_.kept["fresh"] = {"e", 1, 1, 0};
  heads_.put("old", {"e", 4, 8, 0});
  heads_.put("fresh", {"e", 1, 1, 0});
  append("old", 4, 9);
  append("fresh", 1, 2);
  open("old");
  EXPECT_FALSE(run());
  EXPECT_EQ(appended(0), kFenced);
  EXPECT_EQ(appended(1), kAppended);
  EXPECT_EQ(opened(2)->fence, 6U);
  EXPECT_EQ(opened(2)->last_seq, 10U);
  EXPECT_EQ(store_.kept["fresh"].last_seq, 2U);
  EXPECT_EQ(heads_.find("old")->fence, 6U);
}

TEST_F(GroupCommitTest, nothing_is_refused_because_of_an_old_head) {
  store_.kept["s"] = {"e", 5, 10, 0};
  heads_.put("s", {"e", 4, 8, 0});
  append("s", 5, 11);
  save("s", 5, 11);
  EXPECT_FALSE(run());
  EXPECT_EQ(appended(0), kAppended);
  EXPECT_EQ(saved(1), true);
}

TEST_F(GroupCommitTest, a_stream_that_others_fight_over_is_given_up) {
  store_.fought_over = "s";
  open("s");
  open("other");
  EXPECT_FALSE(run());
  EXPECT_EQ(opened(0).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(opened(1)->fence, 1U);
  EXPECT_LE(store_.commits, 10);
}

TEST_F(GroupCommitTest, a_change_that_the_store_refuses_is_fenced_and_the_others_are_written) {
  store_.kept["a"] = store_.kept["b"] = {"e", 1, 0, 0};
  store_.refused = "a";
  append("a", 1, 1);
  append("b", 1, 1);
  EXPECT_FALSE(run());
  EXPECT_EQ(appended(0), kFenced);
  EXPECT_EQ(appended(1), kAppended);
  EXPECT_EQ(heads_.find("a"), nullptr);
}

TEST_F(GroupCommitTest, after_a_failure_what_was_accepted_is_unknown_or_certainly_not_written) {
  for (const bool is_unknown : {true, false}) {
    store_.kept["s"] = {"e", 1, 5, 0};
    store_.failure = CommitFailure{{ErrorCode::kInputOutput, "broken"}, is_unknown};
    calls_.clear();
    heads_.put("elsewhere", {"e", 1, 1, 0});
    append("s", 1, 6);
    append("s", 2, 7);
    open("s");
    save("s", 2, 6);
    EXPECT_TRUE(run());
    if (is_unknown) {
      EXPECT_EQ(appended(0), kUnknown);
    } else {
      EXPECT_EQ(appended(0).error().code, ErrorCode::kUnavailable);
    }
    EXPECT_EQ(appended(1), kFenced);
    EXPECT_EQ(opened(2).error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(saved(3).error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(heads_.size(), 0U);
  }
}

TEST_F(GroupCommitTest, without_the_heads_nothing_is_written) {
  store_.fails_heads = true;
  append("s", 1, 1);
  open("s");
  const auto failure = run();
  ASSERT_TRUE(failure);
  EXPECT_FALSE(failure->is_unknown);
  EXPECT_EQ(appended(0).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(opened(1).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(store_.commits, 0);
}

}  // namespace
}  // namespace troupe::engine
