#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <stdexcept>

#include "cluster.hpp"

namespace troupe::conformance {

namespace {

[[noreturn]] void give_up(const std::string& what) { throw std::runtime_error("cannot " + what); }

/// Ports of loopback that nobody has: all are bound at once, so they differ, and let go of for the nodes.
std::array<std::uint16_t, kNodes> free_ports() {
  std::array<int, kNodes> sockets{};
  std::array<std::uint16_t, kNodes> ports{};
  for (unsigned i = 0; i < kNodes; ++i) {
    sockets[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (bind(sockets[i], generic, size) != 0 || getsockname(sockets[i], generic, &size) != 0) give_up("find a port");
    ports[i] = ntohs(address.sin_port);
  }
  for (const int each : sockets) close(each);
  return ports;
}

/// One process, with a pipe to its stdin and one from its stdout.
class Process {
 public:
  explicit Process(const std::vector<std::string>& words) {
    int in[2];
    int out[2];
    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) give_up("make a pipe");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const int failed = posix_spawn(&id_, arguments[0], &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    in_ = in[1];
    out_ = out[0];
    if (failed != 0) give_up("start " + words[0]);
  }
  ~Process() {
    // First: at the end of its input it would say goodbye.
    kill(id_, SIGKILL);
    waitpid(id_, nullptr, 0);
    close(in_);
    close(out_);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  int out() const { return out_; }
  void write_line(const std::string& line) const {
    const std::string text = line + "\n";
    if (write(in_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) give_up("write to a node");
  }
  /// Takes what has come into `lines`. False: its stdout has ended.
  bool read_into(std::vector<std::string>& lines) {
    std::array<char, 4096> buffer;
    const ssize_t size = read(out_, buffer.data(), buffer.size());
    if (size <= 0) return false;
    rest_.append(buffer.data(), static_cast<std::size_t>(size));
    for (std::size_t end = 0; (end = rest_.find('\n')) != std::string::npos; rest_.erase(0, end + 1))
      lines.push_back(rest_.substr(0, end));
    return true;
  }

 private:
  pid_t id_ = -1;
  int in_ = -1;
  int out_ = -1;
  std::string rest_;
};

class ProcessCluster final : public Cluster {
 public:
  explicit ProcessCluster(std::string overlay) : overlay_(std::move(overlay)) { signal(SIGPIPE, SIG_IGN); }

  void start(unsigned node) override {
    heard_[node].clear();
    std::vector<std::string> words{CONFORMANCE_NODE, node_name(node), overlay_, address(node),
                                   is_server(node) ? "server" : "client"};
    for (const unsigned other : joins(overlay_, node)) words.push_back(address(other));
    processes_[node] = std::make_unique<Process>(words);
  }
  void kill(unsigned node) override { processes_[node].reset(); }
  void leave(unsigned node) override {
    processes_[node]->write_line("leave");
    run_until([&] { return ended_[node]; }, 10s);
    ended_[node] = false;
    processes_[node].reset();
  }
  void say(unsigned node, const std::string& command) override { processes_[node]->write_line(command); }
  const std::vector<std::string>& heard(unsigned node) override { return heard_[node]; }

  bool run_until(const std::function<bool()>& reached, Duration within) override {
    const auto deadline = std::chrono::steady_clock::now() + within;
    while (!reached()) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      if (left.count() <= 0) return false;
      read_some(static_cast<int>(left.count()));
    }
    return true;
  }

 private:
  std::string address(unsigned node) const { return "127.0.0.1:" + std::to_string(ports_[node]); }

  void read_some(int within_ms) {
    std::vector<pollfd> waits;
    std::vector<unsigned> nodes;
    for (unsigned node = 0; node < kNodes; ++node) {
      if (!processes_[node] || ended_[node]) continue;
      waits.push_back({.fd = processes_[node]->out(), .events = POLLIN, .revents = 0});
      nodes.push_back(node);
    }
    if (poll(waits.data(), waits.size(), within_ms) <= 0) return;
    for (std::size_t i = 0; i < waits.size(); ++i) {
      if (waits[i].revents == 0) continue;
      ended_[nodes[i]] = !processes_[nodes[i]]->read_into(heard_[nodes[i]]);
    }
  }

  std::string overlay_;
  std::array<std::uint16_t, kNodes> ports_ = free_ports();
  std::array<std::unique_ptr<Process>, kNodes> processes_;
  std::array<bool, kNodes> ended_{};
  std::array<std::vector<std::string>, kNodes> heard_;
};

}  // namespace

std::unique_ptr<Cluster> make_process_cluster(const std::string& overlay) {
  return std::make_unique<ProcessCluster>(overlay);
}

}  // namespace troupe::conformance
