#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "troupe/actor/log.hpp"
#include "troupe/actor/shard.hpp"
#include "troupe/base/metrics.hpp"
#include "troupe/runtime/detail/steady_now.hpp"
#include "troupe/runtime/tcp_options.hpp"

namespace troupe::runtime::detail {

class TlsKeeper;

/// The memory into which all connections of a shard read. What arrived is handed on as slices of one 64 KiB block after
/// the other, so small messages share a block, an idle connection holds none, and nothing is ever overwritten: a block
/// lives as long as its slices.
class ReadBuffer {
 public:
  /// Where the next read may put its bytes; at least 8 KiB.
  std::span<std::byte> room() {
    if (kBlockSize - used_ < kRoomMin) {
      block_ = std::make_shared_for_overwrite<std::byte[]>(kBlockSize);
      used_ = 0;
    }
    return {block_.get() + used_, kBlockSize - used_};
  }

  /// The first `size` bytes of the room, which are not room any more.
  Bytes take(std::size_t size) {
    const std::size_t begin = std::exchange(used_, used_ + size);
    return Bytes::adopt(block_, used_).slice(begin, size);
  }

 private:
  static constexpr std::size_t kBlockSize = 64U << 10U;
  static constexpr std::size_t kRoomMin = 8U << 10U;
  std::shared_ptr<std::byte[]> block_;
  std::size_t used_ = kBlockSize;
};

/// What all connections of one shard share. Only on the shard's thread.
struct TcpContext {
  TcpContext(boost::asio::io_context& io_context, Shard& owner, const TcpOptions& tcp_options, Metrics& metrics,
             LogSink& sink)
      : io(io_context),
        shard(owner),
        options(tcp_options),
        log(sink, "network"),
        received_bytes(metrics.counter("troupe_network_received_bytes_total", "Bytes received from other nodes")),
        sent_bytes(metrics.counter("troupe_network_sent_bytes_total", "Bytes sent to other nodes")),
        accept_failures(metrics.counter("troupe_accept_failures_total", "Connections that could not be accepted")) {}

  /// Where sealed bytes are read, until the next handler.
  std::span<std::byte> sealed_room() {
    if (!sealed_) sealed_ = std::make_unique_for_overwrite<std::byte[]>(kSealedBytes);
    return {sealed_.get(), kSealedBytes};
  }

  /// First thing in each handler that tells somebody something.
  void set_time() { shard.set_now(steady_now()); }

  boost::asio::io_context& io;
  Shard& shard;
  const TcpOptions options;
  Log log;
  ReadBuffer read_buffer;
  TlsKeeper* tls = nullptr;   ///< Null: without TLS.
  std::size_t lingering = 0;  ///< Connections that nobody owns any more and that end by themselves.
  Counter& received_bytes;
  Counter& sent_bytes;
  Counter& accept_failures;

 private:
  static constexpr std::size_t kSealedBytes = 64U << 10U;
  std::unique_ptr<std::byte[]> sealed_;
};

/// "connection reset by peer"
std::string error_text(const boost::system::error_code& error);

}  // namespace troupe::runtime::detail
