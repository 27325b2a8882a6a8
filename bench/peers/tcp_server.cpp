#include <poll.h>

#include <algorithm>
#include <cstring>
#include <iostream>
#include <vector>

#include "bench/peers/tcp.hpp"
#include "bench/peers/tcp_socket.hpp"

namespace troupe::bench {

namespace {

/// Finds the frames in a connection's stream and answers those that ask for it.
class Answerer {
 public:
  explicit Answerer(Socket socket) : socket_(std::move(socket)) {}

  const Socket& socket() const { return socket_; }

  void take(const char* data, std::size_t size) {
    while (size > 0) {
      const std::size_t part = std::min(size, in_content_ ? content_left_ : sizeof(Frame) - head_bytes_);
      if (in_content_) {
        content_left_ -= part;
      } else {
        std::memcpy(reinterpret_cast<char*>(&head_) + head_bytes_, data, part);
        head_bytes_ += part;
      }
      data += part;
      size -= part;
      step();
    }
    if (answers_.empty()) return;
    socket_.write_all(answers_.data(), answers_.size() * sizeof(Frame));
    answers_.clear();
  }

 private:
  void step() {
    if (!in_content_ && head_bytes_ == sizeof(Frame)) {
      in_content_ = true;
      content_left_ = head_.bytes;
    }
    if (in_content_ && content_left_ == 0) {
      if (head_.answer == 1) answers_.push_back({.pair = head_.pair});
      in_content_ = false;
      head_bytes_ = 0;
    }
  }

  Socket socket_;
  Frame head_;
  std::size_t head_bytes_ = 0;  ///< That have come.
  bool in_content_ = false;
  std::size_t content_left_ = 0;
  std::vector<Frame> answers_;
};

}  // namespace

int run_tcp_server(const EchoRole& role) {
  const Socket listener = Socket::listen(role.host);
  std::cout << listener.address() << std::endl;
  std::vector<Answerer> clients;
  std::vector<pollfd> polls;
  for (std::uint16_t i = 0; i < role.parallelism; ++i) {
    clients.emplace_back(listener.accept());
    polls.push_back({clients.back().socket().handle(), POLLIN, 0});
  }
  std::vector<char> buffer(kReadBytes);
  for (;;) {
    const bool one = clients.size() == 1;
    if (!one) ::poll(polls.data(), polls.size(), -1);
    for (std::size_t i = 0; i < clients.size(); ++i) {
      if (!one && polls[i].revents == 0) continue;
      const Socket& socket = clients[i].socket();
      const std::ptrdiff_t count =
          one ? read_spinning(socket, buffer, std::int64_t{1000} * role.busy_poll_us) : socket.read(buffer, false);
      if (count == 0) return 0;
      if (count > 0) clients[i].take(buffer.data(), static_cast<std::size_t>(count));
    }
  }
}

}  // namespace troupe::bench
