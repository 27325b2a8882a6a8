#include "troupe/node/config_checks.hpp"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <system_error>

#include "troupe/node/config_value.hpp"
#include "troupe/node/journal/config_journal.hpp"
#include "troupe/runtime/host_port.hpp"

namespace troupe::config {

namespace {

namespace fs = std::filesystem;
using runtime::HostPort;

constexpr std::size_t kSecretBytesMax = 64U << 10U;
constexpr std::size_t kSecretBytesGood = 16;
constexpr std::string_view kSecretRemedy =
    "make one with `openssl rand -hex 32 > secret && chmod 600 secret`, the same for all nodes";
constexpr std::string_view kPasswordRemedy = "write the database's password into it, and nothing else";
constexpr std::string_view kTokenRemedy = "make one with `openssl rand -hex 32 > token && chmod 600 token`";

/// Absent: the address is empty, or is not one.
std::optional<HostPort> parse(const std::string& address) {
  auto parsed = runtime::parse_host_port(address);
  if (!parsed) return std::nullopt;
  std::ranges::transform(parsed->host, parsed->host.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (parsed->host == "localhost") parsed->host = "127.0.0.1";
  return *parsed;
}

bool is_wildcard(const HostPort& address) {
  return address.host.empty() || address.host == "0.0.0.0" || address.host == "::";
}

bool is_loopback(const HostPort& address) { return address.host.starts_with("127.") || address.host == "::1"; }

bool same(const std::string& a, const std::string& b) {
  const auto left = parse(a);
  const auto right = parse(b);
  return a == b || (left && right && left->host == right->host && left->port == right->port);
}

std::string join(const std::string& folder, std::string_view rest) { return fmt::format("{}/{}", folder, rest); }

class Checks {
 public:
  Checks(Config& config, const std::set<std::string>& mistaken, const std::string& nowhere)
      : config_(config), options_(config.options), mistaken_(mistaken), nowhere_(nowhere) {}

  void cluster_addresses() {
    const auto listen = parse(options_.cluster_listen);
    if (!listen) {
      if (!readable({"cluster.listen"})) return;
      if (!options_.join.empty()) {
        error("cluster.join", "this node is alone, as it has no cluster port",
              "give cluster.listen, as in \"10.0.0.1:7400\"");
      }
      if (!options_.discovery.sources.empty()) {
        error("cluster.discover", "this node is alone, as it has no cluster port",
              "give cluster.listen, as in \"10.0.0.1:7400\"");
      }
      if (!options_.document_nodes.empty()) {
        error("document.nodes", "this node is alone, as it has no cluster port",
              "give cluster.listen, or leave document.nodes out");
      }
      if (!options_.cluster_advertise.empty())
        warn("cluster.advertise", "this has no effect without a cluster port", "give cluster.listen");
      return;
    }
    if (is_wildcard(*listen) && options_.cluster_advertise.empty() && readable({"cluster.advertise"})) {
      error("cluster.listen", fmt::format("other nodes cannot reach this one at \"{}\"", options_.cluster_listen),
            "give cluster.advertise: the host:port at which they can");
    }
    check_advertised("cluster.advertise", options_.cluster_advertise);
    if (!is_loopback(*listen) && options_.secret.empty() && readable({"cluster.secret_file"})) {
      error("cluster.listen",
            fmt::format("\"{}\" is open to other machines, so the cluster needs a secret", options_.cluster_listen),
            fmt::format("give cluster.secret_file ({}), or listen on 127.0.0.1", kSecretRemedy));
    }
    own_address_in_lists(*listen);
  }

  void overlay(bool serves_documents) {
    const std::string& name = options_.cluster.overlay.name;
    if (options_.cluster_listen.empty() || !readable({"cluster.overlay", "cluster.join", "cluster.role"})) return;
    discovery(serves_documents);
    if (name == "client_server" && !options_.is_server && options_.join.empty() && options_.discovery.sources.empty()) {
      error("cluster.join", "a client has to know a server", "name the servers, as in [\"10.0.0.1:7400\"]");
    }
    if (name != "client_server" && !options_.is_server) {
      warn("cluster.role", fmt::format("this has no effect in the overlay {}", name),
           "leave it out, or give cluster.overlay = \"client_server\"");
    }
    if (name == "static" && options_.join.empty()) {
      warn("cluster.join", "in the overlay static these are the node's neighbours, and it has none of its own",
           "name them, or take care that other nodes name this one");
    }
    if (name == "static" && !options_.join.empty() && options_.document_nodes.empty() && serves_documents &&
        !is_journal_shared()) {
      warn("document.nodes", "without this list each node takes its neighbours for the owners of documents",
           "name the owners, the same list on each node");
    }
    only_in("client_server", {"cluster.servers_per_client"});
    only_in("ring", {"cluster.ring_tries"});
    only_in("peer_to_peer",
            {"cluster.active_view", "cluster.passive_view", "cluster.shuffle_period", "cluster.prefer_near"});
  }

  void discovery(bool serves_documents) {
    const runtime::DiscoveryOptions& discovery = options_.discovery;
    if (discovery.sources.empty() || !readable({"cluster.discover", "document.nodes", "cluster.nameserver"})) return;
    if (serves_documents && options_.document_nodes.empty() && !is_journal_shared()) {
      error("document.nodes", "where nodes are discovered, they do not know by themselves who owns documents",
            "name the owners, the same list on each node");
    }
    const auto server = parse(discovery.nameserver);
    const bool is_number = server && server->host.find_first_not_of("0123456789abcdefABCDEF.:") == std::string::npos;
    if (!discovery.nameserver.empty() && !is_number) {
      error("cluster.nameserver", fmt::format("\"{}\" is not a numeric address", discovery.nameserver),
            "give it as in \"10.0.0.1:53\"");
    }
  }

  void http_addresses() {
    const auto listen = parse(options_.http_listen);
    if (!listen) {
      if (!options_.http_advertise.empty() && readable({"http.listen"})) {
        warn("http.advertise", "this has no effect without a port for clients",
             "give http.listen, as in \"127.0.0.1:8080\"");
      }
      return;
    }
    check_advertised("http.advertise", options_.http_advertise);
    if (const auto advertised = parse(options_.http_advertise); advertised && advertised->port == 0) {
      error("http.advertise", "nobody can connect to port 0", "give the port at which clients reach this node");
    }
    if (is_wildcard(*listen) && options_.http_advertise.empty() && readable({"http.advertise"})) {
      warn("http.listen",
           fmt::format("`GET /api/v1/cluster` will show \"{}\", which no client can reach", options_.http_listen),
           "give http.advertise: the host:port at which they can");
    }
    const auto cluster = parse(options_.cluster_listen);
    if (cluster && cluster->port != 0 && cluster->port == listen->port &&
        (cluster->host == listen->host || is_wildcard(*cluster) || is_wildcard(*listen))) {
      error("http.listen", fmt::format("port {} is the cluster's, too", listen->port),
            "give http.listen and cluster.listen two ports");
    }
  }

  void times() {
    const auto& liveness = options_.cluster.liveness;
    at_least("cluster.silence_timeout", liveness.silence_timeout, "cluster.heartbeat_interval",
             liveness.heartbeat_interval, 2, "a connection that works would be taken for dead");
    const auto& backoff = options_.cluster.fabric.backoff;
    if (backoff.max < backoff.initial && readable({"cluster.redial_wait_max", "cluster.redial_wait_min"})) {
      error("cluster.redial_wait_max", "the longest wait is shorter than the first one, cluster.redial_wait_min",
            fmt::format("give at least {}", render_duration(backoff.initial)));
    }
    const auto& window = options_.cluster.window;
    not_above("cluster.window_bytes_min", window.window_bytes_min, "cluster.window_bytes_max", window.window_bytes_max,
              "the window could not be so small");
    const auto& delivery = options_.cluster.delivery.protocol;
    if (delivery.retry_max < delivery.retry_min && readable({"delivery.retry_max", "delivery.retry_min"})) {
      error("delivery.retry_max", "the longest pause is shorter than the first one, delivery.retry_min",
            fmt::format("give at least {}", render_duration(delivery.retry_min)));
    }
    const Duration append = options_.documents.append_timeout;
    if (options_.gateway.times.send_timeout <= append &&
        readable({"session.send_timeout", "document.append_timeout"})) {
      warn("session.send_timeout",
           fmt::format("clients are answered `unavailable` before the owner's answer can come, which takes up to {} "
                       "(document.append_timeout)",
                       render_duration(append)),
           fmt::format("give more than {}", render_duration(append)));
    }
    if (options_.gateway.idle_timeout < 4s && readable({"session.idle_timeout"})) {
      warn("session.idle_timeout",
           fmt::format(
               "a client has only {}, half of it, to answer a ping: a phone that is slow for a moment is cut off",
               render_duration(options_.gateway.idle_timeout / 2)),
           "give at least 4 s; 60 s is usual");
    }
  }

  void sizes() {
    const auto& session = options_.gateway.session;
    not_above("session.data_bytes_max", session.data_bytes_max, "session.message_bytes_max", session.message_bytes_max,
              "such `data` cannot come in");
    not_above("session.message_bytes_max", session.message_bytes_max, "session.queue_bytes_max",
              options_.gateway.queue_bytes_max, "a client would be closed as a slow reader by one message");
    const auto& delivery = options_.cluster.delivery.protocol;
    if (delivery.remembered_max < delivery.messages_max &&
        readable({"delivery.remembered_max", "delivery.node_messages_max"})) {
      error("delivery.remembered_max", "one other node may send more at once, delivery.node_messages_max",
            fmt::format("give at least {}", delivery.messages_max));
    }
    if (options_.cluster_listen.empty()) return;
    not_above("session.data_bytes_max", session.data_bytes_max, "cluster.message_bytes_max",
              options_.cluster.message_bytes_max, "such an event cannot reach other nodes");
  }

  void folders() {
    if (!options_.data.empty()) data_directory();
    const std::string& pages = options_.gateway.web_root;
    std::error_code ignored;
    if (!pages.empty() && !fs::is_regular_file(join(pages, "index.html"), ignored)) {
      warn("http.web_root", fmt::format("there is no index.html in \"{}\", so only the API is served", pages),
           "give the folder with the built pages, or leave http.web_root out");
    }
  }

 private:
  void report(bool is_error, const std::string& key, std::string_view text, std::string_view remedy) {
    const auto origin = config_.origins.find(key);
    config_.problems.push_back({is_error, origin == config_.origins.end() ? nowhere_ : origin->second,
                                fmt::format("{}: {}", key, text), std::string(remedy)});
  }
  void error(const std::string& key, std::string_view text, std::string_view remedy) {
    report(true, key, text, remedy);
  }
  void warn(const std::string& key, std::string_view text, std::string_view remedy) {
    report(false, key, text, remedy);
  }

  bool readable(std::initializer_list<std::string> keys) const {
    return std::ranges::none_of(keys, [this](const std::string& key) { return mistaken_.contains(key); });
  }

  void only_in(std::string_view overlay, std::initializer_list<std::string> keys) {
    if (options_.cluster.overlay.name == overlay) return;
    for (const std::string& key : keys) {
      if (!config_.origins.contains(key)) continue;
      warn(key, fmt::format("this has no effect in the overlay {}", options_.cluster.overlay.name),
           fmt::format("leave it out, or give cluster.overlay = \"{}\"", overlay));
    }
  }

  void check_advertised(const std::string& key, const std::string& address) {
    const auto advertised = parse(address);
    if (advertised && is_wildcard(*advertised)) {
      error(key, fmt::format("nobody can connect to \"{}\"", address),
            "give the host that others connect to, as in \"10.0.0.1:7400\"");
    }
  }

  /// Then the members that are there own the documents.
  bool is_journal_shared() const { return options_.journal.engine == JournalOptions::Engine::kPostgres; }

  void own_address_in_lists(const HostPort& listen) {
    const std::string& own = options_.cluster_advertise.empty() ? options_.cluster_listen : options_.cluster_advertise;
    for (const std::string& peer : options_.join) {
      if (same(peer, own) || same(peer, options_.cluster_listen)) {
        warn("cluster.join", fmt::format("\"{}\" is this node's own address, and is skipped", peer),
             "name the other nodes only");
      }
    }
    const std::vector<std::string>& nodes = options_.document_nodes;
    if (nodes.empty() || !readable({"cluster.advertise"})) return;
    const auto advertised = parse(own);
    if (listen.port == 0 && (!advertised || advertised->port == 0)) {
      error("document.nodes",
            fmt::format("whether this node owns documents is not known, as its port is free to change (\"{}\")", own),
            "give cluster.listen a port");
    } else if (std::ranges::find(nodes, own) == nodes.end()) {
      const auto similar = std::ranges::find_if(nodes, [&](const std::string& node) { return same(node, own); });
      error("document.nodes", fmt::format("this node's own cluster address, \"{}\", is not in the list", own),
            similar == nodes.end() ? "add it; the list is the same on each node"
                                   : fmt::format("write it the same way: \"{}\" is another name", *similar));
    }
    for (auto node = nodes.begin(); node != nodes.end(); ++node) {
      if (std::find(nodes.begin(), node, *node) != node) {
        warn("document.nodes", fmt::format("\"{}\" is in the list twice", *node), "name each node once");
      }
    }
  }

  void at_least(const std::string& key, Duration value, const std::string& base_key, Duration base, int times,
                std::string_view why) {
    if (value > base * times || !readable({key, base_key})) return;
    error(key,
          fmt::format("{} is not above {} × {} ({}): {}", render_duration(value), times, base_key,
                      render_duration(base), why),
          fmt::format("give more than {}, or a shorter {}", render_duration(base * times), base_key));
  }

  void not_above(const std::string& key, std::uint64_t value, const std::string& bound_key, std::uint64_t bound,
                 std::string_view why) {
    if (value <= bound || !readable({key, bound_key})) return;
    error(key, fmt::format("{} is above {} ({}): {}", render_size(value), bound_key, render_size(bound), why),
          fmt::format("give at most {}, or a larger {}", render_size(bound), bound_key));
  }

  /// Whether the directory is there or could be made; nothing is made.
  void data_directory() {
    std::error_code failure;
    fs::path there = fs::absolute(options_.data, failure);
    while (!failure && !fs::exists(there, failure) && !failure && there.has_relative_path())
      there = there.parent_path();
    const std::string remedy = "give a directory in which this user may write";
    if (failure)
      return error("data", fmt::format("\"{}\" cannot be used: {}", options_.data, failure.message()), remedy);
    if (!fs::is_directory(there, failure)) {
      error("data", fmt::format("\"{}\" cannot be used: \"{}\" is not a directory", options_.data, there.string()),
            remedy);
    } else if (::access(there.c_str(), W_OK | X_OK) != 0) {
      error("data",
            fmt::format("\"{}\" cannot be used: this user may not write in \"{}\"", options_.data, there.string()),
            remedy);
    }
  }

  Config& config_;
  const NodeOptions& options_;
  const std::set<std::string>& mistaken_;
  const std::string& nowhere_;
};

/// A secret that is kept in a file: who reads it is told what is wrong with the file.
class SecretFile {
 public:
  SecretFile(Config& config, std::string key, const std::string& path, std::string_view remedy)
      : config_(config), key_(std::move(key)), path_(path), remedy_(remedy) {}

  void read(std::string& secret) const {
    if (path_.empty()) return;
    struct stat status{};
    if (::stat(path_.c_str(), &status) != 0) {
      return error(fmt::format("\"{}\" cannot be read: {}", path_, std::generic_category().message(errno)), remedy_);
    }
    if (!S_ISREG(status.st_mode)) return error(fmt::format("\"{}\" is not a file", path_), remedy_);
    std::ifstream file(path_, std::ios::binary);
    std::string text(kSecretBytesMax + 1, '\0');
    file.read(text.data(), std::ssize(text));
    if (!file.is_open() || file.bad())
      return error(fmt::format("\"{}\" cannot be read by this user", path_), "make this user its owner");
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > kSecretBytesMax) return error(fmt::format("\"{}\" is too long for a secret", path_), remedy_);
    while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
    if (text.empty()) return error(fmt::format("\"{}\" is empty", path_), remedy_);
    if (text.size() < kSecretBytesGood) report(false, "so short a secret can be guessed", remedy_);
    if ((status.st_mode & S_IRWXO) != 0) {
      report(false, fmt::format("every user of this machine may read or change \"{}\"", path_),
             fmt::format("run `chmod o= {}`", path_));
    }
    secret = std::move(text);
  }

 private:
  void report(bool is_error, const std::string& text, std::string_view remedy) const {
    config_.problems.push_back({is_error, config_.origins[key_], key_ + ": " + text, std::string(remedy)});
  }
  void error(const std::string& text, std::string_view remedy) const { report(true, text, remedy); }

  Config& config_;
  std::string key_;
  const std::string& path_;
  std::string_view remedy_;
};

}  // namespace

void read_secrets(Config& config) {
  SecretFile(config, "cluster.secret_file", config.secret_file, kSecretRemedy).read(config.options.secret);
  SecretFile(config, "journal.password_file", config.journal_password_file, kPasswordRemedy)
      .read(config.options.journal.password);
  SecretFile(config, "admin.token_file", config.token_file, kTokenRemedy).read(config.options.gateway.admin.token);
}

void check_together(Config& config, const std::set<std::string>& mistaken, const std::string& nowhere,
                    bool serves_documents) {
  Checks checks(config, mistaken, nowhere);
  checks.folders();
  if (serves_documents) check_journal(config, mistaken, nowhere);
  checks.cluster_addresses();
  checks.overlay(serves_documents);
  checks.http_addresses();
  checks.times();
  checks.sizes();
}

}  // namespace troupe::config
