#include "troupe/runtime/discovery/dns_lookup.hpp"

#include <ares.h>
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <tuple>

namespace troupe::runtime {

namespace {

constexpr int kLookIntervalMilliseconds = 50;  ///< For attempts that are over, and for `cancel`.

Error failed(const std::string& name, std::string_view what) {
  return {ErrorCode::kUnreachable, fmt::format("the lookup of {} failed: {}", name, what)};
}

/// c-ares wants this once in a process, before all else.
int initialized() {
  static const int status = ares_library_init(ARES_LIB_INIT_ALL);
  return status;
}

/// "1.2.3.4:7400" or "[::1]:7400"; empty if it is of another family.
std::string text_of(const ares_addrinfo_node& node, std::uint16_t port) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (node.ai_family == AF_INET) {
    const auto* address = reinterpret_cast<const sockaddr_in*>(node.ai_addr);
    if (::inet_ntop(AF_INET, &address->sin_addr, text.data(), text.size()) == nullptr) return {};
    return fmt::format("{}:{}", text.data(), port);
  }
  if (node.ai_family != AF_INET6) return {};
  const auto* address = reinterpret_cast<const sockaddr_in6*>(node.ai_addr);
  if (::inet_ntop(AF_INET6, &address->sin6_addr, text.data(), text.size()) == nullptr) return {};
  return fmt::format("[{}]:{}", text.data(), port);
}

}  // namespace

/// The sockets of one lookup, and what came of it.
struct DnsLookup::Channel {
  ~Channel() {
    if (handle != nullptr) ares_destroy(handle);
  }

  /// Until the answer is there, or the time is over.
  void wait(Duration timeout, const std::atomic<bool>& is_cancelled) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (!is_done) {
      if (std::chrono::steady_clock::now() >= deadline || is_cancelled) return ares_cancel(handle);  // Which answers.
      std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
      std::array<pollfd, ARES_GETSOCK_MAXNUM> polled{};
      const int wanted = ares_getsock(handle, sockets.data(), static_cast<int>(sockets.size()));
      nfds_t count = 0;
      for (int i = 0; i < ARES_GETSOCK_MAXNUM; ++i) {
        const short read = ARES_GETSOCK_READABLE(wanted, i) != 0 ? POLLIN : 0;
        const short write = ARES_GETSOCK_WRITABLE(wanted, i) != 0 ? POLLOUT : 0;
        if (read == 0 && write == 0) break;
        polled[count++] = {.fd = sockets[static_cast<std::size_t>(i)], .events = static_cast<short>(read | write)};
      }
      (void)::poll(polled.data(), count, kLookIntervalMilliseconds);
      for (nfds_t i = 0; i < count; ++i) {
        const bool readable = (polled[i].revents & (POLLIN | POLLERR | POLLHUP)) != 0;
        const bool writable = (polled[i].revents & (POLLOUT | POLLERR | POLLHUP)) != 0;
        ares_process_fd(handle, readable ? polled[i].fd : ARES_SOCKET_BAD, writable ? polled[i].fd : ARES_SOCKET_BAD);
      }
      ares_process_fd(handle, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // What is too late is sent again.
    }
  }

  ares_channel handle = nullptr;
  bool is_done = false;
  int status = ARES_ENODATA;
  std::uint16_t port = 0;
  std::vector<std::string> found;
};

DnsLookup::DnsLookup(DnsOptions options) : options_(std::move(options)) {}

DnsLookup::~DnsLookup() = default;

Result<std::unique_ptr<DnsLookup::Channel>> DnsLookup::open() const {
  constexpr int kTries = 3;
  ares_options options{};
  options.timeout = static_cast<int>(to_milliseconds(options_.timeout) / (kTries + 1));
  options.tries = kTries;
  auto channel = std::make_unique<Channel>();
  int status = initialized();
  if (status == ARES_SUCCESS)
    status = ares_init_options(&channel->handle, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
  if (status == ARES_SUCCESS && !options_.nameserver.empty())
    status = ares_set_servers_ports_csv(channel->handle, options_.nameserver.c_str());
  if (status != ARES_SUCCESS)
    return fail(ErrorCode::kInvalidArgument, fmt::format("DNS cannot be used: {}", ares_strerror(status)));
  return channel;
}

Result<std::vector<std::string>> DnsLookup::addresses(const std::string& name, std::uint16_t port) {
  auto channel = open();
  if (!channel) return std::unexpected(channel.error());
  Channel& lookup = **channel;
  lookup.port = port;
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  const auto take = [](void* context, int status, int /*timeouts*/, ares_addrinfo* answer) {
    auto& result = *static_cast<Channel*>(context);
    result.is_done = true;
    result.status = status;
    if (answer == nullptr) return;
    for (const ares_addrinfo_node* node = answer->nodes; node != nullptr; node = node->ai_next) {
      if (std::string text = text_of(*node, result.port); !text.empty()) result.found.push_back(std::move(text));
    }
    ares_freeaddrinfo(answer);
  };
  ares_getaddrinfo(lookup.handle, name.c_str(), nullptr, &hints, take, &lookup);
  lookup.wait(options_.timeout, is_cancelled_);
  if (lookup.status != ARES_SUCCESS) return std::unexpected(failed(name, ares_strerror(lookup.status)));
  std::ranges::sort(lookup.found);
  lookup.found.erase(std::ranges::unique(lookup.found).begin(), lookup.found.end());
  if (lookup.found.size() > options_.answers_max) lookup.found.resize(options_.answers_max);
  return std::move(lookup.found);
}

Result<std::vector<std::string>> DnsLookup::services(const std::string& name) {
  auto channel = open();
  if (!channel) return std::unexpected(channel.error());
  Channel& lookup = **channel;
  const auto take = [](void* context, int status, int /*timeouts*/, unsigned char* answer, int size) {
    auto& result = *static_cast<Channel*>(context);
    result.is_done = true;
    result.status = status;
    if (status != ARES_SUCCESS) return;
    ares_srv_reply* records = nullptr;
    result.status = ares_parse_srv_reply(answer, size, &records);
    std::vector<std::tuple<unsigned, int, std::string>> sorted;
    for (const ares_srv_reply* each = records; each != nullptr; each = each->next) {
      const std::string host = each->host;
      if (host.empty() || host == "." || each->port == 0) continue;
      sorted.emplace_back(each->priority, -static_cast<int>(each->weight), fmt::format("{}:{}", host, each->port));
    }
    if (records != nullptr) ares_free_data(records);
    std::ranges::sort(sorted);
    for (auto& [priority, weight, address] : sorted) result.found.push_back(std::move(address));
  };
  ares_search(lookup.handle, name.c_str(), ns_c_in, ns_t_srv, take, &lookup);
  lookup.wait(options_.timeout, is_cancelled_);
  if (lookup.status != ARES_SUCCESS) return std::unexpected(failed(name, ares_strerror(lookup.status)));
  if (lookup.found.size() > options_.answers_max) lookup.found.resize(options_.answers_max);
  return std::move(lookup.found);
}

}  // namespace troupe::runtime
