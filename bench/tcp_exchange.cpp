#include "bench/tcp_exchange.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <iostream>
#include <system_error>
#include <vector>

namespace troupe::bench {

namespace {

/// What the client says first.
struct Opening {
  std::uint64_t size;
  std::uint64_t answer_each;
};

constexpr std::size_t kAnswerBytes = 8;

[[noreturn]] void fail_with(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

class Socket {
 public:
  explicit Socket(int handle) : handle_(handle) {
    if (handle < 0) fail_with("a TCP socket on loopback");
    const int on = 1;
    ::setsockopt(handle, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  }
  ~Socket() { ::close(handle_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  int handle() const { return handle_; }

  /// 0 at the end of the stream.
  std::size_t read_some(std::vector<char>& buffer) const {
    const ssize_t count = ::recv(handle_, buffer.data(), buffer.size(), 0);
    if (count < 0) fail_with("recv");
    return static_cast<std::size_t>(count);
  }
  void write_all(const char* data, std::size_t size) const {
    while (size > 0) {
      const ssize_t count = ::send(handle_, data, size, MSG_NOSIGNAL);
      if (count < 0) fail_with("send");
      data += count;
      size -= static_cast<std::size_t>(count);
    }
  }

 private:
  int handle_;
};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

void serve_one(const Socket& client) {
  Opening opening{};
  if (::recv(client.handle(), &opening, sizeof(opening), MSG_WAITALL) != sizeof(opening)) return;
  std::vector<char> buffer(std::max<std::size_t>(opening.size, 64U << 10U));
  const std::vector<char> answers(buffer.size());
  const std::uint64_t bytes_each = opening.size * opening.answer_each;
  std::uint64_t received = 0;
  while (const std::size_t count = client.read_some(buffer)) {
    const std::uint64_t due = (received + count) / bytes_each - received / bytes_each;
    received += count;
    for (std::size_t left = due * kAnswerBytes; left > 0;) {
      const std::size_t now = std::min(left, answers.size());
      client.write_all(answers.data(), now);
      left -= now;
    }
  }
}

/// The client's end of one exchange.
class Exchanger {
 public:
  Exchanger(const Socket& server, const TcpManner& manner)
      : server_(server),
        manner_(manner),
        content_(std::max<std::size_t>(manner.size, 64U << 10U) / manner.size * manner.size) {}

  TcpExchange run() {
    const Opening opening{manner_.size, manner_.answer_each};
    server_.write_all(reinterpret_cast<const char*>(&opening), sizeof(opening));
    send(manner_.window);
    std::vector<char> answers(64U << 10U);
    std::uint64_t bytes = 0;
    while (answered_ < sent_ / manner_.answer_each * manner_.answer_each) {
      const std::size_t count = server_.read_some(answers);
      if (count == 0) throw std::system_error(ECONNRESET, std::generic_category(), "the other process ended");
      bytes += count;
      take_answers(bytes / kAnswerBytes * manner_.answer_each);
    }
    result_.messages = {answered_, Duration(nanoseconds_since(began_))};
    return result_;
  }

 private:
  void take_answers(std::uint64_t answered) {
    const std::uint64_t fresh = answered - answered_;
    answered_ = answered;
    const std::int64_t now = nanoseconds_since(began_);
    for (std::uint64_t i = 0; manner_.answer_each == 1 && i < fresh; ++i) {
      result_.round_trips.add(now - sent_at_.front());
      sent_at_.pop_front();
    }
    if (now < manner_.time.count()) send(fresh);
  }

  void send(std::uint64_t messages) {
    const std::int64_t now = nanoseconds_since(began_);
    sent_ += messages;
    if (manner_.answer_each == 1) sent_at_.insert(sent_at_.end(), messages, now);
    for (std::uint64_t left = messages * manner_.size; left > 0;) {
      const std::size_t part = std::min<std::size_t>(left, content_.size());
      server_.write_all(content_.data(), part);
      left -= part;
    }
  }

  const Socket& server_;
  const TcpManner& manner_;
  const std::vector<char> content_;
  SteadyTime began_ = std::chrono::steady_clock::now();
  std::uint64_t sent_ = 0;
  std::uint64_t answered_ = 0;
  std::deque<std::int64_t> sent_at_;
  TcpExchange result_;
};

}  // namespace

TcpExchange tcp_exchange(std::uint16_t port, const TcpManner& manner) {
  const Socket server(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  if (::connect(server.handle(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
    fail_with("connect");
  return Exchanger(server, manner).run();
}

void serve_tcp() {
  const Socket listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof(address);
  if (::bind(listener.handle(), reinterpret_cast<const sockaddr*>(&address), size) != 0) fail_with("bind");
  if (::listen(listener.handle(), 1) != 0) fail_with("listen");
  ::getsockname(listener.handle(), reinterpret_cast<sockaddr*>(&address), &size);
  std::cout << ntohs(address.sin_port) << std::endl;
  for (;;) {
    const Socket client(::accept(listener.handle(), nullptr, nullptr));
    serve_one(client);
  }
}

}  // namespace troupe::bench
