#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "troupe/cluster/network.hpp"
#include "troupe/runtime/detail/tcp_context.hpp"
#include "troupe/runtime/detail/tls/session.hpp"

namespace troupe::runtime::detail {

/// A socket between two shards, and what it has not sent yet.
class TcpParted final : public cluster::Connection::Parted {
 public:
  TcpParted() = default;
  TcpParted(const TcpParted&) = delete;
  TcpParted& operator=(const TcpParted&) = delete;
  ~TcpParted() override;

  int handle = -1;  ///< Owned; -1: none.
  std::deque<Bytes> queue;
  std::size_t front_sent = 0;
  std::size_t unsent = 0;
  boost::system::error_code broken;
  std::unique_ptr<TlsSession> tls;  ///< Null: without TLS.
};

/// A socket and what waits to be sent on it. Shared between its owner's TcpConnection and the operations under way, so
/// that it can end in good order after the owner let go of it. Only on the shard's thread.
class TcpStream : public std::enable_shared_from_this<TcpStream> {
 public:
  using Socket = boost::asio::ip::tcp::socket;

  /// In TLS if there is a session.
  TcpStream(std::shared_ptr<TcpContext> context, Socket socket, std::unique_ptr<TlsSession> tls);
  TcpStream(std::shared_ptr<TcpContext> context, TcpParted& parted);

  void start(cluster::Connection::Events& events);
  void write(std::vector<Bytes>& pieces);
  std::size_t unsent_bytes() const { return unsent_ + (tls_ ? tls_->waiting_bytes() : 0); }
  /// Sends what waits, then closes; see Connection::finish.
  void finish();
  /// Hands the socket over. No events from here on.
  std::unique_ptr<TcpParted> part();
  /// Closes at once. No events from here on.
  void cut();
  const std::string& peer_address() const { return peer_address_; }
  bool proves_address(std::string_view address) const;

 private:
  void wait_readable();
  void on_readable();
  std::span<std::byte> place() const;
  void receive();
  void receive_sealed();
  void open(std::span<const std::byte> sealed);
  void send();
  void seal();
  std::size_t send_some(boost::system::error_code& error);
  void wait_writable();
  void fail_later(boost::system::error_code error);
  void end_later();
  void end(const std::string& cause);
  void end_politely(std::string_view cause);
  void close();

  std::shared_ptr<TcpContext> context_;
  Socket socket_;
  boost::asio::steady_timer linger_timer_;
  std::string peer_address_;
  cluster::Connection::Events* events_ = nullptr;
  std::unique_ptr<TlsSession> tls_;   ///< Null: without TLS.
  std::deque<Bytes> queue_;           ///< For the socket; with TLS it is sealed, and no more than a batch.
  std::size_t front_sent_ = 0;        ///< Of the first piece in the queue.
  std::size_t unsent_ = 0;            ///< In the queue.
  boost::system::error_code broken_;  ///< Of a write that failed; `end` is on its way.
  bool reading_ = false;              ///< A wait for readability is under way.
  bool writing_ = false;              ///< A wait for writability is under way.
  bool started_ = false;
  bool heard_ = false;      ///< Something has come.
  bool lingering_ = false;  ///< After `finish`.
  bool closed_ = false;
};

/// The owner's side of a stream.
class TcpConnection final : public cluster::Connection {
 public:
  explicit TcpConnection(std::shared_ptr<TcpStream> stream) : stream_(std::move(stream)) {}
  TcpConnection(const TcpConnection&) = delete;
  TcpConnection& operator=(const TcpConnection&) = delete;
  ~TcpConnection() override {
    if (!finished_) stream_->cut();
  }

  void start(Events& events) override { stream_->start(events); }
  void write(std::vector<Bytes>& pieces) override { stream_->write(pieces); }
  std::size_t unsent_bytes() const override { return stream_->unsent_bytes(); }
  void finish() override {
    finished_ = true;
    stream_->finish();
  }
  std::unique_ptr<Parted> part() override {
    finished_ = true;
    return stream_->part();
  }
  std::string peer_address() const override { return stream_->peer_address(); }
  bool proves_address(std::string_view address) const override { return stream_->proves_address(address); }

 private:
  std::shared_ptr<TcpStream> stream_;
  bool finished_ = false;  ///< Or parted with: the stream looks after itself.
};

}  // namespace troupe::runtime::detail
