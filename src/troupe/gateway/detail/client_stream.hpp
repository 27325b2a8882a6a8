#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/role.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "troupe/gateway/detail/client_channel.hpp"

namespace troupe::gateway::detail {

/// A channel as the stream that Beast reads from and writes to. A write is queued whole and is done at once, so what
/// Beast writes (handshakes, pongs, closes) and what goes to the channel directly never mix within a frame, and leaves
/// in one system call.
class ClientStream {
 public:
  using executor_type = Socket::executor_type;

  explicit ClientStream(std::shared_ptr<ClientChannel> channel) : channel_(std::move(channel)) {}

  executor_type get_executor() { return channel_->socket().get_executor(); }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    using Signature = void(boost::system::error_code, std::size_t);
    if (!channel_->has_unread()) return channel_->socket().async_read_some(buffers, std::forward<Token>(token));
    std::string& unread = channel_->unread_bytes();
    const std::size_t size = boost::asio::buffer_copy(buffers, boost::asio::buffer(unread));
    unread.erase(0, size);
    return boost::asio::async_initiate<Token, Signature>(Complete{get_executor()}, token, boost::system::error_code(),
                                                         size);
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    using Signature = void(boost::system::error_code, std::size_t);
    boost::system::error_code error;
    const std::size_t size = write_some(buffers, error);
    return boost::asio::async_initiate<Token, Signature>(Complete{get_executor()}, token, error, size);
  }

  template <class Buffers>
  std::size_t read_some(const Buffers& buffers, boost::system::error_code& error) {
    return channel_->socket().read_some(buffers, error);
  }
  template <class Buffers>
  std::size_t read_some(const Buffers& buffers) {
    return channel_->socket().read_some(buffers);
  }

  template <class Buffers>
  std::size_t write_some(const Buffers& buffers, boost::system::error_code& error) {
    std::string bytes(boost::asio::buffer_size(buffers), '\0');
    boost::asio::buffer_copy(boost::asio::buffer(bytes), buffers);
    const std::size_t size = bytes.size();
    // Beast answers pings by itself, and a client may send them without ever reading.
    if (channel_->is_open() && !channel_->has_room(size)) {
      channel_->part().metrics.slow_readers.add();
      channel_->cut();
    }
    error = channel_->is_open() ? boost::system::error_code() : boost::asio::error::operation_aborted;
    if (error) return 0;
    channel_->send(std::move(bytes), nullptr);
    return size;
  }
  template <class Buffers>
  std::size_t write_some(const Buffers& buffers) {
    boost::system::error_code error;
    const std::size_t size = write_some(buffers, error);
    if (error) throw boost::system::system_error(error);
    return size;
  }

  ClientChannel& channel() { return *channel_; }

 private:
  struct Complete {
    executor_type executor;
    template <class Handler>
    void operator()(Handler&& handler, boost::system::error_code error, std::size_t size) const {
      boost::asio::post(executor, boost::beast::bind_front_handler(std::forward<Handler>(handler), error, size));
    }
  };

  std::shared_ptr<ClientChannel> channel_;
};

// What Beast finds by argument-dependent lookup, to end a connection.

inline void beast_close_socket(ClientStream& stream) { stream.channel().cut(); }

inline void teardown(boost::beast::role_type, ClientStream& stream, boost::system::error_code& error) {
  error = {};
  stream.channel().finish();
}

template <class Handler>
void async_teardown(boost::beast::role_type, ClientStream& stream, Handler&& handler) {
  stream.channel().finish();
  boost::asio::post(stream.get_executor(),
                    boost::beast::bind_front_handler(std::forward<Handler>(handler), boost::system::error_code()));
}

}  // namespace troupe::gateway::detail
