#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

namespace troupe::bench {

/// A second process of this program. Its standard error is ours. Ends with this object: its standard input is closed,
/// which is its sign to end, and it is waited for; after ten seconds it is killed.
class ChildProcess {
 public:
  /// Runs /proc/self/exe. Throws std::system_error if that fails.
  explicit ChildProcess(const std::vector<std::string>& arguments);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// The next line that it printed. Throws std::runtime_error if it ended instead.
  std::string read_line();

 private:
  pid_t pid_ = -1;
  int input_ = -1;   ///< We write.
  int output_ = -1;  ///< We read.
};

/// For the child: returns when standard input ends.
void wait_for_parent();

}  // namespace troupe::bench
