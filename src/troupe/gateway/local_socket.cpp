#include "troupe/gateway/local_socket.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <tuple>

namespace troupe::gateway {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kExtension = ".socket";
constexpr std::size_t kNameBytesMax = 40;  // The path of a socket has room for 107 bytes in all.

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// Where nodes may have left their sockets; this process leaves its own in the first one.
std::vector<fs::path> folders() {
  if (const std::string only = variable("TROUPE_RUNTIME_DIR"); !only.empty()) return {only};
  std::vector<fs::path> all;
  // A service manager may name several, with colons between them.
  if (const std::string given = variable("RUNTIME_DIRECTORY"); !given.empty())
    all.emplace_back(given.substr(0, given.find(':')));
  if (const std::string given = variable("XDG_RUNTIME_DIR"); !given.empty()) all.push_back(fs::path(given) / "troupe");
  all.emplace_back(fmt::format("/tmp/troupe-{}", ::geteuid()));
  all.emplace_back("/run/troupe");
  return all;
}

std::string as_file_name(std::string name) {
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-') c = '_';
  }
  return name.substr(0, kNameBytesMax);
}

/// "NAME.PROCESS.socket"
std::optional<LocalNode> parse(const fs::path& path) {
  const std::string file = path.filename().string();
  if (!file.ends_with(kExtension)) return std::nullopt;
  const std::string stem = file.substr(0, file.size() - kExtension.size());
  const std::size_t dot = stem.rfind('.');
  LocalNode node{.socket = path.string()};
  if (dot == std::string::npos) return std::nullopt;
  const auto [end, error] = std::from_chars(stem.data() + dot + 1, stem.data() + stem.size(), node.process);
  if (error != std::errc() || end != stem.data() + stem.size() || node.process <= 0) return std::nullopt;
  node.name = stem.substr(0, dot);
  return node;
}

bool is_alive(long process) { return ::kill(static_cast<pid_t>(process), 0) == 0 || errno != ESRCH; }

std::vector<LocalNode> nodes_in(const fs::path& folder) {
  std::vector<LocalNode> nodes;
  std::error_code error;
  for (auto entry = fs::directory_iterator(folder, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    if (auto node = parse(entry->path())) nodes.push_back(*std::move(node));
  }
  return nodes;
}

}  // namespace

std::string local_socket_path(const std::string& node) {
  return (folders().front() / fmt::format("{}.{}{}", as_file_name(node), ::getpid(), kExtension)).string();
}

Result<void> prepare_local_socket_folder() {
  const fs::path folder = folders().front();
  if (::mkdir(folder.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
    return fail(ErrorCode::kInputOutput, fmt::format("the folder {} cannot be made: {}", folder.string(),
                                                     std::generic_category().message(errno)));
  }
  struct stat status{};
  // Of a link, it is the link that counts: anybody may have put it there.
  if (::lstat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode) || status.st_uid != ::geteuid() ||
      (status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return fail(ErrorCode::kRefused,
                fmt::format("the folder {} is not one that only this user may change", folder.string()));
  }
  for (const LocalNode& node : nodes_in(folder)) {
    if (!is_alive(node.process)) ::unlink(node.socket.c_str());
  }
  return {};
}

std::vector<LocalNode> find_local_nodes() {
  std::vector<LocalNode> nodes;
  for (const fs::path& folder : folders()) {
    for (LocalNode& node : nodes_in(folder)) {
      const bool known = std::ranges::find(nodes, node.socket, &LocalNode::socket) != nodes.end();
      if (!known && is_alive(node.process)) nodes.push_back(std::move(node));
    }
  }
  std::ranges::sort(nodes, {}, [](const LocalNode& node) { return std::tie(node.name, node.process); });
  return nodes;
}

}  // namespace troupe::gateway
