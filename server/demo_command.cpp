#include "demo_command.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "canvas/canvas.hpp"
#include "child_node.hpp"
#include "serve_command.hpp"
#include "troupe/gateway/http_get.hpp"
#include "troupe/node/journal/temporary_postgres.hpp"
#include "troupe/node/node.hpp"
#include "web_root.hpp"

namespace troupe::server {

namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr auto kRestartAfter = std::chrono::seconds(5);
constexpr auto kStopWithin = std::chrono::seconds(20);

/// Opens the page where there is a desktop; elsewhere the printed address has to do.
void open_browser(const std::string& url) {
  if (std::getenv("DISPLAY") == nullptr && std::getenv("WAYLAND_DISPLAY") == nullptr) return;
  std::string program = "xdg-open";
  std::string address = url;
  char* arguments[] = {program.data(), address.data(), nullptr};
  posix_spawnattr_t attributes;  // The browser shall take signals, though this process holds some.
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  pid_t pid = 0;
  (void)posix_spawnp(&pid, program.c_str(), nullptr, &attributes, arguments, environ);
  posix_spawnattr_destroy(&attributes);
}

/// A file with 128 random bits, made once. Empty if it cannot be written.
std::string secret_file(const std::string& path) {
  if (std::filesystem::exists(path)) return path;
  unsigned char bytes[16];
  if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes)) return {};
  std::error_code error;
  std::ofstream out(path);
  std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, error);
  for (const unsigned char byte : bytes) out << fmt::format("{:02x}", byte);
  return out.flush() && !error ? path : std::string();
}

std::string admin_token_file(const DemoOptions& options) { return secret_file(options.data + "/demo-admin-token"); }

std::string first_word_of(const std::string& file) {
  std::string word;
  std::ifstream(file) >> word;
  return word;
}

/// The token stands behind the #, which browsers keep to themselves.
std::string admin_url(const std::string& http, const std::string& token) {
  return fmt::format("http://{}/admin#token={}", http, token);
}

bool make_folder(const DemoOptions& options) {
  std::error_code error;
  std::filesystem::create_directories(options.data, error);
  return !error;
}

int cannot_write(const DemoOptions& options) {
  std::fprintf(stderr, "troupe: the folder %s cannot be written; choose another with --data\n", options.data.c_str());
  return 1;
}

int demo_one(const DemoOptions& options) {
  hold_stop_signals();
  NodeOptions node_options;
  node_options.name = "demo";
  node_options.data = options.data + "/demo";
  node_options.http_listen = fmt::format("{}:{}", options.host, options.http_port);
  node_options.gateway.web_root = find_web_root();
  node_options.gateway.admin.socket = "auto";
  if (options.admin) {
    if (!make_folder(options)) return cannot_write(options);
    node_options.gateway.admin.token = first_word_of(admin_token_file(options));
    if (node_options.gateway.admin.token.empty()) return cannot_write(options);
  }
  const std::string token = node_options.gateway.admin.token;
  node_options.log_level = LogLevel::kWarning;
  Node node(std::move(node_options));
  Result<void> started = node.add_document("canvas/", canvas::make);
  if (started) started = node.start();
  if (!started) {
    std::fprintf(
        stderr,
        "troupe: the demo cannot start: %s\n(another port is chosen with --http-port, another folder with --data)\n",
        started.error().to_string().c_str());
    return 1;
  }
  const std::string url = fmt::format("http://{}/canvas/lobby", node.http_address());
  fmt::print(
      "Troupe is running. Draw at\n\n    {}\n\nand open it in a second window, or on a phone in the same network "
      "(--host 0.0.0.0).\n"
      "Drawings are kept in {}. Ctrl-C stops.\n",
      url, options.data + "/demo");
  if (!token.empty()) fmt::print("The node itself: {}\n", admin_url(node.http_address(), token));
  fmt::print("ready name={} http={} cluster={}\n", node.name(), node.http_address(), node.cluster_address());
  std::fflush(stdout);
  if (options.open_browser) open_browser(url);
  node.run();
  return 0;
}

/// The nodes of a demo cluster and the table of them.
class ClusterDemo {
 public:
  explicit ClusterDemo(const DemoOptions& options) : options_(options), terminal_(isatty(STDOUT_FILENO) == 1) {}

  int run();

 private:
  std::string http_address(std::size_t index) const {
    return fmt::format("{}:{}", options_.host, options_.http_port + index);
  }
  std::string cluster_address(std::size_t index) const {
    return fmt::format("127.0.0.1:{}", options_.cluster_port + index);
  }
  void make_nodes(const std::string& secret, const std::string& admin_token);
  bool wait_until_ready();
  void restart_ended();
  std::vector<std::string> table();
  std::string describe(const ChildNode& node, std::size_t index);
  void print(const std::vector<std::string>& lines);
  void stop();

  DemoOptions options_;
  bool terminal_;
  TemporaryPostgres database_;  ///< Ends after the nodes.
  std::vector<std::unique_ptr<ChildNode>> nodes_;
  std::vector<SteadyClock::time_point> ended_at_;
  std::vector<std::string> printed_;
};

void ClusterDemo::make_nodes(const std::string& secret, const std::string& admin_token) {
  for (std::size_t i = 0; i < options_.nodes; ++i) {
    const std::string name(1, static_cast<char>('a' + i));
    std::string join;
    for (std::size_t other = 0; other < options_.nodes; ++other) {
      if (other != i) join += (join.empty() ? "" : ",") + cluster_address(other);
    }
    const std::string data = fmt::format("{}/demo-{}/{}", options_.data, options_.nodes, name);
    std::filesystem::create_directories(data);
    std::vector<std::string> arguments{"--name",
                                       name,
                                       "--http",
                                       http_address(i),
                                       "--cluster",
                                       cluster_address(i),
                                       "--join",
                                       join,
                                       "--data",
                                       data,
                                       "--secret-file",
                                       secret,
                                       "--shards",
                                       "1",
                                       "--journal-durability",
                                       "node"};
    if (options_.journal == "postgres") {
      arguments.insert(arguments.end(), {"--journal-engine", "postgres", "--journal-connection", database_.connection(),
                                         "--journal-writers", "2"});
    }
    if (!options_.overlay.empty()) arguments.insert(arguments.end(), {"--cluster-overlay", options_.overlay});
    // Two servers, so that clients can lose one.
    if (options_.overlay == "client_server" && i >= 2) arguments.insert(arguments.end(), {"--cluster-role", "client"});
    if (!admin_token.empty()) arguments.insert(arguments.end(), {"--admin-token-file", admin_token});
    nodes_.push_back(std::make_unique<ChildNode>(name, std::move(arguments), data + "/log"));
  }
  ended_at_.resize(nodes_.size());
}

bool ClusterDemo::wait_until_ready() {
  const auto deadline = SteadyClock::now() + std::chrono::seconds(20);
  for (;;) {
    bool all = true;
    for (const auto& node : nodes_) {
      node->poll();
      all = all && node->ready();
      if (!node->end().empty() || SteadyClock::now() > deadline) {
        std::fprintf(stderr,
                     "troupe: node %s did not start (%s). Its log, %s, says why; another port is chosen with "
                     "--http-port and --cluster-port.\n",
                     node->name().c_str(), node->end().empty() ? "not ready in 20 s" : node->end().c_str(),
                     node->log_file().c_str());
        return false;
      }
    }
    if (all) return true;
    usleep(20'000);
  }
}

/// A node that was killed comes back after a while, as a service manager would start it again.
void ClusterDemo::restart_ended() {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const bool was_running = nodes_[i]->running();
    nodes_[i]->poll();
    if (was_running && !nodes_[i]->running()) ended_at_[i] = SteadyClock::now();
    if (!nodes_[i]->running() && SteadyClock::now() - ended_at_[i] > kRestartAfter) nodes_[i]->start();
  }
}

std::string ClusterDemo::describe(const ChildNode& node, std::size_t index) {
  if (!node.running()) return fmt::format("{}; starts again in a moment", node.end());
  if (!node.ready()) return "starting";
  const auto cluster = gateway::http_get(http_address(index), "/api/v1/cluster", 500ms);
  if (!cluster) return "no answer: " + cluster.error().to_string();
  const nlohmann::json members = nlohmann::json::parse(*cluster, nullptr, false);
  std::string seen;
  if (members.is_object() && members.contains("members")) {
    for (const auto& member : members["members"]) {
      if (member.value("name", "") == node.name()) continue;
      seen += (seen.empty() ? "" : ", ") + member.value("name", "?") + " " + member.value("state", "?");
    }
  }
  return "up; sees " + (seen.empty() ? "nobody" : seen);
}

std::vector<std::string> ClusterDemo::table() {
  std::vector<std::string> lines{fmt::format("{:<6}{:<10}{:<40}{}", "node", "process", "open in a browser", "state")};
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const ChildNode& node = *nodes_[i];
    lines.push_back(fmt::format("{:<6}{:<10}{:<40}{}", node.name(), node.running() ? std::to_string(node.pid()) : "-",
                                fmt::format("http://{}/canvas/lobby", http_address(i)), describe(node, i)));
  }
  return lines;
}

void ClusterDemo::print(const std::vector<std::string>& lines) {
  if (lines == printed_) return;
  // On a terminal the table stays in its place; elsewhere a new one is printed when something changed.
  if (terminal_ && !printed_.empty()) fmt::print("\x1b[{}A", printed_.size());
  for (const std::string& line : lines) fmt::print("{}{}\n", line, terminal_ ? "\x1b[K" : "");
  std::fflush(stdout);
  printed_ = lines;
}

void ClusterDemo::stop() {
  fmt::print("\nstopping\n");
  for (const auto& node : nodes_) node->signal(SIGTERM);
  const auto deadline = SteadyClock::now() + kStopWithin;
  const auto running = [](const auto& node) {
    node->poll();
    return node->running();
  };
  while (std::ranges::any_of(nodes_, running) && SteadyClock::now() < deadline) usleep(20'000);
}

int ClusterDemo::run() {
  sigset_t signals;
  sigset_t before;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  const std::string secret = make_folder(options_) ? secret_file(options_.data + "/demo-secret") : std::string();
  const std::string token = options_.admin && !secret.empty() ? admin_token_file(options_) : std::string();
  if (secret.empty() || (options_.admin && token.empty())) return cannot_write(options_);
  if (options_.journal == "postgres") {
    if (const auto started = database_.start(); !started) {
      fmt::print(stderr, "troupe: the demo's database cannot start: {}\n", started.error().detail);
      return 1;
    }
  }
  make_nodes(secret, token);
  for (const auto& node : nodes_) {
    if (!node->start()) return 1;
  }
  sigprocmask(SIG_BLOCK, &signals, &before);  // After the children were made: they take signals as usual.
  const int signal_event = signalfd(-1, &signals, SFD_CLOEXEC);
  int exit_code = 0;
  if (wait_until_ready()) {
    fmt::print("Troupe is running on {} nodes. Kill one and watch: kill -9 PROCESS. Ctrl-C stops all.\n\n",
               nodes_.size());
    if (options_.journal == "postgres") {
      fmt::print(
          "Drawings are in a PostgreSQL (process {}, {}) and go with this demo; --journal rocksdb keeps them.\n\n",
          database_.pid(), database_.folder().string());
    }
    if (!token.empty()) fmt::print("The nodes themselves: {}\n\n", admin_url(http_address(0), first_word_of(token)));
    if (options_.open_browser) open_browser("http://" + http_address(0) + "/canvas/lobby");
    pollfd wait{signal_event, POLLIN, 0};
    while (::poll(&wait, 1, 1000) <= 0) {
      restart_ended();
      print(table());
    }
  } else {
    exit_code = 1;
  }
  stop();
  ::close(signal_event);
  return exit_code;
}

}  // namespace

int demo(const DemoOptions& options) { return options.nodes == 1 ? demo_one(options) : ClusterDemo(options).run(); }

}  // namespace troupe::server
