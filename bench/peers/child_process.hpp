#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "troupe/base/time.hpp"

namespace troupe::bench {

/// A program and its arguments.
using Command = std::vector<std::string>;

/// This program, whatever its name, with other arguments.
Command own_command(const std::vector<std::string>& arguments);

/// Another process. Its standard error is ours. Ends with this object: its standard input is closed, which is its sign
/// to end, and it is waited for; after ten seconds it is killed.
class ChildProcess {
 public:
  /// The program is looked for in the PATH. Throws std::system_error if it cannot be started.
  explicit ChildProcess(const Command& command);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// The next line that it prints. Throws std::runtime_error if it ends instead, or has printed none in this time; then
  /// it is killed.
  std::string read_line(Duration within = 30s);
  pid_t pid() const { return pid_; }
  /// SIGKILL and SIGSTOP, for example. It is still waited for in the end.
  void signal(int number) const;
  /// Throws std::system_error.
  void write_line(const std::string& line);

 private:
  std::string name_;
  pid_t pid_ = -1;
  int input_ = -1;   ///< We write.
  int output_ = -1;  ///< We read.
};

/// For the child: returns when standard input ends.
void wait_for_parent();

}  // namespace troupe::bench
