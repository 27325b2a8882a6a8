#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "troupe/gateway/detail/client_channel.hpp"

namespace troupe::gateway::detail {

/// Listens on the gateway's port, on shard 0, and deals the connections out to the shards in turn. A connection is
/// accepted into its own shard's event loop, and shard 0 does not touch it again.
class Acceptor : public std::enable_shared_from_this<Acceptor> {
 public:
  explicit Acceptor(std::shared_ptr<ShardPart> home);

  /// Binds; "127.0.0.1:43210". Before the runtime's threads use it.
  Result<std::string> listen(const std::string& address);
  std::uint16_t port() const { return port_; }
  /// On shard 0's thread, as everything below.
  void start(std::vector<std::shared_ptr<ShardPart>> parts);
  void close();

 private:
  void accept();
  void on_accepted(const boost::system::error_code& error, const std::shared_ptr<ShardPart>& part, Socket socket);
  void pause(const std::string& why);

  std::shared_ptr<ShardPart> home_;
  std::vector<std::shared_ptr<ShardPart>> parts_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  std::uint16_t port_ = 0;
  std::size_t next_ = 0;
  bool pausing_ = false;  ///< Since the last connection that could be accepted.
};

}  // namespace troupe::gateway::detail
