#include "troupe/gateway/test_client.test.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace troupe::gateway {

namespace {

constexpr int kPatienceMilliseconds = 10'000;

void wait_for(int socket, short what) {
  pollfd waited{socket, what, 0};
  if (poll(&waited, 1, kPatienceMilliseconds) != 1)
    throw std::runtime_error("the gateway said nothing for ten seconds");
}

}  // namespace

TestConnection::TestConnection(std::uint16_t port, int receive_buffer) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
  if (receive_buffer != 0) setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    close(socket_);
    throw std::runtime_error("nobody listens");
  }
}

TestConnection::TestConnection(TestConnection&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), buffer_(std::move(other.buffer_)) {}

TestConnection::~TestConnection() {
  if (socket_ >= 0) close(socket_);
}

void TestConnection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    wait_for(socket_, POLLOUT);
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN) return;  // What the gateway has to say about it can still be read.
    bytes.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
  }
}

std::size_t TestConnection::send_some(std::string_view bytes) {
  const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return static_cast<std::size_t>(std::max<ssize_t>(sent, 0));
}

void TestConnection::shut() { shutdown(socket_, SHUT_WR); }

std::string TestConnection::read_some() {
  if (!buffer_.empty()) return std::exchange(buffer_, "");
  wait_for(socket_, POLLIN);
  std::array<char, 65536> bytes;
  const ssize_t size = recv(socket_, bytes.data(), bytes.size(), 0);
  return {bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

std::string TestConnection::read_exactly(std::size_t size) {
  while (buffer_.size() < size) {
    std::string kept = std::exchange(buffer_, "");
    const std::string more = read_some();
    buffer_ = std::move(kept) + more;
    if (more.empty()) throw std::runtime_error("the connection ended");
  }
  std::string taken = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return taken;
}

std::string TestConnection::read_until(std::string_view end) {
  std::string text;
  while (!text.ends_with(end)) text += read_exactly(1);
  return text;
}

std::string TestConnection::read_all() {
  std::string all;
  for (std::string more = read_some(); !more.empty(); more = read_some()) all += more;
  return all;
}

TestResponse read_response(TestConnection& connection, bool head_only) {
  std::string head = connection.read_until("\r\n\r\n");
  TestResponse response;
  response.status = std::stoi(head.substr(head.find(' ') + 1));
  for (std::size_t at = head.find("\r\n") + 2; at + 2 < head.size();) {
    const std::size_t end = head.find("\r\n", at);
    const std::string line = head.substr(at, end - at);
    at = end + 2;
    const std::size_t colon = line.find(": ");
    if (colon == std::string::npos) continue;
    std::string name = line.substr(0, colon);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    std::string& value = response.headers[name];
    value += (value.empty() ? "" : ", ") + line.substr(colon + 2);
  }
  const std::string length = response.header("content-length");
  if (!head_only && !length.empty()) response.body = connection.read_exactly(std::stoul(length));
  return response;
}

std::string request_text(std::string_view method, std::string_view target, std::string_view header_lines,
                         std::string_view body) {
  std::string text;
  text.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: node\r\n").append(header_lines);
  if (!body.empty()) text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  return text.append("\r\n").append(body);
}

TestResponse fetch(std::uint16_t port, std::string_view method, std::string_view target, std::string_view header_lines,
                   std::string_view body) {
  TestConnection connection(port);
  connection.send(request_text(method, target, header_lines, body));
  return read_response(connection, method == "HEAD");
}

int TestFrame::close_code() const {
  if (opcode() != 8) return first == 0 ? -1 : 0;
  return payload.size() < 2 ? 1005
                            : (static_cast<unsigned char>(payload[0]) << 8) | static_cast<unsigned char>(payload[1]);
}

std::string frame_bytes(std::uint8_t first, std::string_view payload, bool masked) {
  std::string frame(1, static_cast<char>(first));
  const int mask_bit = masked ? 0x80 : 0;
  const auto append = [&](std::size_t number, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) frame += static_cast<char>((number >> (8 * i)) & 0xff);
  };
  if (payload.size() < 126) {
    frame += static_cast<char>(static_cast<int>(payload.size()) | mask_bit);
  } else if (payload.size() <= 0xffff) {
    frame += static_cast<char>(126 | mask_bit);
    append(payload.size(), 2);
  } else {
    frame += static_cast<char>(127 | mask_bit);
    append(payload.size(), 8);
  }
  if (!masked) return frame.append(payload);
  constexpr std::string_view kMask = "\x11\x22\x33\x44";
  frame += kMask;
  for (std::size_t i = 0; i < payload.size(); ++i) frame += static_cast<char>(payload[i] ^ kMask[i % 4]);
  return frame;
}

TestSocket::TestSocket(std::uint16_t port, std::string_view header_lines, int receive_buffer)
    : connection_(port, receive_buffer) {
  connection_.send(request_text("GET", "/api/v1/socket", std::string(kHandshakeHeaders) + std::string(header_lines)));
  handshake_ = read_response(connection_, true);
  if (handshake_.status != 101) throw std::runtime_error("not let in: " + std::to_string(handshake_.status));
}

TestFrame TestSocket::read_frame() {
  TestFrame frame;
  std::string header = connection_.read_some();
  if (header.empty()) return frame;
  std::string rest = header.substr(1);
  frame.first = static_cast<std::uint8_t>(header[0]);
  const auto take = [&](std::size_t size) {
    while (rest.size() < size) rest += connection_.read_exactly(size - rest.size());
    std::string taken = rest.substr(0, size);
    rest.erase(0, size);
    return taken;
  };
  std::size_t size = static_cast<unsigned char>(take(1)[0]);
  if (size >= 126) {
    std::size_t extended = 0;
    for (const char c : take(size == 126 ? 2 : 8)) extended = (extended << 8) | static_cast<unsigned char>(c);
    size = extended;
  }
  frame.payload = take(size);
  connection_.put_back(std::move(rest));
  return frame;
}

std::string TestSocket::read() {
  for (;;) {
    TestFrame frame = read_frame();
    if (frame.opcode() == 9) {
      send_frame(0x8a, frame.payload);
    } else if (frame.opcode() == 1) {
      return std::move(frame.payload);
    } else if (frame.opcode() != 10) {
      throw std::runtime_error("the WebSocket ended with " + std::to_string(frame.close_code()));
    }
  }
}

std::string TestSocket::read_op(std::string_view op) {
  const std::string begin = "{\"op\":\"" + std::string(op) + "\"";
  std::string text = read();
  while (!text.starts_with(begin)) text = read();
  return text;
}

int TestSocket::read_close(std::string* reason) {
  for (;;) {
    const TestFrame frame = read_frame();
    if (frame.opcode() != 8 && frame.first != 0) continue;
    if (frame.opcode() == 8) send_frame(0x88, frame.payload.substr(0, 2));
    if (reason != nullptr) *reason = frame.payload.size() > 2 ? frame.payload.substr(2) : "";
    return frame.close_code();
  }
}

}  // namespace troupe::gateway
