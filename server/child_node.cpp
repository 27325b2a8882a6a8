#include "child_node.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <utility>

namespace troupe::server {

ChildNode::ChildNode(std::string name, std::vector<std::string> arguments, std::string log_file)
    : name_(std::move(name)), arguments_(std::move(arguments)), log_file_(std::move(log_file)) {}

ChildNode::~ChildNode() {
  if (running()) {
    signal(SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  if (output_ >= 0) ::close(output_);
}

bool ChildNode::start() {
  // Everything that allocates is done before the fork.
  std::vector<std::string> words{"troupe", "serve"};
  words.insert(words.end(), arguments_.begin(), arguments_.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) return false;
  const int log = ::open(log_file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) {
    setpgid(0, 0);  // Ctrl-C in the terminal is for the demo, which stops its nodes in order.
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(1);
    dup2(pipe_ends[1], STDOUT_FILENO);
    if (log >= 0) dup2(log, STDERR_FILENO);
    execv("/proc/self/exe", argv.data());
    _exit(127);
  }
  ::close(pipe_ends[1]);
  if (log >= 0) ::close(log);
  if (output_ >= 0) ::close(output_);
  output_ = pipe_ends[0];
  fcntl(output_, F_SETFL, O_NONBLOCK);
  line_.clear();
  ready_ = false;
  end_.clear();
  return pid_ > 0;
}

void ChildNode::poll() {
  if (!running()) return;
  char buffer[512];
  for (ssize_t size = 0; !ready_ && (size = ::read(output_, buffer, sizeof(buffer))) > 0;) {
    line_.append(buffer, static_cast<std::size_t>(size));
    ready_ = line_.starts_with("ready ") && line_.find('\n') != std::string::npos;
  }
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return;
  pid_ = -1;
  ready_ = false;
  end_ = WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                             : "exit code " + std::to_string(WEXITSTATUS(status));
}

void ChildNode::signal(int number) const {
  if (running()) ::kill(pid_, number);
}

}  // namespace troupe::server
