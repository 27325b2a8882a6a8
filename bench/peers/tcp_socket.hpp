#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "bench/latencies.hpp"

namespace troupe::bench {

/// What stands before each piece of a message, and is all there is of an answer.
struct Frame {
  std::uint32_t pair = 0;
  std::uint32_t bytes = 0;   ///< That follow.
  std::uint32_t answer = 0;  ///< 1: this is the end of a message that wants an answer.
  std::uint32_t zero = 0;
};

/// What one call reads at most: enough for few calls, little enough to stay in the cache.
inline constexpr std::size_t kReadBytes = 256U << 10U;

/// A TCP connection, or what accepts them.
class Socket {
 public:
  static Socket listen(const std::string& host);
  /// `address` is host:port. All of these throw std::system_error.
  static Socket connect(const std::string& address);
  Socket accept() const;
  std::string address() const;

  ~Socket();
  Socket(Socket&& other) noexcept : handle_(other.handle_) { other.handle_ = -1; }
  Socket& operator=(Socket&&) = delete;

  int handle() const { return handle_; }

  static constexpr std::ptrdiff_t kNothing = -1;  ///< Nothing can be read or written now.
  /// What was read; 0 at the end of the stream.
  std::ptrdiff_t read(std::span<char> buffer, bool wait) const;
  /// What was taken.
  std::ptrdiff_t write(std::span<const iovec> parts) const;
  void write_all(const void* data, std::size_t size) const;
  /// What is in the kernel cannot be overtaken. On loopback the send buffer is made small; over a distance only what is
  /// not on its way yet.
  void keep_little_unsent() const;

 private:
  explicit Socket(int handle);
  int handle_;
};

/// Reads with `read` when there is something, looking for so long before it sleeps.
std::ptrdiff_t read_spinning(const Socket& socket, std::span<char> buffer, std::int64_t spin_ns);

}  // namespace troupe::bench
