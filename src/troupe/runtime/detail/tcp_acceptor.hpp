#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>

#include "troupe/cluster/network.hpp"
#include "troupe/runtime/detail/tcp_context.hpp"

namespace troupe::runtime::detail {

using AcceptCallback = std::move_only_function<void(std::unique_ptr<cluster::Connection>)>;

/// Listens on one address and hands on each connection that comes. When the process has no file descriptors left it
/// pauses: the kernel keeps who waits, and a loop that tries again at once would only burn the shard. Only on the
/// shard's thread.
class TcpAcceptor : public std::enable_shared_from_this<TcpAcceptor> {
 public:
  TcpAcceptor(std::shared_ptr<TcpContext> context, AcceptCallback on_accept)
      : context_(std::move(context)), acceptor_(context_->io), pause_(context_->io), on_accept_(std::move(on_accept)) {}

  /// Binds to "host:port" and begins. Returns the port, which the kernel chose if it was given as 0.
  Result<std::uint16_t> listen(const std::string& address);
  void close();

 private:
  void accept();
  void on_accepted(const boost::system::error_code& error, boost::asio::ip::tcp::socket socket);
  void pause(const std::string& why);

  std::shared_ptr<TcpContext> context_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  AcceptCallback on_accept_;
  bool pausing_ = false;  ///< Since the last connection that could be accepted.
};

}  // namespace troupe::runtime::detail
