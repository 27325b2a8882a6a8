// troupe-netlab-relay: hosts of their own network namespaces, joined by a network whose faults are commanded by lines
// on standard input. README.md has the manual. One thread: a packet is read from the device of its sender, kept for as
// long as its path says, and written to the device of its recipient. The kernel's work for the recipient is done in
// that write.

#include <sched.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <functional>
#include <memory>
#include <queue>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "host.hpp"
#include "network.hpp"

namespace troupe::netlab {
namespace {

constexpr std::size_t kHeaderBytes =
    10;  // A virtio_net_hdr, whose header is not C++; the device puts it before each packet.
constexpr std::size_t kBufferBytes = kHeaderBytes + 65'535;
constexpr std::size_t kCopiedBytesMax = 16 * 1024;
/// After so much from one device the others get their turn, and what is due goes out. Fewer is more precise: a packet
/// whose turn comes late is late. 256 KiB take about 0.1 ms.
constexpr std::size_t kBytesInARow = 256 * 1024;
constexpr int kPacketsInARow = 64;
constexpr std::size_t kHostsMax = 200;
constexpr int kSkipped = 77;  ///< The exit code by which ctest knows a test that this machine cannot run.
constexpr std::string_view kOutside = "outside";

struct Options {
  std::vector<std::string> hosts;
  int mtu = 1500;
  std::uint64_t seed = 1;
};

TimePoint now() { return TimePoint(std::chrono::steady_clock::now().time_since_epoch()); }

int last_byte_of(std::size_t host) { return static_cast<int>(host) + 1; }

class Relay {
 public:
  explicit Relay(const Options& options);
  /// Until standard input ends.
  void run();

 private:
  /// A path that holds packets, by when the first of them is due.
  struct Waiting {
    TimePoint due;
    std::size_t from;
    std::size_t to;
    auto operator<=>(const Waiting&) const = default;
  };

  void watch(int descriptor, std::size_t key);
  void greet() const;
  void read_from(std::size_t host);
  void route(std::size_t from, std::size_t size);
  void write_to(std::size_t host, const char* bytes, std::size_t size);
  void deliver_due();
  /// False at its end.
  bool read_commands();
  std::unique_ptr<char[]> take_buffer();

  Subnet subnet_;
  Network network_;
  std::vector<Host> hosts_;
  File events_;
  std::priority_queue<Waiting, std::vector<Waiting>, std::greater<>> waiting_;
  std::vector<std::unique_ptr<char[]>> free_buffers_;  ///< Not more than the queues of the paths once held.
  std::unique_ptr<char[]> buffer_ = take_buffer();
  std::string input_;
};

Relay::Relay(const Options& options) : network_(options.hosts, options.seed), events_(::epoll_create1(EPOLL_CLOEXEC)) {
  for (std::size_t i = 0; i < options.hosts.size(); ++i) {
    hosts_.emplace_back(HostOptions{.address = subnet_.prefix + std::to_string(last_byte_of(i)),
                                    .mtu = options.mtu,
                                    .own_namespace = options.hosts[i] != kOutside});
    watch(hosts_[i].device.get(), i);
  }
  watch(STDIN_FILENO, options.hosts.size());
}

void Relay::watch(int descriptor, std::size_t key) {
  epoll_event event{.events = EPOLLIN, .data = {.u64 = key}};
  if (::epoll_ctl(events_.get(), EPOLL_CTL_ADD, descriptor, &event) != 0) {
    throw std::runtime_error("standard input has to be a pipe");  // Nothing else that we have cannot be waited for.
  }
}

void Relay::greet() const {
  for (std::size_t i = 0; i < hosts_.size(); ++i) {
    std::printf("host %s address=%s%d ns=/proc/%d/fd/%d\n", network_.hosts()[i].c_str(), subnet_.prefix.c_str(),
                last_byte_of(i), ::getpid(), hosts_[i].network.get());
  }
  std::printf("ready\n");
  std::fflush(stdout);
}

void Relay::run() {
  greet();
  std::array<epoll_event, 64> events;
  for (;;) {
    deliver_due();
    timespec wait{};
    if (!waiting_.empty()) {
      const Duration left = std::max(waiting_.top().due - now(), Duration::zero());
      wait = {.tv_sec = left / 1s, .tv_nsec = (left % 1s).count()};
    }
    const int ready = ::epoll_pwait2(events_.get(), events.data(), static_cast<int>(events.size()),
                                     waiting_.empty() ? nullptr : &wait, nullptr);
    for (int i = 0; i < ready; ++i) {
      const std::size_t key = events[static_cast<std::size_t>(i)].data.u64;
      if (key < hosts_.size()) {
        read_from(key);
      } else if (!read_commands()) {
        return;
      }
    }
  }
}

void Relay::read_from(std::size_t host) {
  std::size_t bytes = 0;
  for (int i = 0; i < kPacketsInARow && bytes < kBytesInARow; ++i) {
    const ssize_t size = ::read(hosts_[host].device.get(), buffer_.get(), kBufferBytes);
    if (size <= 0) return;
    bytes += static_cast<std::size_t>(size);
    route(host, static_cast<std::size_t>(size));
  }
}

/// Decides about the packet in `buffer_`.
void Relay::route(std::size_t from, std::size_t size) {
  constexpr std::size_t kDestinationAt = kHeaderBytes + 16;
  if (size < kHeaderBytes + 20 || (buffer_[kHeaderBytes] & 0xf0) != 0x40)
    return;  // Not IPv4: the kernel's own chatter.
  const std::size_t to = static_cast<unsigned char>(buffer_[kDestinationAt + 3]) - std::size_t{1};
  if (to >= hosts_.size() || to == from) return;  // Broadcasts, and hosts that there are not.
  Path& path = network_.path(from, to);
  const TimePoint at = now();
  const Path::Verdict verdict = path.on_packet(at, size);
  if (verdict.fate == Path::Fate::kDeliver) write_to(to, buffer_.get(), size);
  if (verdict.fate != Path::Fate::kHold) return;
  if (path.is_idle()) waiting_.push({verdict.due, from, to});
  Packet packet{.size = size, .due = verdict.due};
  // A large packet keeps the buffer in which it was read. A small one moves, so that a queue full of acknowledgements
  // does not take a thousand times the memory that its bound says.
  if (size > kCopiedBytesMax) {
    packet.bytes = std::exchange(buffer_, take_buffer());
  } else {
    packet.bytes = std::make_unique_for_overwrite<char[]>(size);
    std::memcpy(packet.bytes.get(), buffer_.get(), size);
  }
  path.hold(std::move(packet));
}

std::unique_ptr<char[]> Relay::take_buffer() {
  if (free_buffers_.empty()) return std::make_unique_for_overwrite<char[]>(kBufferBytes);
  std::unique_ptr<char[]> buffer = std::move(free_buffers_.back());
  free_buffers_.pop_back();
  return buffer;
}

void Relay::write_to(std::size_t host, const char* bytes, std::size_t size) {
  // A device takes everything while it is up. If somebody in the namespace took it down, the packet is lost, as it
  // should be.
  [[maybe_unused]] const ssize_t written = ::write(hosts_[host].device.get(), bytes, size);
}

void Relay::deliver_due() {
  std::size_t bytes = 0;
  while (!waiting_.empty() && waiting_.top().due <= now() && bytes < kBytesInARow) {
    const auto [due, from, to] = waiting_.top();
    waiting_.pop();
    Path& path = network_.path(from, to);
    Packet packet = path.release();
    if (packet.size > 0) write_to(to, packet.bytes.get(), packet.size);
    bytes += packet.size;
    if (!path.is_idle()) waiting_.push({path.next_due(), from, to});
    if (packet.size > kCopiedBytesMax) free_buffers_.push_back(std::move(packet.bytes));
  }
}

bool Relay::read_commands() {
  std::array<char, 4096> part;
  const ssize_t size = ::read(STDIN_FILENO, part.data(), part.size());
  if (size <= 0) return size < 0 && errno == EINTR;
  input_.append(part.data(), static_cast<std::size_t>(size));
  for (std::size_t end = 0; (end = input_.find('\n')) != std::string::npos; input_.erase(0, end + 1)) {
    std::fputs(network_.obey(std::string_view(input_).substr(0, end)).c_str(), stdout);
  }
  std::fflush(stdout);
  return input_.size() < part.size();  // Nobody has a command that long.
}

/// Whether the machine lacks a right or a device; anything else that fails is a fault.
bool is_lack(const std::error_code& error) {
  constexpr std::array kLacks{EPERM, EACCES, ENOENT, ENODEV, ENXIO, ENOSYS};
  return std::ranges::find(kLacks, error.value()) != kLacks.end();
}

int run(int argc, char** argv) {
  CLI::App app("Hosts in network namespaces, joined by a network with faults (tests/netlab/README.md)");
  Options options;
  app.add_option("--hosts", options.hosts, "names; \"outside\" is the namespace where this is started")
      ->delimiter(',')
      ->required()
      ->expected(1, static_cast<int>(kHostsMax));
  app.add_option("--mtu", options.mtu, "of the devices")->capture_default_str()->check(CLI::Range(576, 65'535));
  app.add_option("--seed", options.seed, "for loss and jitter")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  for (const std::string& name : options.hosts) {
    const bool is_plain = !name.empty() && name.find_first_of(" >*\n") == std::string::npos;
    if (is_plain && std::ranges::count(options.hosts, name) == 1) continue;
    std::fprintf(stderr, "netlab: \"%s\" is no name for one host\n", name.c_str());
    return 1;
  }

  // A timer may come 50 us late for the sake of power, unless we ask for better.
  ::prctl(PR_SET_TIMERSLACK, 1);
  // A network does not wait for the processors of its hosts: before all ordinary processes. Beside bulk at 1.5 GB/s on
  // two cores, a round trip of 20.3 ms takes 21 ms so, and 27 ms with a niceness of -10.
  const sched_param priority{.sched_priority = 1};
  ::sched_setscheduler(0, SCHED_FIFO, &priority);
  std::signal(SIGPIPE, SIG_IGN);
  try {
    Relay relay(options);
    relay.run();
    return 0;
  } catch (const std::system_error& error) {
    std::fprintf(stderr, "netlab: %s\n", error.what());
    return is_lack(error.code()) ? kSkipped : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "netlab: %s\n", error.what());
    return 1;
  }
}

}  // namespace
}  // namespace troupe::netlab

int main(int argc, char** argv) { return troupe::netlab::run(argc, argv); }
