#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace troupe::server {

/// A `troupe serve` of this same program as a child process, for `troupe demo --nodes N`. It gets SIGTERM if this
/// process dies. Its log goes to a file.
class ChildNode {
 public:
  /// `arguments` follow "troupe serve".
  ChildNode(std::string name, std::vector<std::string> arguments, std::string log_file);
  /// Kills it if it still runs.
  ~ChildNode();
  ChildNode(const ChildNode&) = delete;
  ChildNode& operator=(const ChildNode&) = delete;

  /// False if the operating system gives no process.
  bool start();
  /// Looks for news of the process, without waiting: its "ready" line, its end.
  void poll();
  void signal(int number) const;

  const std::string& name() const { return name_; }
  const std::string& log_file() const { return log_file_; }
  pid_t pid() const { return pid_; }
  bool running() const { return pid_ > 0; }
  /// Whether it has printed its "ready" line in this life.
  bool ready() const { return ready_; }
  /// "exit code 1", "signal 9"; empty while it has not ended.
  const std::string& end() const { return end_; }

 private:
  std::string name_;
  std::vector<std::string> arguments_;
  std::string log_file_;
  pid_t pid_ = -1;
  int output_ = -1;
  std::string line_;
  bool ready_ = false;
  std::string end_;
};

}  // namespace troupe::server
