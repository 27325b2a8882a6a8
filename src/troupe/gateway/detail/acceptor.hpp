#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "troupe/gateway/detail/client_channel.hpp"

namespace troupe::gateway::detail {

/// Listens on a port of the gateway's, on shard 0, and deals the connections out to the shards in turn. A connection is
/// accepted into its own shard's event loop, and shard 0 does not touch it again.
class Acceptor : public std::enable_shared_from_this<Acceptor> {
 public:
  explicit Acceptor(std::shared_ptr<ShardPart> home);

  /// Binds; "127.0.0.1:43210". Before the runtime's threads use it.
  Result<std::string> listen(const std::string& address);
  /// Binds a Unix socket that only this user can open. One that nobody listens on any more is replaced. It is removed
  /// by `close`.
  Result<void> listen_locally(const std::string& path);
  std::uint16_t port() const { return port_; }
  /// On shard 0's thread, as everything below. Nothing, if it does not listen.
  void start(std::vector<std::shared_ptr<ShardPart>> parts);
  void close();

 private:
  void accept();
  void on_accepted(const boost::system::error_code& error, const std::shared_ptr<ShardPart>& part, Socket socket);
  void pause(const std::string& why);

  std::shared_ptr<ShardPart> home_;
  std::vector<std::shared_ptr<ShardPart>> parts_;
  boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol> acceptor_;
  boost::asio::steady_timer pause_;
  std::uint16_t port_ = 0;
  std::string path_;  ///< Of the Unix socket.
  std::size_t next_ = 0;
  bool pausing_ = false;  ///< Since the last connection that could be accepted.
};

}  // namespace troupe::gateway::detail
