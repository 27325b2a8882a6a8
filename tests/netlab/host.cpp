#include "host.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <system_error>

namespace troupe::netlab {
namespace {

/// What of the packets that the device keeps until we read them: as many as a burst of many connections at once.
constexpr int kDeviceQueuePacketsMax = 10'000;

int check(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

File open_file(const char* path, int flags) { return File(check(::open(path, flags | O_CLOEXEC), path)); }

File open_own_network() { return open_file("/proc/thread-self/ns/net", O_RDONLY); }

ifreq request_for(std::string_view device) {
  ifreq request{};
  std::ranges::copy(device, request.ifr_name);
  return request;
}

void set_address(int socket, ifreq request, unsigned long operation, const std::string& address) {
  sockaddr_in in{.sin_family = AF_INET};
  check(::inet_pton(AF_INET, address.c_str(), &in.sin_addr) - 1, address.c_str());
  std::memcpy(&request.ifr_addr, &in, sizeof in);
  check(::ioctl(socket, operation, &request), address.c_str());
}

void set_up(int socket, ifreq request) {
  check(::ioctl(socket, SIOCGIFFLAGS, &request), request.ifr_name);
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP | IFF_RUNNING);
  check(::ioctl(socket, SIOCSIFFLAGS, &request), request.ifr_name);
}

File make_device(const HostOptions& options) {
  File device = open_file("/dev/net/tun", O_RDWR | O_NONBLOCK);
  ifreq request = request_for(options.own_namespace ? "lab0" : "troupe-lab%d");
  request.ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR;
  check(::ioctl(device.get(), TUNSETIFF, &request), "TUNSETIFF");
  // As between two virtual machines: the kernel hands over segments of up to 64 KiB without their checksum, and
  // believes those that we hand it. Bulk traffic costs a fraction of what it would cost in packets of 1,500 bytes.
  check(::ioctl(device.get(), TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4), "TUNSETOFFLOAD");

  const File socket(check(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket"));
  const ifreq plain = request_for(request.ifr_name);
  request = plain;
  request.ifr_mtu = options.mtu;
  check(::ioctl(socket.get(), SIOCSIFMTU, &request), "SIOCSIFMTU");
  request = plain;
  request.ifr_qlen = kDeviceQueuePacketsMax;
  check(::ioctl(socket.get(), SIOCSIFTXQLEN, &request), "SIOCSIFTXQLEN");
  set_address(socket.get(), plain, SIOCSIFADDR, options.address);
  set_address(socket.get(), plain, SIOCSIFNETMASK, "255.255.255.0");
  set_up(socket.get(), plain);
  if (options.own_namespace) set_up(socket.get(), request_for("lo"));
  return device;
}

}  // namespace

File& File::operator=(File&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Host::Host(const HostOptions& options) {
  const File ours = open_own_network();
  if (options.own_namespace) check(::unshare(CLONE_NEWNET), "a network namespace");
  device = make_device(options);
  network = open_own_network();
  check(::setns(ours.get(), CLONE_NEWNET), "back to our network namespace");
}

Subnet::Subnet() {
  // The lock is the name of a socket, which the kernel takes back when we end.
  lock = File(check(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket"));
  for (int number = 0; number < 256; ++number) {
    prefix = fmt::format("198.18.{}.", number);
    const std::string name = "troupe-netlab-" + prefix;
    sockaddr_un address{.sun_family = AF_UNIX};
    std::ranges::copy(name, address.sun_path + 1);  // The zero before it: not a file.
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    if (::bind(lock.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0) return;
    if (errno != EADDRINUSE) break;
  }
  throw std::runtime_error("no network 198.18.x.0/24 is free");
}

}  // namespace troupe::netlab
