#include "troupe/runtime/discovery/discovery.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pthread.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>
#include <utility>

#include "troupe/runtime/runtime.hpp"

namespace troupe::runtime {

namespace {

constexpr std::size_t kFileBytesMax = 1U << 20U;
constexpr Duration kTellAgain = 100ms;

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(ErrorCode::kInputOutput, fmt::format("it cannot be read: {}", std::strerror(errno)));
  std::string text(kFileBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kFileBytesMax) return fail(ErrorCode::kTooLarge, "it is larger than 1 MiB");
  return text;
}

}  // namespace

Discovery::Discovery(DiscoveryOptions options, std::uint64_t seed, Found found, Metrics& metrics, LogSink& log_sink)
    : options_(std::move(options)),
      found_(std::move(found)),
      log_(log_sink, "discovery"),
      addresses_(metrics.gauge("troupe_discovery_addresses", "Addresses of nodes that DNS and files gave last")),
      failures_(metrics.counter("troupe_discovery_failures_total", "Sources of addresses that failed when asked")),
      dns_({.nameserver = options_.nameserver}),
      book_(options_, Random(seed)),
      read_(options_.sources.size()),
      seen_(options_.sources.size()) {}

Discovery::~Discovery() { stop(); }

Result<void> Discovery::start() {
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& error) {
    return fail(ErrorCode::kInputOutput, fmt::format("no thread for the discovery of nodes: {}", error.what()));
  }
  pthread_setname_np(thread_.native_handle(), "discovery");
  return {};
}

void Discovery::stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  dns_.cancel();
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Discovery::run() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    lock.unlock();
    for (const std::size_t source : book_.due(Runtime::now())) ask(source);
    if (is_news_) tell();
    const Duration pause = is_news_ ? kTellAgain : book_.next_due() - Runtime::now();
    lock.lock();
    changed_.wait_for(lock, pause, [this] { return stop_; });
  }
}

void Discovery::ask(std::size_t source) {
  const DiscoverySource& asked = options_.sources[source];
  switch (asked.kind) {
    case DiscoverySource::Kind::kFile: return ask_file(source);
    case DiscoverySource::Kind::kDns: return take(source, dns_.addresses(asked.name, asked.port));
    case DiscoverySource::Kind::kSrv: return take(source, dns_.services(asked.name));
  }
}

void Discovery::ask_file(std::size_t source) {
  const std::string& path = options_.sources[source].name;
  const detail::FileState state = detail::file_state_of(path);
  // Who writes a file needs a moment: it is read once it stays as it is.
  const bool settled = std::exchange(seen_[source], state) == state || !read_[source];
  if (read_[source] == state || !settled) return book_.unchanged(source, Runtime::now());
  read_[source] = state;
  const auto text = read_file(path);
  take(source, text ? parse_node_list(*text) : std::unexpected(text.error()));
}

void Discovery::take(std::size_t source, Result<std::vector<std::string>> addresses) {
  const std::string& text = options_.sources[source].text;
  if (!addresses) {
    failures_.add();
    if (book_.failed(source, Runtime::now(), addresses.error()))
      log_.error("{}: {}; the addresses of before stay", text, addresses.error().detail);
    return;
  }
  const std::string list = fmt::format("{}", fmt::join(*addresses, ", "));
  if (!book_.found(source, Runtime::now(), *std::move(addresses))) return;
  log_.info("{} has [{}]", text, list);
  is_news_ = true;
}

void Discovery::tell() {
  std::vector<std::string> addresses = book_.addresses();
  if (const std::size_t count = book_.left_out(); count > 0)
    log_.error("{} addresses more than cluster.discovered_max are left out", count);
  addresses_.set(static_cast<std::int64_t>(addresses.size()));
  is_news_ = !found_(std::move(addresses));
}

}  // namespace troupe::runtime
