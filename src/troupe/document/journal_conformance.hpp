#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "troupe/document/journal.hpp"

/// What every journal engine must do, as one GoogleTest suite. An engine's test program includes
/// `journal_conformance_suite.hpp` in one file, wraps the engine in a `JournalUnderTest`, and instantiates the suite:
///
///     INSTANTIATE_TEST_SUITE_P(Memory, JournalConformance, testing::Values(&make_memory_journal_under_test));
namespace troupe::document {

/// The bounds that the suite needs to reach. The engine counts a request towards them until it is answered.
struct JournalLimits {
  std::size_t queue_requests_max = 4096;
  std::size_t queue_bytes_max = 64U << 20U;
};

/// One journal with its storage, and the faults that the suite can cause in it.
class JournalUnderTest {
 public:
  virtual ~JournalUnderTest() = default;
  /// Another object after `reopen` and `corrupt_event`.
  virtual Journal& journal() = 0;
  /// Lets a journal that has no thread of its own answer all that was asked, unless it is stalled.
  virtual void run() {}
  /// Ends the journal, and opens another one on the same storage.
  virtual void reopen() = 0;
  /// Keeps every write from being finished, and so answered, until `resume`.
  virtual void stall() = 0;
  virtual void resume() = 0;
  /// Flips a bit of one event in the storage.
  virtual void corrupt_event(const std::string& stream, std::uint64_t seq) = 0;
  /// The next append has an unknown outcome; the event is on the storage if `applied`.
  virtual void fail_next_append_unknown(bool applied) = 0;
  /// The storage breaks at its access number `step` from now on (0: the next one), before or while that takes effect,
  /// and does nothing more until `reopen`.
  virtual void break_at_step(std::size_t step) = 0;
  /// Whether it got so far.
  virtual bool is_broken() = 0;
  /// Whether a journal with a broken storage still answers, if only with a failure.
  virtual bool answers_when_broken() { return true; }
  /// Waits until the journal takes appends again after a failure.
  virtual void wait_until_healthy() {}
};

using JournalFactory = std::unique_ptr<JournalUnderTest> (*)(const JournalLimits&);

/// The answer to one call: hands out its `done`, counts how often that is called, and waits for it.
template <class T>
class Answer {
 public:
  Journal::Done<T> done() {
    return [state = state_](Result<T> result) {
      const std::lock_guard lock(state->mutex);
      ++state->count;
      state->result = std::move(result);
      state->changed.notify_all();
    };
  }

  std::size_t count() const {
    const std::lock_guard lock(state_->mutex);
    return state_->count;
  }

  /// The answer; a test failure and a `timeout` if there is none for a minute.
  Result<T> get() {
    std::unique_lock lock(state_->mutex);
    if (!state_->changed.wait_for(lock, std::chrono::minutes(1), [this] { return state_->count > 0; })) {
      ADD_FAILURE() << "no answer from the journal";
      return fail(ErrorCode::kTimeout, "no answer from the journal");
    }
    return *state_->result;
  }

 private:
  struct State {
    mutable std::mutex mutex;
    std::condition_variable changed;
    std::size_t count = 0;
    std::optional<Result<T>> result;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

/// `count` events from `first_seq` on, told apart by their content.
inline std::vector<Event> make_events(std::uint64_t first_seq, std::size_t count, const std::string& text = "data") {
  std::vector<Event> events;
  for (std::uint64_t seq = first_seq; seq < first_seq + count; ++seq) {
    const std::string number = std::to_string(seq);
    events.push_back({seq, "key-" + number, "writer", Bytes::copy_of(text + "-" + number)});
  }
  return events;
}

/// The calls as a test wants them: each waits for its answer.
class JournalConformance : public testing::TestWithParam<JournalFactory> {
 protected:
  void start(const JournalLimits& limits = {}) { under_test_ = GetParam()(limits); }
  void SetUp() override { start(); }

  JournalUnderTest& under_test() { return *under_test_; }
  Journal& journal() { return under_test_->journal(); }

  template <class T>
  Result<T> wait(Answer<T> answer) {
    under_test_->run();
    return answer.get();
  }

  /// As `wait`; nothing if no answer can come, since the storage is broken.
  template <class T>
  std::optional<Result<T>> try_wait(Answer<T> answer) {
    under_test_->run();
    if (answer.count() == 0 && under_test_->is_broken() && !under_test_->answers_when_broken()) return std::nullopt;
    return answer.get();
  }

  Answer<AppendOutcome> begin_append(const std::string& stream, std::uint64_t fence, std::vector<Event> events) {
    Answer<AppendOutcome> answer;
    const std::uint64_t last = events.empty() ? 0 : events.front().seq - 1;
    journal().append({stream, fence, last, std::move(events)}, answer.done());
    return answer;
  }
  Result<AppendOutcome> append(const std::string& stream, std::uint64_t fence, std::vector<Event> events) {
    return wait(begin_append(stream, fence, std::move(events)));
  }
  Answer<OpenedStream> begin_open(const std::string& stream) {
    Answer<OpenedStream> answer;
    journal().open(stream, answer.done());
    return answer;
  }
  OpenedStream open(const std::string& stream) {
    auto opened = wait(begin_open(stream));
    EXPECT_TRUE(opened.has_value()) << opened.error().to_string();
    return opened.value_or(OpenedStream{});
  }
  Answer<std::vector<Event>> begin_read(ReadRequest request) {
    Answer<std::vector<Event>> answer;
    journal().read(std::move(request), answer.done());
    return answer;
  }
  Result<std::vector<Event>> try_read(ReadRequest request) { return wait(begin_read(std::move(request))); }
  std::vector<Event> read(ReadRequest request) {
    auto events = try_read(std::move(request));
    EXPECT_TRUE(events.has_value()) << events.error().to_string();
    return events.value_or(std::vector<Event>{});
  }
  Answer<bool> begin_save(const std::string& stream, std::uint64_t fence, std::uint64_t seq, std::string_view state) {
    Answer<bool> answer;
    journal().save_snapshot(stream, fence, {seq, seq * 1000, Bytes::copy_of(state)}, answer.done());
    return answer;
  }
  Result<bool> save(const std::string& stream, std::uint64_t fence, std::uint64_t seq, std::string_view state) {
    return wait(begin_save(stream, fence, seq, state));
  }

 private:
  std::unique_ptr<JournalUnderTest> under_test_;
};

}  // namespace troupe::document
