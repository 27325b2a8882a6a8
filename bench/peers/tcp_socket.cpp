#include "bench/peers/tcp_socket.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace troupe::bench {

namespace {

[[noreturn]] void fail_with(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

sockaddr_in address_of(const std::string& host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1)
    throw std::system_error(EINVAL, std::generic_category(), host + " is no IPv4 address");
  return address;
}

}  // namespace

Socket::Socket(int handle) : handle_(handle) {
  if (handle < 0) fail_with("a TCP socket");
  const int on = 1;
  ::setsockopt(handle, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

Socket::~Socket() {
  if (handle_ >= 0) ::close(handle_);
}

Socket Socket::listen(const std::string& host) {
  Socket listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = address_of(host, 0);
  if (::bind(listener.handle_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) fail_with("bind");
  if (::listen(listener.handle_, SOMAXCONN) != 0) fail_with("listen");
  return listener;
}

Socket Socket::connect(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  const sockaddr_in peer =
      address_of(address.substr(0, colon), static_cast<std::uint16_t>(std::stoul(address.substr(colon + 1))));
  Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(socket.handle_, reinterpret_cast<const sockaddr*>(&peer), sizeof(peer)) != 0) fail_with("connect");
  return socket;
}

Socket Socket::accept() const { return Socket(::accept4(handle_, nullptr, nullptr, SOCK_CLOEXEC)); }

std::string Socket::address() const {
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  ::getsockname(handle_, reinterpret_cast<sockaddr*>(&address), &size);
  char host[INET_ADDRSTRLEN];
  ::inet_ntop(AF_INET, &address.sin_addr, host, sizeof(host));
  return std::string(host) + ':' + std::to_string(ntohs(address.sin_port));
}

std::ptrdiff_t Socket::read(std::span<char> buffer, bool wait) const {
  const ssize_t count = ::recv(handle_, buffer.data(), buffer.size(), wait ? 0 : MSG_DONTWAIT);
  if (count < 0 && errno == EAGAIN) return kNothing;
  if (count < 0 && errno == ECONNRESET) return 0;
  if (count < 0) fail_with("recv");
  return count;
}

std::ptrdiff_t Socket::write(std::span<const iovec> parts) const {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts.data());
  message.msg_iovlen = parts.size();
  const ssize_t count = ::sendmsg(handle_, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (count < 0 && errno == EAGAIN) return kNothing;
  if (count < 0) fail_with("send");
  return count;
}

void Socket::write_all(const void* data, std::size_t size) const {
  for (std::size_t done = 0; done < size;) {
    const ssize_t count = ::send(handle_, static_cast<const char*>(data) + done, size - done, MSG_NOSIGNAL);
    if (count < 0) fail_with("send");
    done += static_cast<std::size_t>(count);
  }
}

void Socket::keep_little_unsent() const {
  tcp_info info{};
  socklen_t size = sizeof(info);
  ::getsockopt(handle_, IPPROTO_TCP, TCP_INFO, &info, &size);
  const bool near = info.tcpi_rtt < 1000;  // Microseconds.
  const int bytes = near ? 256 << 10 : 128 << 10;
  ::setsockopt(handle_, near ? SOL_SOCKET : IPPROTO_TCP, near ? SO_SNDBUF : TCP_NOTSENT_LOWAT, &bytes, sizeof(bytes));
}

std::ptrdiff_t read_spinning(const Socket& socket, std::span<char> buffer, std::int64_t spin_ns) {
  if (spin_ns > 0) {
    const SteadyTime began = std::chrono::steady_clock::now();
    while (nanoseconds_since(began) < spin_ns) {
      if (const std::ptrdiff_t count = socket.read(buffer, false); count != Socket::kNothing) return count;
    }
  }
  return socket.read(buffer, true);
}

}  // namespace troupe::bench
