#include "bench/peers/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <system_error>

namespace troupe::bench {

Command own_command(const std::vector<std::string>& arguments) {
  // Not the link itself: below another program it would be another program's.
  Command command{std::filesystem::read_symlink("/proc/self/exe")};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

ChildProcess::ChildProcess(const Command& command) : name_(std::filesystem::path(command.front()).filename()) {
  int to_child[2];
  int from_child[2];
  if (::pipe2(to_child, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe2");
  if (::pipe2(from_child, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe2");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, to_child[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, from_child[1], STDOUT_FILENO);
  Command words = command;
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const int error = ::posix_spawnp(&pid_, pointers.front(), &actions, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(to_child[0]);
  ::close(from_child[1]);
  input_ = to_child[1];
  output_ = from_child[0];
  if (error != 0) throw std::system_error(error, std::generic_category(), "starting " + command.front());
}

ChildProcess::~ChildProcess() {
  ::close(input_);
  ::close(output_);
  if (pid_ <= 0) return;
  const int handle = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  if (handle >= 0) {
    pollfd wait{handle, POLLIN, 0};
    if (::poll(&wait, 1, 10'000) != 1) ::kill(pid_, SIGKILL);
    ::close(handle);
  }
  ::waitpid(pid_, nullptr, 0);
}

std::string ChildProcess::read_line(Duration within) {
  const auto end = std::chrono::steady_clock::now() + within;
  std::string line;
  for (char c = 0;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    pollfd wait{output_, POLLIN, 0};
    if (::poll(&wait, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0))) != 1) {
      ::kill(pid_, SIGKILL);
      throw std::runtime_error(name_ + " did not answer in time and was ended");
    }
    if (::read(output_, &c, 1) != 1) throw std::runtime_error(name_ + " ended without an answer");
    if (c == '\n') return line;
    line += c;
  }
}

void ChildProcess::signal(int number) const { ::kill(pid_, number); }

void ChildProcess::write_line(const std::string& line) {
  const std::string text = line + '\n';
  if (::write(input_, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    throw std::system_error(errno, std::generic_category(), "telling " + name_);
}

void wait_for_parent() {
  char c = 0;
  while (::read(STDIN_FILENO, &c, 1) > 0) {
  }
}

}  // namespace troupe::bench
