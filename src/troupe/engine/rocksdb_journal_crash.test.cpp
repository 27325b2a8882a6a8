#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "troupe/base/random.hpp"
#include "troupe/document/journal_conformance.hpp"
#include "troupe/engine/rocksdb_journal.hpp"
#include "troupe/engine/rocksdb_under_test.test.hpp"

// The process is killed while it appends. The parent starts this same program again, with the directory in an
// environment variable and the filter on `appends_and_prints_what_was_acknowledged`.
namespace troupe::engine {
namespace {

using document::Answer;
using document::AppendOutcome;
using document::Event;
using document::make_events;
using document::OpenedStream;

constexpr const char* kDirectoryVariable = "TROUPE_JOURNAL_CRASH_DIRECTORY";
constexpr int kStreams = 4;

std::string stream_name(int stream) { return "stream-" + std::to_string(stream); }

std::unique_ptr<RocksDbJournal> open_journal(const std::string& directory) {
  // Little memory: tables are written and merged while the process is killed, too.
  auto opened = RocksDbJournal::open({.directory = directory, .memory_bytes_max = 256U << 10U});
  EXPECT_TRUE(opened.has_value()) << opened.error().to_string();
  return opened ? std::move(*opened) : nullptr;
}

OpenedStream open_stream(RocksDbJournal& journal, const std::string& stream) {
  Answer<OpenedStream> answer;
  journal.open(stream, answer.done());
  return answer.get().value();
}

std::vector<Event> read_all(RocksDbJournal& journal, const std::string& stream) {
  Answer<std::vector<Event>> answer;
  journal.read({stream, 0, 10'000'000, ~std::uint32_t{0}}, answer.done());
  auto events = answer.get();
  EXPECT_TRUE(events.has_value()) << events.error().to_string();
  return events.value_or(std::vector<Event>{});
}

/// Appends to one stream, up to `seq_max`, and writes "stream seq" to standard output after each acknowledgement, in
/// one system call, so that a kill cannot tear a line.
void append_and_print(RocksDbJournal& journal, int stream, std::uint64_t seq_max) {
  const std::string name = stream_name(stream);
  const OpenedStream opened = open_stream(journal, name);
  Random random(opened.fence * kStreams + static_cast<std::uint64_t>(stream));
  for (std::uint64_t last = opened.last_seq; last < seq_max;) {
    const std::uint64_t count = 1 + random.below(4);
    Answer<AppendOutcome> answer;
    journal.append({name, opened.fence, last, make_events(last + 1, count, name)}, answer.done());
    ASSERT_EQ(answer.get(), AppendOutcome::kAppended);
    last += count;
    const std::string line = name + " " + std::to_string(last) + "\n";
    ASSERT_EQ(::write(STDOUT_FILENO, line.data(), line.size()), static_cast<ssize_t>(line.size()));
  }
}

/// Run by itself it appends a few events; as the child of the test below it does not end by itself.
TEST(RocksDbJournalCrash, appends_and_prints_what_was_acknowledged) {
  const char* given = ::getenv(kDirectoryVariable);
  std::optional<TemporaryDirectory> own;  // Not in the child, which will not live to remove it.
  if (given == nullptr) own.emplace();
  {
    const auto journal = open_journal(own ? own->path() : given);
    ASSERT_NE(journal, nullptr);
    std::vector<std::jthread> threads;
    for (int stream = 0; stream < kStreams; ++stream) {
      threads.emplace_back(
          [&, stream] { append_and_print(*journal, stream, given == nullptr ? 20 : ~std::uint64_t{0}); });
    }
  }
}

class Child {
 public:
  explicit Child(const std::string& directory) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::close(ends[0]);
      ::close(ends[1]);
      ::setenv(kDirectoryVariable, directory.c_str(), 1);
      ::execl(program.c_str(), program.c_str(), "--gtest_filter=RocksDbJournalCrash.appends_and_prints*", nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    output_ = ::fdopen(ends[0], "r");
  }
  ~Child() { ::fclose(output_); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// Takes note of one acknowledgement; false at the end of the output.
  bool read_line(std::map<std::string, std::uint64_t>& acknowledged) {
    char line[256];
    if (std::fgets(line, sizeof line, output_) == nullptr) return false;
    const std::string text(line);
    if (!text.starts_with("stream-")) return true;  // GoogleTest's own.
    const auto space = text.find(' ');
    acknowledged[text.substr(0, space)] = std::stoull(text.substr(space + 1));
    ++lines_;
    return true;
  }
  int lines() const { return lines_; }

  void kill() { ::kill(pid_, SIGKILL); }
  void wait() {
    int status = 0;
    EXPECT_EQ(::waitpid(pid_, &status, 0), pid_);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "status " << status;
  }

 private:
  pid_t pid_ = 0;
  FILE* output_ = nullptr;
  int lines_ = 0;
};

TEST(RocksDbJournalCrash, keeps_every_acknowledged_event_when_the_process_is_killed) {
  constexpr int kRounds = 10;
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  const TemporaryDirectory directory;
  std::map<std::string, std::uint64_t> acknowledged;
  std::map<std::string, std::string> epochs;

  for (int round = 0; round < kRounds; ++round) {
    Child child(directory.path());
    const auto lines_wanted = static_cast<int>(1 + random.below(500));
    while (child.lines() < lines_wanted && child.read_line(acknowledged)) {
    }
    if (round == 0) {  // While the child lives, the directory is its own.
      const auto second = RocksDbJournal::open({.directory = directory.path()});
      ASSERT_FALSE(second.has_value());
      EXPECT_EQ(second.error().code, ErrorCode::kUnavailable) << second.error().detail;
    }
    // The child has gone on meanwhile: it dies somewhere in its work, not at the acknowledgement that was read last.
    child.kill();
    while (child.read_line(acknowledged)) {  // What it printed before it died was acknowledged, too.
    }
    child.wait();

    const auto journal = open_journal(directory.path());
    ASSERT_NE(journal, nullptr);
    for (int stream = 0; stream < kStreams; ++stream) {
      const std::string name = stream_name(stream);
      const auto opened = open_stream(*journal, name);
      EXPECT_GE(opened.last_seq, acknowledged[name]) << name << " in round " << round;
      EXPECT_EQ(epochs.try_emplace(name, opened.epoch).first->second, opened.epoch);
      EXPECT_EQ(read_all(*journal, name), make_events(1, opened.last_seq, name)) << name << " in round " << round;
    }
  }
  EXPECT_GE(acknowledged.size(), 1U);
}

}  // namespace
}  // namespace troupe::engine
