#include "bench/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>

namespace troupe::bench {

ChildProcess::ChildProcess(const std::vector<std::string>& arguments) {
  int to_child[2];
  int from_child[2];
  if (::pipe2(to_child, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe2");
  if (::pipe2(from_child, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe2");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, to_child[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, from_child[1], STDOUT_FILENO);
  std::string program = "/proc/self/exe";
  std::vector<std::string> words = arguments;
  std::vector<char*> pointers{program.data()};
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const int error = ::posix_spawn(&pid_, program.c_str(), &actions, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(to_child[0]);
  ::close(from_child[1]);
  input_ = to_child[1];
  output_ = from_child[0];
  if (error != 0) throw std::system_error(error, std::generic_category(), "a second process of this program");
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

std::string ChildProcess::read_line() {
  std::string line;
  for (char c = 0;;) {
    if (::read(output_, &c, 1) != 1) throw std::runtime_error("the other process ended; what it said is above");
    if (c == '\n') return line;
    line += c;
  }
}

void wait_for_parent() {
  char c = 0;
  while (::read(STDIN_FILENO, &c, 1) > 0) {
  }
}

}  // namespace troupe::bench
