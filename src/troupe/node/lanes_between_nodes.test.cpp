#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <fstream>

#include "troupe/node/node.hpp"
#include "troupe/node/wait_until.test.hpp"

// Two nodes in two processes, on loopback: what a peer costs that has stopped.
namespace troupe {
namespace {

struct Load {
  static constexpr auto wire_name = "test.load";
  Bytes content;
};
class Sink : public Actor<Sink> {
 public:
  using Messages = troupe::Messages<Load>;
  void on(const Load&) {}
};

/// Sends until the lane is full, and again each time there is room.
class Source : public Actor<Source> {
 public:
  using Messages = troupe::Messages<Load>;
  explicit Source(std::atomic<std::uint64_t>& full) : full_(full) {}
  void on_start() override { send(); }
  void on(const Load&) {}

 private:
  void send() {
    SendOutcome outcome = SendOutcome::kTaken;
    while (outcome == SendOutcome::kTaken) outcome = context().tell(sink_, Load{content_});
    if (outcome == SendOutcome::kFull) ++full_;
    context().when_room(sink_, 1min, [this](const Result<void>&) { context().after(1ms, [this] { send(); }); });
  }

  std::atomic<std::uint64_t>& full_;
  Bytes content_ = Bytes::copy_of(std::string(3'000, 'x'));
  Ref<Sink> sink_ = Ref<Sink>::named("b", "sink");
};

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t pages = 0;
  statm >> pages >> pages;
  return pages * 4096;
}

/// Another process with a node `b`, which is killed at the end.
class OtherNode {
 public:
  /// Before this process has threads.
  OtherNode() {
    if (::pipe(pipe_.data()) != 0) throw std::runtime_error("no pipe");
    child_ = ::fork();
    if (child_ == 0) be_the_other();
    ::close(pipe_[0]);
  }
  ~OtherNode() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
    ::close(pipe_[1]);
  }
  OtherNode(const OtherNode&) = delete;
  OtherNode& operator=(const OtherNode&) = delete;

  void join(const std::string& address) {
    const std::string line = address + "\n";
    ASSERT_EQ(::write(pipe_[1], line.data(), line.size()), static_cast<ssize_t>(line.size()));
  }
  void signal(int number) const { ::kill(child_, number); }

 private:
  [[noreturn]] void be_the_other() {
    ::close(pipe_[1]);
    std::string address;
    for (char each = 0; ::read(pipe_[0], &each, 1) == 1 && each != '\n';) address += each;
    Node node(
        {.name = "b", .cluster_listen = "127.0.0.1:0", .join = {address}, .shards = 2, .log_level = LogLevel::kError});
    if (!node.start() || !node.spawn<Sink>({.name = "sink"})) ::_exit(1);
    char each = 0;
    while (::read(pipe_[0], &each, 1) > 0) {
    }
    ::_exit(0);
  }

  std::array<int, 2> pipe_{};
  pid_t child_ = 0;
};

NodeOptions options_of_a() {
  return {.name = "a",
          .cluster_listen = "127.0.0.1:0",
          .cluster = {.channels = {{.name = "data", .queue_bytes_max = 16U << 20U}}},
          .shards = 2,
          .log_level = LogLevel::kError};
}

overlay::MemberState state_of_b(Node& node, const Ref<cluster::Membership>& membership) {
  const auto members = node.ask(membership, cluster::GetMembers{}, 1s);
  return members && !members->others.empty() ? members->others[0].state : overlay::MemberState::kDown;
}

TEST(LanesBetweenNodes, a_peer_that_is_stopped_under_load_costs_its_bounds_and_is_detected) {
  OtherNode other;
  std::atomic<std::uint64_t> full{0};
  Node node(options_of_a());
  ASSERT_TRUE(node.start());
  const auto membership = Ref<cluster::Membership>::named("a", cluster::kMembershipName);
  other.join(node.cluster_address());
  ASSERT_TRUE(node.wait_for_members(1, 10s));
  ASSERT_TRUE(node.spawn<Source>({}, full));
  const std::size_t before = resident_bytes();
  other.signal(SIGSTOP);
  ASSERT_TRUE(wait_until([&] { return full.load() > 0; }, 10s)) << "the sender is told";
  // One source, so one lane: its queue, twice for what memory is kept in; the window; and the shards' own.
  EXPECT_LT(resident_bytes() - before, std::size_t{100} << 20U);
  EXPECT_TRUE(wait_until([&] { return state_of_b(node, membership) != overlay::MemberState::kUp; }, 10s));
  EXPECT_LT(resident_bytes() - before, std::size_t{100} << 20U);
  other.signal(SIGCONT);
  EXPECT_TRUE(wait_until([&] { return state_of_b(node, membership) == overlay::MemberState::kUp; }, 10s));
}

}  // namespace
}  // namespace troupe
