#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Clients on plain sockets: they can be as wrong, as slow and as rude as a test wants. Everything that waits fails the
/// test after ten seconds.
namespace troupe::gateway {

/// One TCP connection to 127.0.0.1.
class TestConnection {
 public:
  /// `receive_buffer` bytes of the kernel's, for slow readers; 0: as usual.
  explicit TestConnection(std::uint16_t port, int receive_buffer = 0);
  TestConnection(TestConnection&& other) noexcept;
  TestConnection& operator=(TestConnection&&) = delete;
  ~TestConnection();

  void send(std::string_view bytes);
  /// As much as goes without waiting; how many bytes.
  std::size_t send_some(std::string_view bytes);
  /// No more will be sent; reading goes on.
  void shut();
  /// At least one byte, or nothing at the end (also if the connection was reset).
  std::string read_some();
  std::string read_exactly(std::size_t size);
  /// To be read again.
  void put_back(std::string bytes) { buffer_.insert(0, bytes); }
  /// Up to and with `end`.
  std::string read_until(std::string_view end);
  /// All up to the end.
  std::string read_all();

 private:
  int socket_ = -1;
  std::string buffer_;
};

struct TestResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< Names in lower case; values of the same name are joined with ", ".
  std::string body;

  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

TestResponse read_response(TestConnection& connection, bool head_only = false);

/// "GET /path HTTP/1.1", Host, the header lines (each with its "\r\n"), Content-Length if there is a body.
std::string request_text(std::string_view method, std::string_view target, std::string_view header_lines = "",
                         std::string_view body = "");

/// One request on a connection of its own.
TestResponse fetch(std::uint16_t port, std::string_view method, std::string_view target,
                   std::string_view header_lines = "", std::string_view body = "");

struct TestFrame {
  std::uint8_t first = 0;  ///< With FIN and RSV.
  std::string payload;

  int opcode() const { return first & 0x0f; }
  /// Of a close frame; 0 if it is none, -1 if the connection ended without one.
  int close_code() const;
};

std::string frame_bytes(std::uint8_t first, std::string_view payload, bool masked = true);

class TestSocket {
 public:
  static constexpr auto kHandshakeHeaders =
      "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
      "dGhlIHNhbXBsZSBub25jZQ==\r\n";

  /// Expects that it is let in.
  explicit TestSocket(std::uint16_t port, std::string_view header_lines = "Sec-WebSocket-Protocol: troupe.v1.json\r\n",
                      int receive_buffer = 0);

  void send(std::string_view text) { connection_.send(frame_bytes(0x81, text)); }
  void send_frame(std::uint8_t first, std::string_view payload, bool masked = true) {
    connection_.send(frame_bytes(first, payload, masked));
  }
  TestFrame read_frame();
  /// The next text message; answers pings. Fails the test if the connection ends.
  std::string read();
  /// The next message that begins with {"op":"OP".
  std::string read_op(std::string_view op);
  /// Reads up to the close frame, answers it, and gives its code (TestFrame::close_code); `reason` takes its reason.
  int read_close(std::string* reason = nullptr);

  TestConnection& connection() { return connection_; }
  const TestResponse& handshake() const { return handshake_; }

 private:
  TestConnection connection_;
  TestResponse handshake_;
};

}  // namespace troupe::gateway
